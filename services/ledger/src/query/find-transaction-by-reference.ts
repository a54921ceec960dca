import type { TransactionParts } from '@daybook/events';
import type { Pool } from '@daybook/postgres';
import { transactionColumns } from './transaction-columns.ts';

/** At most one row, by `transaction_reference_key`. */
export const findTransactionByReferenceSql = `select ${transactionColumns}
from transaction
where ledger = $1 and reference = $2`;

/** Undefined when no transaction of the ledger has this reference. */
export async function findTransactionByReference(
  pool: Pool,
  ledger: number,
  reference: string,
): Promise<TransactionParts | undefined> {
  const { rows } = await pool.query<TransactionParts>({
    name: 'find-transaction-by-reference',
    text: findTransactionByReferenceSql,
    values: [ledger, reference],
  });
  return rows[0];
}
