import type { Pool } from '../../packages/postgres/src/index.ts';

/** All tables, partitioned ones as one; counted by the server, so that one statement does for whatever tables there are. */
const countRowsSql = `select
  relname as table,
  (xpath('/row/rows/text()', query_to_xml(format('select count(*) as rows from %I', relname), false, true, '')))[1]::text::int as rows
from pg_class
where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p') and not relispartition
order by relname`;

export type TableRows = ReadonlyMap<string, number>;

/** How many rows each table has. */
export async function countRows(pool: Pool): Promise<TableRows> {
  const { rows } = await pool.query<{ table: string; rows: number }>(countRowsSql);
  return new Map(rows.map((row) => [row.table, row.rows]));
}

/** The tables whose numbers of rows differ, each with both. */
export function changedTables(before: TableRows, after: TableRows): readonly string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names]
    .filter((name) => before.get(name) !== after.get(name))
    .map((name) => `${name} (${before.get(name) ?? 'none'}, then ${after.get(name) ?? 'none'})`);
}
