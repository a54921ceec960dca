import type { Pool } from '@daybook/postgres';

/** The ids of all lanes. More may be added later; none is ever removed. */
export async function laneIds(pool: Pool): Promise<readonly number[]> {
  const result = await pool.query<{ id: number }>({ name: 'lane-ids', text: 'select id from lane order by id' });
  return result.rows.map((row) => row.id);
}
