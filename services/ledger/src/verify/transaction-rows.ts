import type { Snapshot } from '@daybook/postgres';

/** A transaction by what the log says of its metadata, both finished JSON. */
export interface TransactionKey {
  readonly txid: number;
  /** As it was created. */
  readonly metadata: string;
  /** What was saved on it since then, the last value of each key. */
  readonly patch: string;
}

/** A row as it is stored; undefined columns are those of a row that is missing. */
export interface StoredTransaction {
  /** With microseconds, in the form of `Instant`. */
  readonly timestamp: string;
  /** Empty where there is none. */
  readonly reference: string;
  readonly postings: string;
  readonly preCommitVolumes: string;
  readonly postCommitVolumes: string;
  /** Whether it is said to lie before the one that was committed before it. */
  readonly isPast: boolean;
  /** Stored metadata and what it should be, where the two differ; PostgreSQL compares them, so that numbers and orders of keys count as it stores them. */
  readonly metadata: { readonly found: string; readonly expected: string } | undefined;
}

// One index step for each key.
const readTransactionsSql = `
select t.txid is not null as "isThere",
  to_char(t.timestamp at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"000Z"') as timestamp, coalesce(t.reference, '') as reference,
  t.postings, t.pre_commit_volumes as "preCommitVolumes", t.post_commit_volumes as "postCommitVolumes",
  t.is_past as "isPast",
  case when t.metadata <> k.metadata || k.patch then t.metadata end as "foundMetadata",
  case when t.metadata <> k.metadata || k.patch then k.metadata || k.patch end as "expectedMetadata"
from unnest($2::bigint[], $3::jsonb[], $4::jsonb[]) with ordinality as k (txid, metadata, patch, n)
left join lateral (select * from transaction where ledger = $1 and txid = k.txid limit 1) t on true
order by k.n`;

type TransactionRow = Omit<StoredTransaction, 'metadata'> & {
  readonly isThere: boolean;
  readonly foundMetadata: string | null;
  readonly expectedMetadata: string | null;
};

/** The rows of transactions, in the order of the keys. */
export async function readTransactions(
  snapshot: Snapshot,
  ledger: number,
  keys: readonly TransactionKey[],
): Promise<readonly (StoredTransaction | undefined)[]> {
  const { rows } = await snapshot.query<TransactionRow>(readTransactionsSql, [
    ledger,
    keys.map(({ txid }) => txid),
    keys.map(({ metadata }) => metadata),
    keys.map(({ patch }) => patch),
  ]);
  return rows.map(({ isThere, foundMetadata, expectedMetadata, ...row }) => {
    if (!isThere) return undefined;
    const differs = foundMetadata !== null && expectedMetadata !== null;
    return { ...row, metadata: differs ? { found: foundMetadata, expected: expectedMetadata } : undefined };
  });
}

const findFurtherTransactionSql = `select txid from transaction where ledger = $1 and txid >= $2 order by txid limit 1`;

/** The first transaction from a txid on. */
export async function findFurtherTransaction(
  snapshot: Snapshot,
  ledger: number,
  from: number,
): Promise<number | undefined> {
  return (await snapshot.query<{ txid: number }>(findFurtherTransactionSql, [ledger, from])).rows[0]?.txid;
}
