import type { Snapshot } from '@daybook/postgres';

/** What is known of a ledger before its rows are walked. */
export interface LedgerFacts {
  readonly id: number;
  readonly name: string;
  readonly lane: number;
  /** Milliseconds since 1970, by the database's clock: when the ledger was made, which is no later than its first event. One that a read made can be older. */
  readonly createdAtMs: number;
  readonly nowMs: number;
  /** Of the log's last row; -1 where there is none. */
  readonly lastLogId: number;
  /** Of the last event that a log row or a mapping tells of. */
  readonly lastEventSequence: number;
}

// Two index steps: the ends of log and mapping.
const readLedgerFactsSql = `
select l.id, l.name, l.lane,
  extract(epoch from l.created_at)::float8 * 1000 as "createdAtMs", extract(epoch from clock_timestamp())::float8 * 1000 as "nowMs",
  coalesce(g.id, -1) as "lastLogId", greatest(g.last_event_sequence, m.event_sequence, 0) as "lastEventSequence"
from ledger l
left join lateral (select id, last_event_sequence from log where ledger = l.id order by id desc limit 1) g on true
left join lateral (select event_sequence from mapping where ledger = l.id order by version desc limit 1) m on true
where l.name = $1`;

/** Undefined where there is no ledger of that name. */
export async function readLedgerFacts(snapshot: Snapshot, name: string): Promise<LedgerFacts | undefined> {
  return (await snapshot.query<LedgerFacts>(readLedgerFactsSql, [name])).rows[0];
}
