import { parseJson, type Event } from '@daybook/events';
import { assertEvent } from '@daybook/events/testing';
import type { Command } from '../command.ts';
import { execute } from '../execute.ts';
import type { Execution } from '../execution.ts';
import { chainLog } from '../hash-chain.ts';
import type { CommittedTransaction, LedgerHead, LedgerView, Volumes } from '../ledger-view.ts';
import type { Mapping } from '../mapping.ts';
import type { Metadata } from '../metadata.ts';
import { needsOf } from '../needs.ts';
import type { Effects, LogEntry, Outcome } from '../outcome.ts';
import { storedPostings } from '../stored-json.ts';
import { moment } from './commands.ts';

export const defaultExecution: Execution = {
  at: moment('2026-11-23T01:45:03.123456Z'),
  eventFormat: 'v1.4',
  eventBytesMax: 900_000,
  commitPolicy: 'none',
};

const noVolumes: Volumes = { input: 0n, output: 0n };

/** A ledger in memory, for tests: runs commands and applies their effects, as the writer does over the database. */
export class MemoryLedger implements LedgerView {
  readonly ledger: string;
  head: LedgerHead = {
    nextTxid: 0,
    lastTimestamp: undefined,
    nextLogId: 0,
    lastLog: undefined,
    lastEventSequence: 0,
    mappingVersion: 0,
  };
  mapping: Mapping = { contracts: null };
  readonly events: Event[] = [];
  readonly log: LogEntry[] = [];
  readonly balances = new Map<string, Volumes>();
  readonly accounts = new Map<string, Metadata>();
  readonly #references = new Set<string>();
  readonly #transactions = new Map<number, CommittedTransaction>();

  constructor(ledger = 'main') {
    this.ledger = ledger;
  }

  volumes(account: string, asset: string): Volumes {
    return this.balances.get(`${account} ${asset}`) ?? noVolumes;
  }

  accountMetadata(address: string): Metadata {
    return this.accounts.get(address) ?? {};
  }

  hasReference(reference: string): boolean {
    return this.#references.has(reference);
  }

  transaction(txid: number): CommittedTransaction | undefined {
    return this.#transactions.get(txid);
  }

  /** Executes a command, which may ask only for what it said it needs, and applies what it does. */
  run(command: Command, options: Partial<Execution> = {}): Outcome {
    const execution = { ...defaultExecution, ...options };
    const outcome = execute(this.#onlyWhatIsNeeded(command), command, execution);
    if (outcome.kind === 'accepted' && outcome.effects !== undefined) this.#apply(outcome.effects, execution);
    return outcome;
  }

  /** All that can be seen of the ledger, for comparing. */
  snapshot() {
    const { head, mapping, events, log, balances, accounts } = this;
    return structuredClone({ head, mapping, events, log, balances, accounts, transactions: this.#transactions });
  }

  #onlyWhatIsNeeded(command: Command): LedgerView {
    const needs = needsOf(command, (address) => this.accountMetadata(address));
    const must = (isNeeded: boolean, what: string): void => {
      if (!isNeeded) throw new Error(`${what} was asked for, but needsOf did not name it`);
    };
    return {
      ledger: this.ledger,
      head: this.head,
      mapping: this.mapping,
      volumes: (account, asset) => {
        must(
          needs.pairs.some((pair) => pair[0] === account && pair[1] === asset),
          `${account} ${asset}`,
        );
        return this.volumes(account, asset);
      },
      accountMetadata: (address) => {
        must(needs.accounts.includes(address) || needs.metadata.includes(address), address);
        return this.accountMetadata(address);
      },
      hasReference: (reference) => {
        must(needs.references.includes(reference), reference);
        return this.hasReference(reference);
      },
      transaction: (txid) => {
        must(needs.txids.includes(txid), `transaction ${txid}`);
        return this.transaction(txid);
      },
    };
  }

  #apply(effects: Effects, execution: Execution): void {
    for (const row of effects.transactions) {
      if (row.reference !== '') this.#references.add(row.reference);
      const metadata = parseMetadata(row.metadata);
      this.#transactions.set(row.txid, { ...row, postings: storedPostings(row.postings), metadata });
      this.head = { ...this.head, nextTxid: row.txid + 1, lastTimestamp: row.timestamp };
    }
    for (const { account, asset, input, output } of effects.moves) {
      this.balances.set(`${account} ${asset}`, { input, output });
    }
    for (const { address, metadata } of effects.accountMetadata) {
      this.accounts.set(address, { ...this.accounts.get(address), ...metadata });
    }
    for (const { txid, metadata } of effects.transactionMetadata) {
      const found = this.#transactions.get(txid);
      if (found === undefined) throw new Error(`transaction ${txid} is not there to be marked`);
      this.#transactions.set(txid, { ...found, metadata: { ...found.metadata, ...metadata } });
    }
    for (const entry of effects.log) {
      const { type, data, date } = entry;
      const { text } = chainLog(this.head.lastLog, { id: this.head.nextLogId, type, data, date });
      this.head = { ...this.head, lastLog: text, nextLogId: this.head.nextLogId + 1 };
      this.log.push(entry);
      this.#publish(entry.events, execution);
    }
    if (effects.mapping !== undefined) {
      this.mapping = effects.mapping.mapping;
      this.#publish([effects.mapping.event], execution);
    }
  }

  #publish(events: readonly Event[], execution: Execution): void {
    for (const event of events) {
      assertEvent(execution.eventFormat, event.body);
      this.events.push(event);
    }
  }
}

function parseMetadata(text: string): Metadata {
  const metadata = parseJson(text);
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata))
    throw new Error(`${text} is no object`);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what is left of Json is an object
  return metadata as Metadata;
}
