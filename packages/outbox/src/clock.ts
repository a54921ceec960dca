import type { Pool } from '@daybook/postgres';

const clockSql = 'select extract(epoch from clock_timestamp())::float8 * 1000 as "nowMs"';

/** The database's clock, in milliseconds since 1970. */
export async function databaseNowMs(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ nowMs: number }>({ name: 'database-now', text: clockSql });
  const [row] = rows;
  if (row === undefined) throw new Error('the database did not tell its time');
  return row.nowMs;
}
