import type { Pool, PoolClient } from './pool.ts';

/** Statements of one session, all of which see the database as it was at the first of them. */
export type Snapshot = Pick<PoolClient, 'query'>;

interface SnapshotOptions {
  readonly signal: AbortSignal;
  /** A statement that takes locks before there is a snapshot, so that what they keep is all in it. */
  readonly lock: string;
}

/**
 * Runs `work` on one snapshot (REPEATABLE READ, READ ONLY), and then ends the transaction. When `signal` aborts, the server is asked over a
 * second connection to cancel the statement that runs, and `work` sees it fail; between statements `work` looks at the signal itself.
 *
 * @param pool of two connections at least
 */
export async function onSnapshot<Result>(
  pool: Pool,
  { signal, lock }: SnapshotOptions,
  work: (snapshot: Snapshot) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect();
  let cancelling: Promise<unknown> | undefined;
  let cancel = () => {};
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await client.query(lock);
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    cancel = () => {
      // Where even this cannot be asked, the connection is gone, or its statement ends by itself.
      cancelling = pool.query('select pg_cancel_backend($1)', [rows[0]?.pid]).catch(() => {});
    };
    signal.addEventListener('abort', cancel, { once: true });
    signal.throwIfAborted();
    return await work(client);
  } finally {
    signal.removeEventListener('abort', cancel);
    await cancelling;
    // The transaction goes with the session: nothing was written.
    client.release(true);
  }
}
