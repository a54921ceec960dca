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

const byLaneSql = `
select lane, sum(parked)::int8 as "parkedRows", sum(held)::int8 as "heldKeys"
from (
  select lane, 1 as parked, 0 as held from parked where state = 'parked'
  union all
  select lane, 0, 1 from held
) each
group by lane order by lane`;

/** How much of each lane is set aside; lanes of which nothing is are left out. */
export async function setAsideByLane(pool: Pool): Promise<readonly (SetAsideCounts & { readonly lane: number })[]> {
  return (await pool.query<SetAsideCounts & { lane: number }>({ name: 'set-aside-by-lane', text: byLaneSql })).rows;
}
