import type { LaneHead } from '@daybook/outbox';
import type { Command } from '../command/command.ts';
import { needsOf } from '../command/needs.ts';
import type { BatchWrites } from './batch-writes.ts';
import type { LedgerDirectory } from './ledger-directory.ts';
import { LedgerState } from './ledger-state.ts';
import { LoadPlan } from './load.ts';

/** The most (account, asset) pairs and ledgers that one lane remembers: some 30 MB over 64 lanes, or 250 MB where log rows are large. */
const rememberedMax = 4_000;

/**
 * What a lane remembers from its last batch. It is right exactly as long as the lane's head is the one that this batch
 * left: every write has an event, so whoever else writes moves the head. (But for an idempotency record alone, and those
 * are not remembered.) The head's random event id tells apart two histories of the same length.
 */
export class LaneState {
  #head: LaneHead | undefined;
  readonly #ledgers = new Map<string, LedgerState>();
  readonly #directory: LedgerDirectory;

  constructor(directory: LedgerDirectory) {
    this.#directory = directory;
  }

  /** Undefined when nothing is remembered. */
  get head(): LaneHead | undefined {
    return this.#head;
  }

  ledger(name: string): LedgerState {
    let state = this.#ledgers.get(name);
    if (state === undefined) {
      state = new LedgerState(name, this.#directory.peek(name)?.id);
      this.#ledgers.set(name, state);
    }
    return state;
  }

  forget(): void {
    this.#head = undefined;
    this.#ledgers.clear();
  }

  /** Forgets all that another writer may have changed, when the head under the lock is not the remembered one. */
  confirm(head: LaneHead): void {
    const remembered = this.#head;
    if (remembered === undefined) return;
    if (remembered.seq === head.seq && remembered.eventId === head.eventId) return;
    this.forget();
  }

  /** What `commands` need and the lane does not know. A ledger's keys are known only after its head. */
  missing(commands: readonly Command[]): LoadPlan {
    const plan = new LoadPlan();
    for (const command of commands) this.#addMissing(plan, command);
    return plan;
  }

  #addMissing(plan: LoadPlan, command: Command): void {
    const ledger = this.ledger(command.ledger);
    if (!ledger.isLoaded) plan.heads.add(ledger);
    if (ledger.id === undefined || ledger.isNew) return;
    const { id } = ledger;
    const key = command.idempotency?.key;
    if (key !== undefined && !ledger.knowsIdempotency(key)) plan.idempotency.set(`${id} ${key}`, [ledger, key]);
    const needs = needsOf(command, (address) => ledger.metadataIfKnown(address));
    for (const [account, asset] of needs.pairs) {
      if (!ledger.knowsVolumes(account, asset)) {
        plan.volumes.set(`${id} ${account} ${asset}`, [ledger, account, asset]);
      }
    }
    for (const reference of needs.references) {
      if (!ledger.knowsReference(reference)) plan.references.set(`${id} ${reference}`, [ledger, reference]);
    }
    for (const txid of needs.txids) {
      if (!ledger.knowsTransaction(txid)) plan.transactions.set(`${id} ${txid}`, [ledger, txid]);
    }
    // Contracts read the metadata of those who pay, and few mappings do.
    const payers = ledger.isLoaded && !ledger.mappingReadsMetadata ? [] : needs.accounts;
    for (const address of [...payers, ...needs.metadata]) {
      if (!ledger.knowsAccount(address)) plan.accounts.set(`${id} ${address}`, [ledger, address]);
    }
  }

  /** Remembers, after COMMIT, the head that the batch left, and the ledgers that it made. */
  committed(head: LaneHead, writes: BatchWrites, lane: number): void {
    this.#head = head;
    for (const { id, name } of writes.ledgers) this.#directory.remember(name, { id, lane });
    this.#endBatch(new Set(writes.ledgers.map(({ name }) => name)));
  }

  /** Remembers, after a batch that wrote nothing, what it loaded. */
  read(head: LaneHead): void {
    this.#head = head;
    this.#endBatch(new Set());
  }

  #endBatch(made: ReadonlySet<string>): void {
    let size = 0;
    for (const [name, ledger] of this.#ledgers) {
      ledger.endBatch();
      if (!ledger.isLoaded || (ledger.isNew && !made.has(name))) this.#ledgers.delete(name);
      else if (ledger.isNew) ledger.made();
      size += 1 + ledger.size;
    }
    if (size > rememberedMax) this.forget();
  }
}
