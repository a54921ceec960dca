import { findStrayEvent, partitionBounds, readLedgerEvents, type LedgerEvent } from '@daybook/outbox';
import type { Snapshot } from '@daybook/postgres';
import { BadRow, type Finding } from './bad-row.ts';
import { EventWalk } from './event-walk.ts';
import { readLedgerFacts, type LedgerFacts } from './ledger-facts.ts';
import { readLog, type PageLimits, type StoredLog } from './log-rows.ts';
import { Lookahead } from './lookahead.ts';
import { readMappings, type MappingVersion } from './mapping-versions.ts';
import { OutboxCoverage } from './outbox-coverage.ts';
import { fetchTransactionPatches, openTransactionPatches, type TransactionPatch } from './transaction-patches.ts';
import { verifyLog } from './verify-log.ts';
import { TableCheck } from './verify-tables.ts';

/** What was verified, or the first row that was found to be wrong. */
export interface VerifyReport {
  readonly ok: boolean;
  readonly ledger: string;
  /** Of the last log row, up to which all was looked at; -1 where there is none. */
  readonly lastLogId: number;
  readonly counts: VerifyCounts;
  readonly finding?: Finding;
}

/** How much was found to be well before the end, or the finding. */
interface VerifyCounts {
  logRows: number;
  transactions: number;
  moves: number;
  accounts: number;
  mappings: number;
  events: number;
  outboxRows: number;
  /** Of the first event that the outbox still has; null where it has none. */
  firstOutboxSequence: number | null;
}

export interface VerifyOptions {
  readonly limits: PageLimits;
  readonly signal: AbortSignal;
  /** Told what is looked at, often; `total` is unknown for what the database does in one statement. */
  readonly onProgress: (progress: { readonly what: string; readonly done?: number; readonly total?: number }) => void;
}

/**
 * Verifies a ledger on a snapshot: the log first, with the events that it announces, and then the tables against the log. Reads in pages. Undefined
 * where there is no such ledger.
 */
export async function verifyLedger(
  snapshot: Snapshot,
  name: string,
  options: VerifyOptions,
): Promise<VerifyReport | undefined> {
  const facts = await readLedgerFacts(snapshot, name);
  if (facts === undefined) return undefined;
  const counts: VerifyCounts = {
    logRows: 0,
    transactions: 0,
    moves: 0,
    accounts: 0,
    mappings: 0,
    events: 0,
    outboxRows: 0,
    firstOutboxSequence: null,
  };
  const about = { ledger: name, lastLogId: facts.lastLogId, counts };
  try {
    await new Verification(snapshot, facts, { ...options, counts }).run();
    return { ok: true, ...about };
  } catch (error) {
    if (!(error instanceof BadRow)) throw error;
    return { ok: false, ...about, finding: error.finding };
  }
}

class Verification {
  readonly #snapshot: Snapshot;
  readonly #facts: LedgerFacts;
  readonly #options: VerifyOptions & { readonly counts: VerifyCounts };

  constructor(snapshot: Snapshot, facts: LedgerFacts, options: VerifyOptions & { readonly counts: VerifyCounts }) {
    this.#snapshot = snapshot;
    this.#facts = facts;
    this.#options = options;
  }

  async run(): Promise<void> {
    await this.#verifyLog();
    await this.#verifyTables();
  }

  async #verifyLog(): Promise<void> {
    const { counts, limits } = this.#options;
    const snapshot = this.#snapshot;
    const { id, lane, name, lastEventSequence } = this.#facts;
    const logCounts = { rows: 0, transactions: 0 };
    const events = new EventWalk({
      facts: this.#facts,
      coverage: new OutboxCoverage(await partitionBounds(snapshot)),
      mappings: new Lookahead(async (last: MappingVersion | undefined) =>
        readMappings(snapshot, id, { after: last?.version ?? 0, limit: limits.rows }),
      ),
      outbox: new Lookahead(async (last: LedgerEvent | undefined) => {
        this.#progress('outbox and log', logCounts.rows);
        return await readLedgerEvents(snapshot, { lane, name }, { after: last, limit: limits.rows });
      }),
    });
    const rows = new Lookahead(async (last: StoredLog | undefined) => {
      this.#progress('outbox and log', logCounts.rows);
      return await readLog(snapshot, id, { after: last?.id ?? -1, limits });
    });
    try {
      await verifyLog(rows, events, logCounts);
    } finally {
      Object.assign(counts, events.counts, {
        logRows: logCounts.rows,
        firstOutboxSequence: events.counts.firstOutboxSequence ?? null,
      });
    }
    this.#progress('outbox of other lanes');
    const stray = await findStrayEvent(snapshot, { lane, name });
    if (stray === undefined) return;
    throw new BadRow({
      table: 'outbox',
      key: { lane: stray.lane, seq: stray.seq },
      problem: "it is in another lane than the ledger's",
      expected: `event sequences up to ${lastEventSequence}, in lane ${lane} alone`,
      found: `event sequence ${stray.eventSequence} in lane ${stray.lane}`,
    });
  }

  async #verifyTables(): Promise<void> {
    const { counts, limits } = this.#options;
    const snapshot = this.#snapshot;
    const { id } = this.#facts;
    this.#progress('metadata of transactions, sorting');
    await openTransactionPatches(snapshot, id);
    const patches = new Lookahead<TransactionPatch>(async () => fetchTransactionPatches(snapshot));
    const tables = new TableCheck(snapshot, id, patches);
    try {
      for (let after = -1; ;) {
        this.#progress('transactions, moves and accounts', after + 1);
        const page = await readLog(snapshot, id, { after, limits });
        const last = page.at(-1);
        if (last === undefined) break;
        await tables.takePage(page);
        after = last.id;
      }
      this.#progress('moves, counting');
      await tables.verifyNoFurther();
    } finally {
      Object.assign(counts, tables.counts);
    }
    this.#progress('metadata of accounts');
    counts.accounts = await tables.verifyAccounts();
  }

  #progress(what: string, done?: number): void {
    this.#options.signal.throwIfAborted();
    const { onProgress } = this.#options;
    onProgress(done === undefined ? { what } : { what, done, total: this.#facts.lastLogId + 1 });
  }
}
