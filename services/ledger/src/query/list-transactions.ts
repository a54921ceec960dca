import type { TransactionParts } from '@daybook/events';
import type { Pool } from '@daybook/postgres';
import { transactionColumns } from './transaction-columns.ts';

/** Part of the primary key read backwards: as many index steps as rows. */
export const listTransactionsSql = `select ${transactionColumns}
from transaction
where ledger = $1 and txid <= $2
order by txid desc
limit $3`;

/** The newest transactions from `txidMax` down. */
export async function listTransactions(
  pool: Pool,
  ledger: number,
  { txidMax, limit }: { readonly txidMax: number; readonly limit: number },
): Promise<readonly TransactionParts[]> {
  const { rows } = await pool.query<TransactionParts>({
    name: 'list-transactions',
    text: listTransactionsSql,
    values: [ledger, txidMax, limit],
  });
  return rows;
}
