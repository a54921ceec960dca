import type { Pool } from '@daybook/postgres';
import type { HeldKey } from './held.ts';
import type { ParkedRow } from './parked.ts';

/** A row that was parked at some time, whatever was decided since. */
export type ParkedFacts = Pick<ParkedRow, 'lane' | 'seq' | 'policy' | 'state'>;

/** A key whose rows from `fromSeq` on wait. */
export type HeldFacts = Pick<HeldKey, 'lane' | 'key' | 'fromSeq'>;

// A page of the primary key.
const parkedFactsSql = `
select lane, seq, policy, state from parked
where (lane, seq) > ($1::smallint, $2::bigint) order by lane, seq limit $3`;

/** The parked rows behind `after`, by lane and sequence. */
export async function readParkedFacts(
  pool: Pool,
  after: { readonly lane: number; readonly seq: number },
  limit: number,
): Promise<readonly ParkedFacts[]> {
  const result = await pool.query<ParkedFacts>({
    name: 'parked-facts',
    text: parkedFactsSql,
    values: [after.lane, after.seq, limit],
  });
  return result.rows;
}

// A page of the primary key.
const heldFactsSql = `
select lane, key, from_seq as "fromSeq" from held
where (lane, key) > ($1::smallint, $2) order by lane, key limit $3`;

/** The held keys behind `after`, by lane and key. */
export async function readHeldFacts(
  pool: Pool,
  after: { readonly lane: number; readonly key: string },
  limit: number,
): Promise<readonly HeldFacts[]> {
  const result = await pool.query<HeldFacts>({
    name: 'held-facts',
    text: heldFactsSql,
    values: [after.lane, after.key, limit],
  });
  return result.rows;
}
