import type { Pool } from '@daybook/postgres';
import { latestVolumes } from './latest-volumes.ts';

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

/** One statement, so volumes and metadata are of one moment. */
export const findAccountSql = `select
  (select metadata from account where ledger = $1 and address = $2) as metadata,
  held.asset,
  held.input,
  held.output,
  held.input - held.output as balance
from (select $1::bigint as ledger, $2::text collate "C" as address) as account
left join lateral (
  ${latestVolumes}
  select asset, input, output from latest
) as held on true
order by held.asset`;

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
