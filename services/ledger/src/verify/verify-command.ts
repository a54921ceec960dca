import type { Terminal } from '@daybook/config';
import { classify, createPool, onSnapshot, type FailureClass } from '@daybook/postgres';
import type { LedgerConfig } from '../config.ts';
import { pageLimits } from './log-rows.ts';
import { progressTicker } from './progress-ticker.ts';
import { verifyLedger } from './verify-ledger.ts';
import { renderVerifyReport } from './verify-report.ts';

/** No partition is detached meanwhile: its rows would be missing in the middle of a snapshot that still counts on them. */
const keepPartitions = 'lock table only outbox in access share mode';

export const verifyCommand = {
  doc: 'Verify a ledger in the database: the hash chain of its log, and that transactions, moves, accounts and events are what the log says.',
  options: {
    ledger: { format: 'text', required: true, doc: 'The name of the ledger.' },
    json: { format: 'boolean', default: false, doc: 'Print one JSON document.' },
  },
} as const;

export interface VerifyCommandOptions {
  readonly ledger: string;
  readonly json: boolean;
}

/** What `ledger verify` exits with. */
const exitCodes = { ok: 0, finding: 1, noVerdict: 2, interrupted: 130 } as const;

const hints: Readonly<Partial<Record<FailureClass, string>>> = {
  missing: ' (not migrated: run `ledger migrate`)',
  denied: ' (check the user of DATABASE_URL, its password, and its right to select)',
};

/**
 * Verifies one ledger on one snapshot.
 *
 * @returns 0 when all is well; 1 when a row is not; 2 when there is no such ledger or the database could not be asked; 130 when interrupted
 */
export async function runVerify(
  { databaseUrl }: Pick<LedgerConfig, 'databaseUrl'>,
  { ledger, json }: VerifyCommandOptions,
  terminal: Terminal,
): Promise<number> {
  const pool = createPool(databaseUrl, {
    // One for the snapshot, one to cancel what runs on it.
    size: 2,
    applicationName: 'daybook-ledger-verify',
    // A statement may read a large table; whoever is tired of it interrupts.
    queryTimeoutMs: 0,
    session: {
      statement_timeout: '0',
      idle_in_transaction_session_timeout: '0',
      default_transaction_read_only: 'on',
      // Pages come in the order of an index. Without statistics the planner would rather collect all that is left and sort it, for each page.
      enable_sort: 'off',
      enable_bitmapscan: 'off',
    },
  });
  const interrupted = new AbortController();
  const onInterrupt = () => interrupted.abort();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, onInterrupt);
  const ticker = progressTicker(terminal);
  try {
    const report = await onSnapshot(pool, { signal: interrupted.signal, lock: keepPartitions }, async (snapshot) =>
      verifyLedger(snapshot, ledger, {
        limits: pageLimits,
        signal: interrupted.signal,
        onProgress: (progress) => ticker.show(progress),
      }),
    );
    if (report === undefined) {
      terminal.note(`ledger verify: there is no ledger ${ledger}`);
      return exitCodes.noVerdict;
    }
    terminal.print(json ? JSON.stringify(report) : renderVerifyReport(report));
    return report.ok ? exitCodes.ok : exitCodes.finding;
  } catch (error) {
    if (interrupted.signal.aborted) {
      terminal.note('ledger verify: interrupted');
      return exitCodes.interrupted;
    }
    const failure = classify(error);
    if (failure === 'defect') throw error;
    terminal.note(`ledger verify: no verdict: ${reasonOf(error)}${hints[failure] ?? ''}`);
    return exitCodes.noVerdict;
  } finally {
    ticker.stop();
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.removeListener(name, onInterrupt);
    await pool.end();
  }
}

/** Node reports a refused connection to a name with several addresses as a group of errors without a text of its own. */
function reasonOf(error: unknown): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return first instanceof Error ? first.message : String(first);
}
