import type { Pool } from '@daybook/postgres';

/** The highest sequence of a lane that retention dropped as its last. */
export interface LaneFloor {
  readonly lane: number;
  readonly floor: number;
}

/** The floors of all lanes. */
export async function laneFloors(pool: Pool): Promise<readonly LaneFloor[]> {
  const result = await pool.query<LaneFloor>({
    name: 'lane-floors',
    text: 'select id as lane, floor_seq as floor from lane order by id',
  });
  return result.rows;
}
