import type { Pool } from '@daybook/postgres';
import { addressParameters, matchesAddress } from './account-filter.ts';
import type { AddressFilter } from './address-filter.ts';
import { latestVolumes } from './latest-volumes.ts';

/** Reads the last volumes of every account that matches. */
export const aggregateBalancesSql = `select coalesce(json_object_agg(asset, balance order by asset), '{}') as balances
from (
  select asset, sum(input - output) as balance
  from account
  cross join lateral (
    ${latestVolumes}
    select asset, input, output from latest
  ) as held
  where ${matchesAddress}
  group by asset
) as summed`;

/** The sum of balances by asset over the accounts that match, as finished JSON. Over all accounts each is 0. */
export async function aggregateBalances(
  pool: Pool,
  ledger: number,
  filter: AddressFilter | undefined,
): Promise<string> {
  const { rows } = await pool.query<{ balances: string }>(aggregateBalancesSql, addressParameters(ledger, filter));
  return rows[0]?.balances ?? '{}';
}
