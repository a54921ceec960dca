import type { Pool } from '@daybook/postgres';

/** What waits for someone's decision, or for its release. */
export interface SetAsideCounts {
  /** Rows that someone must decide about. */
  readonly parkedRows: number;
  readonly heldKeys: number;
}

const countsSql = `
select (select count(*) from parked where state = 'parked' and lane = any($1::smallint[])) as "parkedRows",
  (select count(*) from held where lane = any($1::smallint[])) as "heldKeys"`;

/** How much of lanes is set aside. */
export async function setAsideCounts(pool: Pool, lanes: readonly number[]): Promise<SetAsideCounts> {
  const result = await pool.query<SetAsideCounts>({ name: 'set-aside-counts', text: countsSql, values: [lanes] });
  return result.rows[0] ?? { parkedRows: 0, heldKeys: 0 };
}
