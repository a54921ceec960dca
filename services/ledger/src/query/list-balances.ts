import type { Pool } from '@daybook/postgres';
import { addressParameters, matchesAddress } from './account-filter.ts';
import type { AddressFilter } from './address-filter.ts';
import { boundedPage, type PageRow } from './bounded-page.ts';
import { latestVolumes } from './latest-volumes.ts';
import type { AddressSlice } from './list-accounts.ts';

/** Of which accounts balances are asked for: those that match, or those that are named. */
export type BalanceSelection = AddressFilter | readonly string[] | undefined;

/** The primary key of `account` read backwards, and of each account its last volumes. One that only has metadata is left out. */
export const listBalancesSql = boundedPage(
  `select address, balances
  from account
  cross join lateral (
    ${latestVolumes}
    select json_object_agg(asset, input - output order by asset)::text as balances from latest
  ) as held
  where ${matchesAddress} and ($5::text[] is null or address = any($5)) and ($6::text is null or address < $6)
    and balances is not null
  order by address desc
  offset $7
  limit $8`,
  { columns: 'address, balances', key: 'address', texts: ['address', 'balances'] },
);

export interface ListedBalances extends PageRow {
  readonly address: string;
  /** Finished JSON: a number by asset. */
  readonly balances: string;
}

/** The balances of a ledger's accounts, from the greatest address down. */
export async function listBalances(
  pool: Pool,
  ledger: number,
  { selection, slice }: { readonly selection: BalanceSelection; readonly slice: AddressSlice },
): Promise<readonly ListedBalances[]> {
  const [filter, addresses] = isList(selection) ? [undefined, selection] : [selection, null];
  const { below, offset, limit } = slice;
  const values = [...addressParameters(ledger, filter), addresses, below ?? null, offset, limit];
  return (await pool.query<ListedBalances>(listBalancesSql, values)).rows;
}

function isList(selection: BalanceSelection): selection is readonly string[] {
  return Array.isArray(selection);
}
