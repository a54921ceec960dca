import type { TransactionParts } from '@daybook/events';
import type { Pool } from '@daybook/postgres';
import { transactionColumns } from './transaction-columns.ts';

/**
 * Part of the primary key read backwards: as many index steps as rows. Rows are given as long as those before them have at
 * most $4 bytes, and two at least: a page shows one behind the row that it begins below.
 */
export const listTransactionsSql = `select ${transactionColumns}, "hasNext"
from (
  select
    *,
    lead(txid) over newest is not null as "hasNext",
    row_number() over newest as place,
    sum(octet_length(postings::text) + octet_length(metadata::text)
      + octet_length(pre_commit_volumes::text) + octet_length(post_commit_volumes::text))
      over (newest rows between unbounded preceding and 1 preceding) as bytes_before
  from (
    select *
    from transaction
    where ledger = $1 and txid <= $2
    order by txid desc
    limit $3
  ) as last
  window newest as (order by txid desc)
) as sized
where place <= 2 or bytes_before <= $4
order by txid desc`;

export interface ListedTransaction extends TransactionParts {
  /** Whether there is an older one among the first `limit`. */
  readonly hasNext: boolean;
}

/** The newest transactions from `txidMax` down. */
export async function listTransactions(
  pool: Pool,
  ledger: number,
  { txidMax, limit, bytesMax }: { readonly txidMax: number; readonly limit: number; readonly bytesMax: number },
): Promise<readonly ListedTransaction[]> {
  const { rows } = await pool.query<ListedTransaction>({
    name: 'list-transactions',
    text: listTransactionsSql,
    values: [ledger, txidMax, limit, bytesMax],
  });
  return rows;
}
