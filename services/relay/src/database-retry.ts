import { classify, type FailureClass } from '@daybook/postgres';
import { createBackoff } from '@daybook/runtime';
import type { Outage } from './outage.ts';

interface DatabaseRetryOptions {
  readonly outage: Outage;
  readonly delay: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly baseMs: number;
  readonly maxMs: number;
}

const hints: Readonly<Partial<Record<FailureClass, string>>> = {
  missing: 'the migrations have not run yet: run "ledger migrate"',
  denied: 'check the user, its password and its rights on the tables',
};

/** Reports a failure of the database, or throws it again when it is no failure of the database but our own defect. */
export function reportDatabaseFailure(outage: Outage, error: unknown): void {
  const failure = classify(error);
  switch (failure) {
    case 'unreachable':
    case 'busy':
    case 'missing':
    case 'denied':
      outage.failed(error, failure, hints[failure]);
      return;
    case 'constraint':
    case 'data':
    case 'defect':
      throw error;
  }
}

/**
 * Runs `work` until it succeeds, with backoff; undefined when `signal` aborts first. A database that is away, restarting, full or not
 * migrated yet is waited for; anything else is a defect and thrown.
 */
export async function untilDatabaseAnswers<Result>(
  options: DatabaseRetryOptions,
  signal: AbortSignal,
  work: () => Promise<Result>,
): Promise<Result | undefined> {
  const backoff = createBackoff({ baseMs: options.baseMs, maxMs: options.maxMs });
  while (!signal.aborted) {
    try {
      const result = await unlessAborted(signal, work());
      if (!signal.aborted) options.outage.recovered();
      return result;
    } catch (error) {
      reportDatabaseFailure(options.outage, error);
      await options.delay(backoff.next(), signal);
    }
  }
  return undefined;
}

/** A database that went silent answers only by a timeout, for which a stop does not wait. */
async function unlessAborted<Result>(signal: AbortSignal, work: Promise<Result>): Promise<Result | undefined> {
  const aborted = Promise.withResolvers<undefined>();
  const onAbort = () => aborted.resolve(undefined);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    // Once it is abandoned, nobody hears of its failure.
    work.catch(() => {});
  }
}
