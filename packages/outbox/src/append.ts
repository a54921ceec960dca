import type { PoolClient, Statement } from '@daybook/postgres';
import type { EventType } from '@daybook/events';

/** The end of a lane: where the next row goes. */
export interface LaneHead {
  /** 0 before the lane's first row. */
  readonly seq: number;
  /** Undefined where no row is left: the lane is new, or retention dropped its last rows. */
  readonly eventId: string | undefined;
  /** RFC 3339 in UTC with nine fractional digits. */
  readonly at: string | undefined;
}

/** A lane's head under its lock, and the moment that its next rows carry. */
export interface LockedLane {
  readonly head: LaneHead;
  /** greatest(the database's clock, the `at` of the head or the floor), in the same form: within a lane it grows with the sequence. */
  readonly now: string;
}

/** An event on its way into the outbox. */
export interface OutboxRow {
  readonly eventId: string;
  readonly type: EventType;
  readonly ledger: string;
  readonly eventSequence: number;
  /** Further headers of its record, as a JSON object; null where there are none. */
  readonly headers: string | null;
  readonly body: string;
}

const lockLaneSql = 'select floor_seq from lane where id = $1 for no key update';

// One backward step in the primary key's index of each partition that the bound on `at` leaves, and the lane's row.
const laneHeadSql = `
select h.seq, h.event_id, to_char(h.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"000Z"') as at,
  to_char(greatest(clock_timestamp(), h.at, l.floor_at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"000Z"') as now
from lane l
left join lateral (
  select seq, event_id, at from outbox where lane = l.id and at >= $2::timestamptz order by seq desc limit 1
) h on true
where l.id = $1`;

const appendOutboxSql = `
insert into outbox (lane, seq, at, event_id, type, ledger, event_sequence, key, headers, body)
select $1, $2 + r.n, $3::timestamptz, r.event_id, r.type, r.ledger, r.event_sequence, r.ledger, r.headers, r.body
from unnest($4::uuid[], $5::text[], $6::text[], $7::bigint[], $8::json[], $9::text[])
  with ordinality as r (event_id, type, ledger, event_sequence, headers, body, n)`;

/**
 * Locks a lane until the transaction ends and reads its head. The lock is a statement of its own: one that waits for a
 * lock still sees the other tables as they were before it waited. Both are sent at once on a pipelined client.
 *
 * @param knownHead the head that the caller expects; rows older than its `at` are looked at only when there are no others.
 * @throws RangeError when there is no such lane.
 */
export async function lockLane(client: PoolClient, lane: number, knownHead: LaneHead | undefined): Promise<LockedLane> {
  const [lock, head] = await Promise.all([
    client.query<{ floor_seq: number }>({ name: 'lock-lane', text: lockLaneSql, values: [lane] }),
    client.query<{ seq: number | null; event_id: string | null; at: string | null; now: string }>({
      name: 'lane-head',
      text: laneHeadSql,
      values: [lane, knownHead?.at ?? '-infinity'],
    }),
  ]);
  const floor = lock.rows[0]?.floor_seq;
  const found = head.rows[0];
  if (floor === undefined || found === undefined) throw new RangeError(`lane ${lane} does not exist`);
  // Retention dropped what the caller remembers, or another server took over without it. The floor is no head before all
  // rows were looked at: sequences behind it may be taken, and then rows at them would never be published.
  if (found.seq === null && knownHead?.at !== undefined) return await lockLane(client, lane, undefined);
  return {
    head:
      found.seq === null
        ? { seq: floor, eventId: undefined, at: undefined }
        : { seq: found.seq, eventId: found.event_id ?? undefined, at: found.at ?? undefined },
    now: found.now,
  };
}

/**
 * The statement that appends rows behind a locked lane's head, with sequences head + 1 and on, all at `lane.now`. The Kafka key is the
 * ledger's name.
 */
export function appendToOutbox(lane: number, behind: LockedLane, rows: readonly OutboxRow[]): Statement {
  return {
    name: 'append-outbox',
    text: appendOutboxSql,
    values: [
      lane,
      behind.head.seq,
      behind.now,
      rows.map((row) => row.eventId),
      rows.map((row) => row.type),
      rows.map((row) => row.ledger),
      rows.map((row) => row.eventSequence),
      rows.map((row) => row.headers),
      rows.map((row) => row.body),
    ],
    rows: rows.length,
  };
}
