import type { Pool } from '@daybook/postgres';
import { transactionText } from './transaction-text.ts';

/** One row by primary key. */
export const findTransactionSql = `select ${transactionText} as text
from transaction
where ledger = $1 and txid = $2`;

/** A transaction as finished JSON. Undefined when the ledger has no such transaction. */
export async function findTransaction(pool: Pool, ledger: number, txid: number): Promise<string | undefined> {
  const { rows } = await pool.query<{ text: string }>({
    name: 'find-transaction',
    text: findTransactionSql,
    values: [ledger, txid],
  });
  return rows[0]?.text;
}
