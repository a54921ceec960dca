import type { Pool } from '@daybook/postgres';

/** An account's volumes of one asset. Amounts are decimal text. */
interface AssetVolumes {
  readonly asset: string;
  readonly input: string;
  readonly output: string;
  readonly balance: string;
}

export interface AccountRow {
  /** Finished JSON. */
  readonly metadata: string;
  readonly volumes: readonly AssetVolumes[];
}

/**
 * Walks the primary key of `move` backwards, one step per asset: the last row of an asset holds its volumes, and the next
 * asset is the last row below it. However many moves an account has, it costs as many index descents as it has assets.
 * One statement, so volumes and metadata are of one moment.
 */
export const findAccountSql = `with recursive latest as (
  (
    select asset, input, output
    from move
    where ledger = $1 and account = $2
    order by asset desc, txid desc
    limit 1
  )
  union all
  select next.asset, next.input, next.output
  from latest
  cross join lateral (
    select asset, input, output
    from move
    where ledger = $1 and account = $2 and asset < latest.asset
    order by asset desc, txid desc
    limit 1
  ) as next
)
select
  (select metadata from account where ledger = $1 and address = $2) as metadata,
  latest.asset,
  latest.input,
  latest.output,
  latest.input - latest.output as balance
from (select) as always
left join latest on true
order by latest.asset collate "C"`;

/** One row without an asset where the account was never touched. */
interface JoinedRow {
  readonly metadata: string | null;
  readonly asset: string | null;
  readonly input: string;
  readonly output: string;
  readonly balance: string;
}

/** An account that was never touched has no volumes and the metadata `{}`, as in v1. Assets come in byte order. */
export async function findAccount(pool: Pool, ledger: number, address: string): Promise<AccountRow> {
  const { rows } = await pool.query<JoinedRow>({
    name: 'find-account',
    text: findAccountSql,
    values: [ledger, address],
  });
  return {
    metadata: rows[0]?.metadata ?? '{}',
    volumes: rows.flatMap(({ asset, input, output, balance }) =>
      asset === null ? [] : [{ asset, input, output, balance }],
    ),
  };
}
