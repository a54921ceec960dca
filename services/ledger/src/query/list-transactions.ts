import type { Pool } from '@daybook/postgres';
import type { AddressFilter } from './address-filter.ts';
import { boundedPage, type PageRow } from './bounded-page.ts';
import { countTransactions } from './count-transactions.ts';
import { firstRows } from './first-rows.ts';
import { findTxidRange } from './find-txid-range.ts';
import { containedDocuments } from './metadata-filter.ts';
import { rarestSide, sides } from './named-side.ts';
import {
  filterParameters,
  isOpen,
  matchesFilter,
  type TransactionFilter,
  type TxidRange,
} from './transaction-filter.ts';
import { transactionText } from './transaction-text.ts';

const page = (rows: string) => boundedPage(rows, { key: 'txid', text: transactionText });

/** Part of the primary key read backwards: as many index steps as rows. */
export const listNewestSql = page(
  firstRows(`select * from transaction
  where ledger = (select $1::bigint) and txid <= (select $2::bigint)
  order by txid desc`),
);

/** A range of the primary key read backwards until enough rows match. */
export const listMatchingSql = page(`select * from transaction where ${matchesFilter} order by txid desc limit $12`);

/**
 * The newest matching rows of each of some accounts ($13) as source ($14) and as destination ($15), by the indexes of `move`, and of
 * these the newest.
 */
export const listOfAccountsSql = page(`select transaction.*
from (
  select distinct txid
  from unnest($13::text[]) as wanted (address)
  cross join lateral (
    (
      select distinct txid
      from move join transaction using (ledger, txid)
      where account = wanted.address and is_source and $14::boolean and ${matchesFilter}
      order by txid desc
      limit $12
    )
    union all
    (
      select distinct txid
      from move join transaction using (ledger, txid)
      where account = wanted.address and is_destination and $15::boolean and ${matchesFilter}
      order by txid desc
      limit $12
    )
  ) as of_account
  order by txid desc
  limit $12
) as newest
join transaction on transaction.ledger = $1 and transaction.txid = newest.txid
order by transaction.txid desc`);

/** The rows whose metadata contains one of two documents ($13, $14), by its index, sorted. */
export const listByMetadataSql = page(`select * from (
  select * from transaction
  where metadata <> '{}' and (metadata @> $13::jsonb or metadata @> $14::jsonb) and ${matchesFilter}
  -- Keeps the planner from walking the primary key instead: it knows nothing of how rare a document is.
  offset 0
) as found
order by txid desc
limit $12`);

/** The accounts of a ledger that match a pattern, up to a number. A pattern that begins with letters is a range of the primary key. */
export const listMatchingAddressesSql = `select address
from account
where ledger = $1 and address ~ $2
limit $3`;

/** How many of the newest rows are looked at one by one for a filter that is likely to match many. */
const windowRows = 2_000;

/** How many accounts are asked one by one for their transactions. */
const accountsMax = 200;

export interface TransactionListing {
  readonly filter: TransactionFilter;
  readonly txidMax: number;
  readonly limit: number;
}

/**
 * The newest transactions from `txidMax` down that match a filter.
 *
 * One account by name is read by the indexes of `move`, of several the one with the fewest. Other patterns and metadata are looked for among the newest rows first, where what is
 * frequent is found at once, and then by index, where what is rare is. What is neither (a pattern of many accounts, none of
 * which moved lately; a path into an array) is read row by row.
 */
export async function listTransactions(
  pool: Pool,
  ledger: number,
  { filter, txidMax, limit }: TransactionListing,
): Promise<readonly PageRow<number>[]> {
  if (isOpen(filter)) {
    const values = [ledger, txidMax, limit];
    return (await pool.query<PageRow<number>>({ name: 'list-newest', text: listNewestSql, values })).rows;
  }
  const within = await findTxidRange(pool, ledger, filter);
  const range = { min: within.min, max: Math.min(within.max, txidMax) };
  const query = async (text: string, rows: TxidRange, ...values: readonly unknown[]) =>
    (await pool.query<PageRow<number>>(text, [...filterParameters(ledger, filter, rows), limit, ...values])).rows;
  if (filter.reference !== undefined) return await query(listMatchingSql, range);
  const [metadata] = filter.metadata;
  const documents = metadata === undefined ? undefined : containedDocuments(metadata);
  const named = await rarestSide(pool, ledger, { filter, asks: documents !== undefined });
  // What a busy account does with metadata is rather looked for by the metadata.
  if (named !== undefined && !(named.isBusy && documents !== undefined)) {
    return await query(listOfAccountsSql, range, [named.address], named.isSource, named.isDestination);
  }
  const patterned = sides.find((side) => filter[side] !== undefined);
  const pattern = patterned === undefined ? undefined : filter[patterned];
  if (pattern === undefined && metadata === undefined) return await query(listMatchingSql, range);

  const newest = Math.min(range.max, (await countTransactions(pool, ledger)) - 1);
  const window = { min: Math.max(range.min, newest - windowRows + 1), max: range.max };
  const found = await query(listMatchingSql, window);
  if (found.length >= limit || window.min === range.min) return found;
  if (documents !== undefined) return await query(listByMetadataSql, range, ...documents);
  if (pattern !== undefined) {
    const addresses = await matchingAddresses(pool, ledger, pattern);
    if (addresses.length <= accountsMax) {
      return await query(listOfAccountsSql, range, addresses, patterned !== 'destination', patterned !== 'source');
    }
  }
  return await query(listMatchingSql, range);
}

async function matchingAddresses(pool: Pool, ledger: number, { pattern }: AddressFilter): Promise<readonly string[]> {
  const { rows } = await pool.query<{ address: string }>(listMatchingAddressesSql, [ledger, pattern, accountsMax + 1]);
  return rows.map(({ address }) => address);
}
