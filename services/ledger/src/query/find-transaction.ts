import type { TransactionParts } from '@daybook/events';
import type { Pool } from '@daybook/postgres';
import { transactionColumns } from './transaction-columns.ts';

/** One row by primary key. */
export const findTransactionSql = `select ${transactionColumns}
from transaction
where ledger = $1 and txid = $2`;

/** Undefined when the ledger has no such transaction. */
export async function findTransaction(pool: Pool, ledger: number, txid: number): Promise<TransactionParts | undefined> {
  const { rows } = await pool.query<TransactionParts>({
    name: 'find-transaction',
    text: findTransactionSql,
    values: [ledger, txid],
  });
  return rows[0];
}
