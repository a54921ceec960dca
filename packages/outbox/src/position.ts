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

// A position that passes over rows of a held key is true only while the key is held: the lock on the hold makes its
// release come before this statement, which then refuses, or after it, where the release sees this position. After the
// database was away, a position may also belong to a history that it no longer has.
const appendGuardedSql = `
with stated as (
  select * from unnest($1::smallint[], $2::bigint[], $3::timestamptz[]) as s (lane, seq, at)
), assumed as (
  select * from unnest($5::smallint[], $6::text[]) as a (lane, key)
), standing as (
  select h.lane, h.key from held h join assumed a on a.lane = h.lane and a.key = h.key for key share of h
), refused as (
  select s.lane from stated s
  where exists (
    select from assumed a
    where a.lane = s.lane and not exists (select from standing t where t.lane = a.lane and t.key = a.key)
  ) or ($7 and s.seq > 0 and not exists (
    select from outbox o where o.lane = s.lane and o.seq = s.seq and o.at = s.at
  ) and not exists (select from lane l where l.id = s.lane and l.floor_seq >= s.seq))
), appended as (
  insert into position (lane, seq, at, relay)
  select s.lane, s.seq, s.at, $4 from stated s where s.lane not in (select lane from refused)
  on conflict do nothing
)
select lane from refused`;

interface Statement {
  readonly relay: string;
  /** Keys whose rows the positions may have passed over because they are held. */
  readonly held: readonly { readonly lane: number; readonly key: string }[];
  /** Whether the row at each position must still be there, or be at or below its lane's floor: dropped since. */
  readonly mustExist: boolean;
}

/**
 * States how far lanes were published, only after the acknowledgement of every row up to there.
 *
 * @returns the lanes whose position is not stated, since what it counts on is no longer so: they must be begun anew.
 */
export async function appendPositions(
  pool: Pool,
  positions: readonly Position[],
  { relay, held, mustExist }: Statement,
): Promise<readonly number[]> {
  const values = [
    positions.map((position) => position.lane),
    positions.map((position) => position.seq),
    positions.map((position) => position.at),
    relay,
  ];
  if (held.length === 0 && !mustExist) {
    await pool.query({ name: 'append-positions', text: appendPositionsSql, values });
    return [];
  }
  const result = await pool.query<{ lane: number }>({
    name: 'append-guarded-positions',
    text: appendGuardedSql,
    values: [...values, held.map(({ lane }) => lane), held.map(({ key }) => key), mustExist],
  });
  return result.rows.map(({ lane }) => lane);
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
