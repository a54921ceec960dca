import type { Pool } from '@daybook/postgres';
import type { LaneCursor } from './read.ts';

/** Every row of the lane up to `seq` was acknowledged, or set aside by a rule that is counted. `at` is that of the row. */
export type Position = LaneCursor;

// One backward step in the primary key for each lane.
const latestPositionsSql = `
select w.lane, coalesce(p.seq, 0) as seq, coalesce(p.at, '-infinity') as at
from unnest($1::smallint[]) as w (lane)
left join lateral (
  select seq, at from position where position.lane = w.lane order by position.seq desc limit 1
) p on true`;

/** The greatest position of each lane; sequence 0 where nothing was published yet. */
export async function latestPositions(pool: Pool, lanes: readonly number[]): Promise<readonly Position[]> {
  const result = await pool.query<Position>({ name: 'latest-positions', text: latestPositionsSql, values: [lanes] });
  return result.rows;
}

// Two relays that published the same rows state the same fact, so a conflict is none.
const appendPositionsSql = `
insert into position (lane, seq, at, relay)
select p.lane, p.seq, p.at, $4 from unnest($1::smallint[], $2::bigint[], $3::timestamptz[]) as p (lane, seq, at)
on conflict do nothing`;

/** States how far lanes were published, only after the acknowledgement of every row up to there. */
export async function appendPositions(pool: Pool, positions: readonly Position[], relay: string): Promise<void> {
  await pool.query({
    name: 'append-positions',
    text: appendPositionsSql,
    values: [
      positions.map((position) => position.lane),
      positions.map((position) => position.seq),
      positions.map((position) => position.at),
      relay,
    ],
  });
}

// The greatest stays, whoever wrote it.
const prunePositionsSql = `
delete from position
where lane = $1 and seq < (select p.seq from position p where p.lane = $1 order by p.seq desc limit 1)`;

/** Removes a lane's positions that a greater one has overtaken; says how many. */
export async function prunePositions(pool: Pool, lane: number): Promise<number> {
  const result = await pool.query({ name: 'prune-positions', text: prunePositionsSql, values: [lane] });
  return result.rowCount ?? 0;
}
