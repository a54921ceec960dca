import type { Snapshot } from '@daybook/postgres';

/** What was saved on a transaction after it was created, the last value of each key: finished JSON. */
export interface TransactionPatch {
  readonly txid: number;
  readonly metadata: string;
}

// A cursor, since patches are in the order of the log and transactions are walked by txid: PostgreSQL sorts once, on disk where memory does
// not do, and hands over a little at a time.
const openPatchesSql = `
declare transaction_patch no scroll cursor for
with latest as (
  select distinct on (txid, key) txid, key, value
  from (
    select id, (data ->> 'targetId')::bigint as txid, (data -> 'metadata')::jsonb as metadata
    from log where ledger = $1 and type = 'SET_METADATA' and data ->> 'targetType' = 'TRANSACTION'
  ) patch
  cross join lateral jsonb_each(metadata)
  order by txid, key, id desc
)
select txid, jsonb_object_agg(key, value) as metadata from latest group by txid order by txid`;

/** Begins to read the patches of a ledger, once for each snapshot. Its log must have been verified: casts rely on its form. */
export async function openTransactionPatches(snapshot: Snapshot, ledger: number): Promise<void> {
  await snapshot.query(openPatchesSql, [ledger]);
}

/** The next patches, by txid. */
export async function fetchTransactionPatches(snapshot: Snapshot): Promise<readonly TransactionPatch[]> {
  return (await snapshot.query<TransactionPatch>('fetch forward 100 from transaction_patch')).rows;
}
