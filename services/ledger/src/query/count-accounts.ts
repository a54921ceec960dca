import type { Pool } from '@daybook/postgres';
import { accountParameters, matchesAddress, matchesMetadata, type AccountFilter } from './account-filter.ts';

/** Scans the primary key's part of the ledger, since accounts have no numbers of their own. */
export const countAccountsSql = `select count(*) as count
from account
where ledger = $1`;

/** Looks at every account within the range of the primary key that a pattern begins with. */
export const countMatchingAccountsSql = `select count(*) as count
from account
where ${matchesAddress} and ${matchesMetadata}`;

/** How many accounts a ledger has, or how many of them match. */
export async function countAccounts(
  pool: Pool,
  ledger: number,
  filter?: Pick<AccountFilter, 'address' | 'metadata'>,
): Promise<number> {
  const isOpen = filter === undefined || (filter.address === undefined && filter.metadata.length === 0);
  const { rows } = isOpen
    ? await pool.query<{ count: number }>({ name: 'count-accounts', text: countAccountsSql, values: [ledger] })
    : await pool.query<{ count: number }>(
        countMatchingAccountsSql,
        accountParameters(ledger, { ...filter, balance: undefined }).slice(0, 6),
      );
  return rows[0]?.count ?? 0;
}
