import type { Pool, PoolClient } from './pool.ts';

/**
 * Runs `work` in one transaction (READ COMMITTED) and commits it. On any error it rolls back and rethrows; a connection
 * whose rollback fails is thrown away rather than returned to the pool.
 */
export async function inTransaction<Result>(
  pool: Pool,
  work: (client: PoolClient) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
    const result = await work(client);
    const committed = await client.query('COMMIT');
    // A transaction in which a statement failed answers COMMIT with ROLLBACK and no error.
    if (committed.command !== 'COMMIT') throw new Error('COMMIT was answered with ROLLBACK');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch((rollbackError: Error) => {
      broken = rollbackError;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}
