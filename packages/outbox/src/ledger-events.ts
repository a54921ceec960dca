import type { Snapshot } from '@daybook/postgres';

/** A row of the outbox as one of its ledger's events. */
export interface LedgerEvent {
  readonly seq: number;
  /** As PostgreSQL writes it in UTC, with microseconds. */
  readonly at: string;
  readonly type: string;
  readonly eventSequence: number;
  readonly key: string;
}

// A forward scan of the lane in the primary key of each partition that `at` leaves; rows of the lane's other ledgers are read and left out,
// since the outbox has no index by ledger.
const ledgerEventsSql = `
select seq, at, type, event_sequence as "eventSequence", key
from outbox
where lane = $1 and ledger = $2 and seq > $3 and at >= $4::timestamptz
order by seq
limit $5`;

/** The next rows of a ledger in its lane, by seq; from the beginning without `after`. */
export async function readLedgerEvents(
  database: Snapshot,
  ledger: { readonly lane: number; readonly name: string },
  options: { readonly after: Pick<LedgerEvent, 'seq' | 'at'> | undefined; readonly limit: number },
): Promise<readonly LedgerEvent[]> {
  const { after, limit } = options;
  const values = [ledger.lane, ledger.name, after?.seq ?? 0, after?.at ?? '-infinity', limit];
  return (await database.query<LedgerEvent>(ledgerEventsSql, values)).rows;
}

// Materialised, or the limit would have the planner walk every lane's index instead of reading the table once.
const strayEventSql = `
with stray as materialized (
  select lane, seq, event_sequence as "eventSequence" from outbox where ledger = $1 and lane <> $2
)
select * from stray order by lane, seq limit 1`;

/** The first row that names the ledger in another lane than its own. Reads the whole outbox. */
export async function findStrayEvent(
  database: Snapshot,
  ledger: { readonly lane: number; readonly name: string },
): Promise<{ readonly lane: number; readonly seq: number; readonly eventSequence: number } | undefined> {
  type Stray = { readonly lane: number; readonly seq: number; readonly eventSequence: number };
  return (await database.query<Stray>(strayEventSql, [ledger.name, ledger.lane])).rows[0];
}
