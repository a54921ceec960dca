import type { Pool } from '@daybook/postgres';

/** The last row of the primary key: one index step. */
export const findMappingSql = `select contracts
from mapping
where ledger = $1
order by version desc
limit 1`;

/** The contracts in force as finished JSON; `null` (in JSON) where none were ever set. */
export async function findMapping(pool: Pool, ledger: number): Promise<string> {
  const { rows } = await pool.query<{ contracts: string | null }>({
    name: 'find-mapping',
    text: findMappingSql,
    values: [ledger],
  });
  return rows[0]?.contracts ?? 'null';
}
