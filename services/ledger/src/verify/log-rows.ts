import type { Snapshot } from '@daybook/postgres';

/** A row of the log as it is stored. */
export interface StoredLog {
  readonly id: number;
  readonly type: string;
  readonly data: string;
  readonly hash: string;
  readonly date: string;
  readonly nextTxid: number;
  readonly lastEventSequence: number;
  readonly eventCount: number;
}

/** How much is read at a time. */
export interface PageLimits {
  readonly rows: number;
  /** Of log data; reading stops behind the row that reaches it, so one row always comes. */
  readonly bytes: number;
}

/** A thousand transactions of ordinary size; one that has megabytes comes with few others. */
export const pageLimits: PageLimits = { rows: 1_000, bytes: 2_097_152 };

// A forward range scan of the primary key, stopped by the limit.
const readLogSql = `
select id, type, data, hash, date, next_txid as "nextTxid", last_event_sequence as "lastEventSequence", event_count as "eventCount"
from (
  select *, coalesce(sum(octet_length(data::text)) over (order by id rows between unbounded preceding and 1 preceding), 0) as bytes_before
  from (select * from log where ledger = $1 and id > $2 order by id limit $3) page
) row
where bytes_before < $4
order by id`;

/** The next rows of a ledger's log behind the id `after`. */
export async function readLog(
  snapshot: Snapshot,
  ledger: number,
  { after, limits }: { readonly after: number; readonly limits: PageLimits },
): Promise<readonly StoredLog[]> {
  return (await snapshot.query<StoredLog>(readLogSql, [ledger, after, limits.rows, limits.bytes])).rows;
}
