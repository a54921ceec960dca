import { writeExpandedTransaction } from '@daybook/events';
import type { Pool } from '@daybook/postgres';
import { countTransactions } from '../query/count-transactions.ts';
import { findTransactionByReference } from '../query/find-transaction-by-reference.ts';
import { listTransactions, type ListedTransaction } from '../query/list-transactions.ts';
import { encodeCursor, type TransactionListParameters } from './transaction-list-parameters.ts';

/** Of a page's transactions: 1,000 that take 900 kB each are more than a string can hold, and than a process should. */
const pageBytesMax = 16 * 1_048_576;

/**
 * One page of transactions, newest first, as finished JSON. It begins below `after`; like v1's, its link to the previous
 * page counts txids, which under a filter can show some rows twice. It is shorter than asked where its rows are large.
 *
 * @param ledger undefined for a ledger that does not exist, which answers as an empty one
 */
export async function transactionPage(
  pool: Pool,
  ledger: number | undefined,
  parameters: TransactionListParameters,
): Promise<string> {
  const { after, pageSize } = parameters;
  const found = ledger === undefined ? [] : await read(pool, ledger, parameters);
  // The row of `after` itself only tells that there are newer ones.
  const hasPrevious = after > 0 && found[0]?.txid === after;
  const rows = hasPrevious ? found.slice(1) : found;
  const page = rows.slice(0, pageSize);
  const last = page.at(-1);
  const hasMore = last?.hasNext === true;
  const fields = [
    `"pageSize":${pageSize}`,
    `"hasMore":${hasMore}`,
    ...(hasPrevious ? [`"previous":"${encodeCursor({ ...parameters, after: after + pageSize })}"`] : []),
    ...(hasMore ? [`"next":"${encodeCursor({ ...parameters, after: last.txid })}"`] : []),
    `"data":[${page.map(writeExpandedTransaction).join(',')}]`,
    `"page_size":${pageSize}`,
    `"has_more":${hasMore}`,
  ];
  return `{"cursor":{${fields.join(',')}}}`;
}

/** How many transactions there are on all pages together. */
export async function countOf(
  pool: Pool,
  ledger: number | undefined,
  { reference }: TransactionListParameters,
): Promise<number> {
  if (ledger === undefined) return 0;
  if (reference === undefined) return await countTransactions(pool, ledger);
  return (await findTransactionByReference(pool, ledger, reference)) === undefined ? 0 : 1;
}

async function read(
  pool: Pool,
  ledger: number,
  { after, pageSize, reference }: TransactionListParameters,
): Promise<readonly ListedTransaction[]> {
  const txidMax = after === 0 ? Number.MAX_SAFE_INTEGER : after;
  if (reference === undefined) {
    return await listTransactions(pool, ledger, { txidMax, limit: pageSize + 2, bytesMax: pageBytesMax });
  }
  const found = await findTransactionByReference(pool, ledger, reference);
  return found === undefined || found.txid > txidMax ? [] : [{ ...found, hasNext: false }];
}
