import type { Snapshot } from '@daybook/postgres';

// One index step for each address.
const findMissingAccountsSql = `
select k.address
from unnest($2::text[]) k (address)
where not exists (select from account where ledger = $1 and account.address = k.address)`;

/** Which of the addresses have no row. */
export async function findMissingAccounts(
  snapshot: Snapshot,
  ledger: number,
  addresses: readonly string[],
): Promise<ReadonlySet<string>> {
  const { rows } = await snapshot.query<{ address: string }>(findMissingAccountsSql, [ledger, addresses]);
  return new Set(rows.map(({ address }) => address));
}

const countAccountRowsSql = `select count(*) as accounts from account where ledger = $1`;

export async function countAccountRows(snapshot: Snapshot, ledger: number): Promise<number> {
  return (await snapshot.query<{ accounts: number }>(countAccountRowsSql, [ledger])).rows[0]?.accounts ?? 0;
}

// PostgreSQL sorts the patches, on disk where memory does not do, and joins the accounts to them.
const findWrongAccountSql = `
with latest as (
  select distinct on (address, key) address, key, value
  from (
    select id, (data ->> 'targetId') collate "C" as address, (data -> 'metadata')::jsonb as metadata
    from log where ledger = $1 and type = 'SET_METADATA' and data ->> 'targetType' = 'ACCOUNT'
  ) patch
  left join lateral jsonb_each(metadata) on true
  order by address, key, id desc
), fold as (
  select address, coalesce(jsonb_object_agg(key, value) filter (where key is not null), '{}') as metadata
  from latest group by address
)
select a.address, a.metadata as found, coalesce(f.metadata, '{}') as expected,
  f.address is not null or exists (select from move m where m.ledger = $1 and m.account = a.address) as "isExplained"
from (select address, metadata from account where ledger = $1) a
left join fold f on f.address = a.address
where a.metadata <> coalesce(f.metadata, '{}')
  or (f.address is null and not exists (select from move m where m.ledger = $1 and m.account = a.address))
order by a.address
limit 1`;

export interface WrongAccount {
  readonly address: string;
  readonly found: string;
  /** What was saved on it, the last value of each key. */
  readonly expected: string;
  /** False where neither a move nor a row of the log names it. */
  readonly isExplained: boolean;
}

/** The first account whose metadata is not what the log adds up to, or which nothing explains. The log must have been verified: casts rely on its form. */
export async function findWrongAccount(snapshot: Snapshot, ledger: number): Promise<WrongAccount | undefined> {
  return (await snapshot.query<WrongAccount>(findWrongAccountSql, [ledger])).rows[0];
}
