import type { Pool } from '@daybook/postgres';
import { addressParameters, matchesAddress } from './account-filter.ts';
import type { AddressFilter } from './address-filter.ts';
import { boundedPage, type PageRow } from './bounded-page.ts';
import { firstRows } from './first-rows.ts';
import { latestVolumes } from './latest-volumes.ts';
import { beyondAddresses, type AddressSlice } from './list-accounts.ts';

/** Of which accounts balances are asked for: those that match, or those that are named. */
export type BalanceSelection = AddressFilter | readonly string[] | undefined;

const page = (rows: string) =>
  boundedPage(rows, { key: 'address', text: `concat('{', to_json(address), ':', balances, '}')` });

/** Accounts with the last volumes of each. One that only has metadata is left out. */
const accountsHeld = `select address, balances
  from account
  cross join lateral (
    ${latestVolumes}
    select json_object_agg(asset, input - output order by asset)::text as balances from latest
  ) as held
  where balances is not null`;

/** Part of the primary key of `account` read backwards. */
export const listAllBalancesSql = page(
  firstRows(`${accountsHeld} and ledger = (select $1::bigint) and address < (select $2::text)
  order by address desc`),
);

/** The primary key of `account` read backwards, until enough accounts match or are named ($5). */
export const listMatchingBalancesSql = page(`${accountsHeld}
    and ${matchesAddress} and ($5::text[] is null or address = any($5)) and address < $6
  order by address desc
  offset $7
  limit $8`);

/** The balances of a ledger's accounts, from the greatest address down. */
export async function listBalances(
  pool: Pool,
  ledger: number,
  { selection, slice }: { readonly selection: BalanceSelection; readonly slice: AddressSlice },
): Promise<readonly PageRow<string>[]> {
  const { below = beyondAddresses, offset, limit } = slice;
  if (selection === undefined && offset === 0) {
    const values = [ledger, below, limit];
    return (await pool.query<PageRow<string>>({ name: 'list-all-balances', text: listAllBalancesSql, values })).rows;
  }
  const [filter, addresses] = isList(selection) ? [undefined, selection] : [selection, null];
  const values = [...addressParameters(ledger, filter), addresses, below, offset, limit];
  return (await pool.query<PageRow<string>>(listMatchingBalancesSql, values)).rows;
}

function isList(selection: BalanceSelection): selection is readonly string[] {
  return Array.isArray(selection);
}
