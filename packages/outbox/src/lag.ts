import type { Pool } from '@daybook/postgres';

/** How far a lane's publishing is behind its writing. */
export interface LaneLag {
  readonly lane: number;
  readonly position: number;
  /** The sequence of the lane's last row. */
  readonly head: number;
  /** The age of the oldest unpublished row, by the database's clock; 0 without one. */
  readonly lagSeconds: number;
}

// Three index steps for each lane: the last position, the last row, the first row above the position.
const lagSql = `
select lane.id as lane, coalesce(p.seq, 0) as position, coalesce(h.seq, greatest(lane.floor_seq, p.seq)) as head,
  coalesce(greatest(extract(epoch from clock_timestamp() - n.at), 0), 0)::float8 as "lagSeconds"
from lane
left join lateral (select seq, at from position where position.lane = lane.id order by seq desc limit 1) p on true
left join lateral (
  select seq from outbox
  where outbox.lane = lane.id and outbox.at >= coalesce(p.at, '-infinity')
  order by seq desc limit 1
) h on true
left join lateral (
  select at from outbox
  where outbox.lane = lane.id and outbox.seq > coalesce(p.seq, 0) and outbox.at >= coalesce(p.at, '-infinity')
  order by seq limit 1
) n on true
where lane.id = any($1::smallint[])
order by lane.id`;

/** The lag of each of the lanes. */
export async function lagOf(pool: Pool, lanes: readonly number[]): Promise<readonly LaneLag[]> {
  const result = await pool.query<LaneLag>({ name: 'lane-lag', text: lagSql, values: [lanes] });
  return result.rows;
}
