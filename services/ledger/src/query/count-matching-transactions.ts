import type { Pool } from '@daybook/postgres';
import { countTransactions } from './count-transactions.ts';
import { findTxidRange } from './find-txid-range.ts';
import { rarestSide } from './named-side.ts';
import { filterParameters, isOpen, matchesFilter, type TransactionFilter } from './transaction-filter.ts';

/** Looks at every transaction within the filter's times. */
export const countMatchingTransactionsSql = `select count(*) as count from transaction where ${matchesFilter}`;

/** Looks at every transaction of an account ($12) as source ($13) and as destination ($14). */
export const countTransactionsOfAccountSql = `select count(*) as count
from (
  select txid from move where ledger = $1 and account = $12 and is_source and $13::boolean
  union
  select txid from move where ledger = $1 and account = $12 and is_destination and $14::boolean
) as touched
join transaction using (txid)
where ${matchesFilter}`;

/** How many transactions of a ledger match a filter. */
export async function countMatchingTransactions(
  pool: Pool,
  ledger: number,
  filter: TransactionFilter,
): Promise<number> {
  if (isOpen(filter)) return await countTransactions(pool, ledger);
  const values = filterParameters(ledger, filter, await findTxidRange(pool, ledger, filter));
  const count = async (text: string, ...more: readonly unknown[]) =>
    (await pool.query<{ count: number }>(text, [...values, ...more])).rows[0]?.count ?? 0;
  if (filter.reference !== undefined) return await count(countMatchingTransactionsSql);
  const named = await rarestSide(pool, ledger, { filter, asks: false });
  if (named === undefined) return await count(countMatchingTransactionsSql);
  return await count(countTransactionsOfAccountSql, named.address, named.isSource, named.isDestination);
}
