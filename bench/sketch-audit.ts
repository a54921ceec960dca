import type { Pool } from '@daybook/postgres';
import { amount } from './request-body.ts';
import type { CommitResult } from './processes/empty-commits.ts';
import type { SketchResult } from './processes/sql-sketch.ts';

const countsSql = `
select
  (select count(*) from sketch.transaction) as transactions,
  (select count(*) from sketch.move) as moves,
  (select count(*) from sketch.outbox) as events,
  (select coalesce(sum(input), 0)::text from sketch.volume) as input,
  (select coalesce(sum(output), 0)::text from sketch.volume) as output`;

/** Holds what the sketch stored against what it says: one sentence per difference. */
export async function sketchFaults(pool: Pool, result: SketchResult): Promise<string[]> {
  const { rows } = await pool.query<Record<string, string | number>>(countsSql);
  const moved = String(BigInt(result.allTransactions) * BigInt(amount));
  const expected: Readonly<Record<string, string | number>> = {
    transactions: result.allTransactions,
    moves: result.allTransactions * 2,
    events: result.allBatches,
    input: moved,
    output: moved,
  };
  return Object.entries(expected)
    .filter(([what, count]) => rows[0]?.[what] !== count)
    .map(([what, count]) => `${what}: ${rows[0]?.[what]} stored, ${count} written`);
}

/** Holds what the empty commits stored against what they say, and that they were durable. */
export async function commitFaults(pool: Pool, { committed, synchronousCommit }: CommitResult): Promise<string[]> {
  const { rows } = await pool.query<{ stored: number }>('select count(*) as stored from empty_commit');
  const stored = rows[0]?.stored;
  return [
    ...(stored === committed ? [] : [`${stored} rows stored, ${committed} committed`]),
    ...(synchronousCommit === 'on' ? [] : [`synchronous_commit is ${synchronousCommit}`]),
  ];
}
