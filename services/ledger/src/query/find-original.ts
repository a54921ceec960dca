import type { Pool } from '@daybook/postgres';

/** One row by primary key. */
export const findOriginalSql = `select postings, coalesce(reference, '') as reference
from transaction
where ledger = $1 and txid = $2`;

/** What never changes of a transaction that is to be reverted. */
export interface OriginalRow {
  /** Finished JSON. */
  readonly postings: string;
  /** Empty where there is none. */
  readonly reference: string;
}

/** Undefined when the ledger has no such transaction. */
export async function findOriginal(pool: Pool, ledger: number, txid: number): Promise<OriginalRow | undefined> {
  const { rows } = await pool.query<OriginalRow>({
    name: 'find-original',
    text: findOriginalSql,
    values: [ledger, txid],
  });
  return rows[0];
}
