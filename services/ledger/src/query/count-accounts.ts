import type { Pool } from '@daybook/postgres';

/** Scans the primary key's part of the ledger, since accounts have no numbers of their own. */
export const countAccountsSql = `select count(*) as count
from account
where ledger = $1`;

export async function countAccounts(pool: Pool, ledger: number): Promise<number> {
  const { rows } = await pool.query<{ count: number }>({
    name: 'count-accounts',
    text: countAccountsSql,
    values: [ledger],
  });
  return rows[0]?.count ?? 0;
}
