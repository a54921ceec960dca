import type { Pool } from '@daybook/postgres';
import type { LaneCursor } from './read.ts';

// One index step for each lane and partition that `at` leaves; no row is fetched but for its key. LIMIT keeps the planner from making it a
// join over the whole outbox, and ORDER BY from reading the outbox from its start for each idle lane: where one lane has all rows, it
// expects to come upon one of any lane at once.
const waitingLanesSql = `
select w.lane
from unnest($1::smallint[], $2::bigint[], $3::timestamptz[]) as w (lane, seq, at)
cross join lateral (
  select 1 from outbox where outbox.lane = w.lane and outbox.seq > w.seq and outbox.at >= w.at
  order by outbox.seq limit 1
) o`;

/** Which of the lanes have rows above their cursors: the cheap question of an idle poll. */
export async function waitingLanes(pool: Pool, cursors: readonly LaneCursor[]): Promise<readonly number[]> {
  const result = await pool.query<{ lane: number }>({
    name: 'waiting-lanes',
    text: waitingLanesSql,
    values: [
      cursors.map((cursor) => cursor.lane),
      cursors.map((cursor) => cursor.seq),
      cursors.map((cursor) => cursor.at),
    ],
  });
  return result.rows.map((row) => row.lane);
}
