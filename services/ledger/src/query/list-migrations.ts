import { sqlstateOf, type Pool } from '@daybook/postgres';

/** All rows of a table that has one for each migration. */
export const listMigrationsSql = `select
  (row_number() over (order by id) - 1)::text as version,
  name,
  to_char(run_on, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as date
from migration
order by id`;

/** A migration that the database has seen. */
export interface MigrationRow {
  /** From 0, as text. */
  readonly version: string;
  readonly name: string;
  /** RFC 3339 in UTC. */
  readonly date: string;
}

/** PostgreSQL's `undefined_table`. */
const undefinedTable = '42P01';

/** None where migrations were run by hand, of which nobody kept count. */
export async function listMigrations(pool: Pool): Promise<readonly MigrationRow[]> {
  try {
    return (await pool.query<MigrationRow>({ name: 'list-migrations', text: listMigrationsSql })).rows;
  } catch (error) {
    if (sqlstateOf(error) !== undefinedTable) throw error;
    return [];
  }
}
