import type { LaneHead } from '@daybook/outbox';
import type { Command } from '../command/command.ts';
import { needsOf } from '../command/needs.ts';
import type { BatchWrites } from './batch-writes.ts';
import type { LedgerDirectory } from './ledger-directory.ts';
import { LedgerState } from './ledger-state.ts';
import { LoadPlan } from './load.ts';

/**
 * The most (account, asset) pairs and ledgers that one lane remembers, but for those of its last two batches: some 30 MB over 64 lanes, or
 * 250 MB where log rows are large.
 */
const rememberedMax = 4_000;

/**
 * How often in a row the lock must find the head as it was left, once another writer was met, before a batch counts on that again. A batch of
 * many lanes is run twice where only one of them was written in between, so two processes that share lanes must hardly ever try.
 */
const timesAloneMin = 16;

/**
 * What a lane knows after the last batch that was decided, committed or not. It is right exactly as long as the lane's head is the one that
 * this batch leaves: every write has an event, so whoever else writes moves the head. (But for an idempotency record alone, and a ledger
 * that was made without a write: there a unique key stops the batch.) The head's random event id tells apart two histories of the same
 * length.
 */
export class LaneState {
  readonly lane: number;
  #head: LaneHead | undefined;
  /** The least recently touched first. */
  readonly #ledgers = new Map<string, LedgerState>();
  readonly #directory: LedgerDirectory;
  /** Counts batches, for what is remembered from one to the next. */
  #batch = 0;
  /** Of the batch that is being decided. */
  readonly #touched = new Set<LedgerState>();
  /** Of each ledger when its last batch was decided, and of all together. */
  readonly #sizes = new Map<LedgerState, number>();
  #size = 0;
  /** In how many batches in a row the lock found the head that the batch before had left. */
  #timesAlone = 0;
  /** Another writer was met, and not missed for long since. */
  #isShared = false;

  constructor(lane: number, directory: LedgerDirectory) {
    this.lane = lane;
    this.#directory = directory;
  }

  /** Undefined when nothing is remembered. */
  get head(): LaneHead | undefined {
    return this.#head;
  }

  /**
   * The head, where a batch may count on it before the lane is locked: nobody else wrote between the last batches that looked, or then
   * most such batches would be run twice.
   */
  get headAhead(): LaneHead | undefined {
    const isAlone = this.#timesAlone > 0 && !this.#isShared;
    return isAlone && this.#head?.eventId !== undefined ? this.#head : undefined;
  }

  /**
   * To be called before a batch is decided. The batch before the last must be committed: it is forgotten where the lane knows too much. And
   * where others write the lane too, nothing but its head is remembered: what is loaded behind the lock is all that is right.
   */
  beginBatch(): void {
    if (this.#isShared) this.#forgetLedgers();
    this.#batch += 1;
    this.#touched.clear();
    for (const [name, ledger] of this.#ledgers) {
      if (this.#size <= rememberedMax || ledger.batch >= this.#batch - 1) break;
      this.#drop(name, ledger);
    }
  }

  ledger(name: string): LedgerState {
    let state = this.#ledgers.get(name);
    if (state === undefined) state = new LedgerState(name, this.#directory.peek(name)?.id);
    else if (state.batch === this.#batch) return state;
    else this.#ledgers.delete(name);
    this.#ledgers.set(name, state);
    this.#touched.add(state);
    state.beginBatch(this.#batch);
    return state;
  }

  forget(): void {
    this.#head = undefined;
    this.#forgetLedgers();
  }

  #forgetLedgers(): void {
    this.#ledgers.clear();
    this.#touched.clear();
    this.#sizes.clear();
    this.#size = 0;
  }

  /**
   * Compares the head under the lock with the remembered one, and forgets all that another writer may have changed. Where others are known to
   * write, there is nothing to forget: all was loaded behind the lock.
   */
  confirm(head: LaneHead): void {
    const remembered = this.#head;
    if (remembered === undefined) return;
    if (remembered.seq === head.seq && remembered.eventId === head.eventId) {
      this.#timesAlone += 1;
      if (this.#timesAlone >= timesAloneMin) this.#isShared = false;
    } else if (this.#isShared) this.#timesAlone = 0;
    else this.shared();
  }

  /** Something came in between: the next batch looks at the head under the lock. */
  notAlone(): void {
    this.#timesAlone = 0;
    this.forget();
  }

  /** Another writer came in between: for a while, heads are looked at under the lock. */
  shared(): void {
    this.#isShared = true;
    this.notAlone();
  }

  /** What `commands` need and the lane does not know. A ledger's keys are known only after its head. */
  missing(commands: readonly Command[], plan = new LoadPlan()): LoadPlan {
    for (const command of commands) this.#addMissing(plan, command);
    return plan;
  }

  #addMissing(plan: LoadPlan, command: Command): void {
    const ledger = this.ledger(command.ledger);
    if (!ledger.isLoaded) plan.heads.set(ledger, this.lane);
    if (ledger.id === undefined || ledger.isUnmade) return;
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

  /** Remembers the head that a batch leaves once it is committed. */
  decided(head: LaneHead): void {
    this.#head = head;
    for (const ledger of this.#touched) {
      if (!ledger.isLoaded || ledger.isUnused) {
        this.#drop(ledger.ledger, ledger);
        continue;
      }
      const size = 1 + ledger.size;
      this.#size += size - (this.#sizes.get(ledger) ?? 0);
      this.#sizes.set(ledger, size);
    }
  }

  /** Remembers the ledgers that a batch made, after its COMMIT. */
  committed(writes: BatchWrites): void {
    for (const { id, name } of writes.ledgers) {
      this.#directory.remember(name, { id, lane: this.lane });
      this.#ledgers.get(name)?.made();
    }
  }

  #drop(name: string, ledger: LedgerState): void {
    this.#ledgers.delete(name);
    this.#size -= this.#sizes.get(ledger) ?? 0;
    this.#sizes.delete(ledger);
  }
}
