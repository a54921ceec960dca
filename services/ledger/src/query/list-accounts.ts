import type { Pool } from '@daybook/postgres';
import {
  accountParameters,
  matchesAddress,
  matchesBalance,
  matchesMetadata,
  type AccountFilter,
} from './account-filter.ts';
import { boundedPage, type PageRow } from './bounded-page.ts';
import { firstRows } from './first-rows.ts';
import { containedDocuments } from './metadata-filter.ts';

const page = (rows: string) =>
  boundedPage(rows, {
    key: 'address',
    text: `concat('{"address":', to_json(address), ',"metadata":', metadata, '}')`,
  });

/** Part of the primary key read backwards. For a place that is counted off, the one below is used, which is planned for it. */
export const listAllAccountsSql = page(
  firstRows(`select address, metadata
  from account
  where ledger = (select $1::bigint) and address < (select $2::text)
  order by address desc`),
);

const matches = `${matchesAddress} and ${matchesMetadata} and ${matchesBalance}`;

/** The primary key read backwards, from `below` ($10) to `down to` ($11), until enough accounts match. */
export const listMatchingAccountsSql = page(`select address, metadata
  from account
  where address < $10 and address >= $11 and ${matches}
  order by address desc
  offset $12
  limit $13`);

/** The accounts whose metadata contains one of two documents ($13, $14), by its index, sorted. */
export const listAccountsByMetadataSql = page(`select * from (
    select address, metadata
    from account
    where metadata <> '{}' and (metadata @> $13::jsonb or metadata @> $14::jsonb) and address < $10 and ${matches}
    -- Keeps the planner from walking the primary key instead: it knows nothing of how rare a document is.
    offset 0
  ) as found
  order by address desc
  offset $11
  limit $12`);

/** The address that ends a window of the first accounts below another. */
export const endOfWindowSql = `select address
from account
where ledger = $1 and address < $2
order by address desc
offset $3
limit 1`;

/** How many accounts are looked at one by one for metadata that may be frequent. */
const windowRows = 2_000;

/** Part of a list in descending order of address. */
export interface AddressSlice {
  /** Only addresses before this one, in byte order. */
  readonly below: string | undefined;
  /** How many matching ones are passed over. */
  readonly offset: number;
  readonly limit: number;
}

/** Behind every address: those are letters, digits, `_` and `:`. */
export const beyondAddresses = '~';

/**
 * The accounts of a ledger that match a filter, from the greatest address down. A pattern that begins with letters is a range of the
 * primary key; metadata is looked for among the first accounts and then by its index; others are read one by one.
 */
export async function listAccounts(
  pool: Pool,
  ledger: number,
  { filter, slice }: { readonly filter: AccountFilter; readonly slice: AddressSlice },
): Promise<readonly PageRow<string>[]> {
  const { below = beyondAddresses, offset, limit } = slice;
  const [metadata] = filter.metadata;
  if (filter.address === undefined && metadata === undefined && filter.balance === undefined && offset === 0) {
    const values = [ledger, below, limit];
    return (await pool.query<PageRow<string>>({ name: 'list-all-accounts', text: listAllAccountsSql, values })).rows;
  }
  const parameters = accountParameters(ledger, filter);
  const walk = async (downTo: string) => {
    const values = [...parameters, below, downTo, offset, limit];
    return (await pool.query<PageRow<string>>(listMatchingAccountsSql, values)).rows;
  };
  const documents = metadata === undefined ? undefined : containedDocuments(metadata);
  if (documents === undefined) return await walk('');

  const end = await pool.query<{ address: string }>({
    name: 'end-of-window',
    text: endOfWindowSql,
    values: [ledger, below, windowRows - 1],
  });
  const downTo = end.rows[0]?.address ?? '';
  const found = await walk(downTo);
  if (found.length >= limit || downTo === '') return found;
  const values = [...parameters, below, offset, limit, ...documents];
  return (await pool.query<PageRow<string>>(listAccountsByMetadataSql, values)).rows;
}
