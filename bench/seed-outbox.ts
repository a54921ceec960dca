import { appendToOutbox, lockLane, makePartitions } from '@daybook/outbox';
import { inTransaction, type Pool } from '@daybook/postgres';
import type { Backlog, BacklogSlice } from './backlog.ts';

const progressEveryMs = 2_000;

/** Rows that are written together. */
const slicesPerTransaction = 64;

/**
 * Fills the outbox of a migrated database as ledgers would, and leaves it as a database at rest: vacuumed, analysed,
 * written to disk, so that no run pays for the filling.
 */
export async function seedOutbox(pool: Pool, backlog: Backlog, progress: (line: string) => void): Promise<void> {
  // Two days: the first row may come just before midnight, the last after it.
  await makePartitions(pool, 1);
  let written = 0;
  let reportedAtMs = performance.now();
  let pending: BacklogSlice[] = [];
  const flush = async () => {
    await append(pool, pending);
    written += pending.reduce((sum, { rows }) => sum + rows.length, 0);
    pending = [];
    if (performance.now() - reportedAtMs > progressEveryMs) {
      progress(`filling the outbox: ${written} of ${backlog.rows} rows`);
      reportedAtMs = performance.now();
    }
  };
  for (const slice of backlog.slices()) {
    pending.push(slice);
    if (pending.length === slicesPerTransaction) await flush();
  }
  if (pending.length > 0) await flush();
  await pool.query('vacuum (analyze) outbox');
  await pool.query('checkpoint');
}

async function append(pool: Pool, slices: readonly BacklogSlice[]): Promise<void> {
  const byLane = Map.groupBy(slices, ({ lane }) => lane);
  await inTransaction(pool, async (client) => {
    for (const [lane, ofLane] of byLane) {
      const locked = await lockLane(client, lane, undefined);
      const rows = ofLane.flatMap((slice) =>
        slice.rows.map((row) => ({ ...row, type: 'COMMITTED_TRANSACTIONS' as const, headers: null })),
      );
      const { name, text, values } = appendToOutbox(lane, locked, rows);
      await client.query({ name, text, values: [...values] });
    }
  });
}
