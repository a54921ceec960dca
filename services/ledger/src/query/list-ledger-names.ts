import type { Pool } from '@daybook/postgres';

/** In order of creation, by primary key. */
export const listLedgerNamesSql = `select name
from ledger
order by id
limit $1`;

/** The names of the oldest `limit` ledgers. */
export async function listLedgerNames(pool: Pool, limit: number): Promise<readonly string[]> {
  const { rows } = await pool.query<{ name: string }>({
    name: 'list-ledger-names',
    text: listLedgerNamesSql,
    values: [limit],
  });
  return rows.map(({ name }) => name);
}
