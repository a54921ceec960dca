import type { Pool } from '@daybook/postgres';

/** A lane whose last row bears a time that the database's clock has not reached. */
export interface LaneAhead {
  readonly lane: number;
  readonly aheadSeconds: number;
}

// One backward index step in each partition for each lane: without a bound on `at`, since it is in question.
const lanesAheadSql = `
select lane.id as lane, extract(epoch from h.at - clock_timestamp())::float8 as "aheadSeconds"
from lane, lateral (select at from outbox where outbox.lane = lane.id order by seq desc limit 1) h
where h.at > clock_timestamp() + make_interval(secs => $1::float8)
order by lane.id`;

/** The lanes whose last row is more than `aheadSecondsMax` ahead of the database's clock. */
export async function lanesAhead(pool: Pool, aheadSecondsMax: number): Promise<readonly LaneAhead[]> {
  const result = await pool.query<LaneAhead>({ name: 'lanes-ahead', text: lanesAheadSql, values: [aheadSecondsMax] });
  return result.rows;
}
