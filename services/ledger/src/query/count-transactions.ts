import type { Pool } from '@daybook/postgres';

/** txids have no gaps, so the last one tells how many there are: one index step. */
export const countTransactionsSql = `select coalesce(max(txid) + 1, 0) as count
from transaction
where ledger = $1`;

export async function countTransactions(pool: Pool, ledger: number): Promise<number> {
  const { rows } = await pool.query<{ count: number }>({
    name: 'count-transactions',
    text: countTransactionsSql,
    values: [ledger],
  });
  return rows[0]?.count ?? 0;
}
