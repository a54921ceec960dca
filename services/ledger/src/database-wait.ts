import { classify, type FailureClass } from '@daybook/postgres';
import { createBackoff, delay, type Logger } from '@daybook/runtime';
import { NoLanesError } from './query/server-answers.ts';

interface DatabaseWait {
  readonly logger: Logger;
  /** Ends the wait without an error. */
  readonly stopping: AbortSignal;
}

/**
 * Tries again until `work` succeeds, as long as it fails for want of a database: absent, starting, not migrated yet.
 *
 * @throws what `work` throws for any other reason
 */
export async function waitForDatabase(work: () => Promise<void>, { logger, stopping }: DatabaseWait): Promise<void> {
  const backoff = createBackoff({ baseMs: 200, maxMs: 5_000 });
  while (!stopping.aborted) {
    try {
      await work();
      return;
    } catch (error) {
      const reason = reasonToWait(error);
      if (reason === undefined) throw error;
      const delayMs = backoff.next();
      logger.warn({ err: error, reason, attempt: backoff.attempts, delayMs }, 'waiting for the database');
      await delay(delayMs, stopping);
    }
  }
}

const notMigrated = 'not migrated: run `ledger migrate`, or set MIGRATE_ON_START';

/** Undefined for what waiting does not cure. */
const reasonsToWait: Readonly<Record<FailureClass, string | undefined>> = {
  unreachable: 'not reachable',
  busy: 'busy',
  missing: notMigrated,
  denied: undefined,
  constraint: undefined,
  data: undefined,
  defect: undefined,
};

function reasonToWait(error: unknown): string | undefined {
  return error instanceof NoLanesError ? notMigrated : reasonsToWait[classify(error)];
}
