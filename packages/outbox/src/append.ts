import {
  bigintArray,
  smallintArray,
  textArray,
  timestamptzArray,
  uuidArray,
  type PoolClient,
  type Statement,
} from '@daybook/postgres';
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
  /** The database's clock alone, in the same form. */
  readonly clock: string;
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

// In the order of their ids, so that two batches never wait for each other in a ring. All are counted, since a LIMIT would end the locking
// with the first lane. The moment is read behind the locks.
const lockLanesSql = `
with locked as materialized (
  select id from lane where id = any($1::smallint[]) order by id for no key update
)
select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"000Z"') as now
from locked having count(*) = cardinality($1)`;

// For each lane one backward step in the primary key's index of each partition that the bound on `at` leaves, and the lane's row.
const laneHeadsSql = `
select l.floor_seq, h.seq, h.event_id, to_char(h.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"000Z"') as at,
  to_char(greatest(c.now, h.at, l.floor_at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"000Z"') as now,
  to_char(c.now at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"000Z"') as clock
from (select clock_timestamp() as now offset 0) c
cross join unnest($1::smallint[], $2::timestamptz[]) with ordinality as e (lane, at, place)
cross join lateral (select floor_seq, floor_at from lane where id = e.lane limit 1) l
left join lateral (
  select seq, event_id, at from outbox where lane = e.lane and at >= e.at order by seq desc limit 1
) h on true
order by e.place`;

interface LaneHeadRow {
  readonly floor_seq: number;
  readonly seq: number | null;
  readonly event_id: string | null;
  readonly at: string | null;
  readonly now: string;
  readonly clock: string;
}

/** Stands for the event of a lane that has none. */
const noEvent = '00000000-0000-0000-0000-000000000000';

// What a batch counts on, looked at once more by the statement that writes: the heads are those expected, and the lanes are locked by this
// very transaction (locking gave it an id; a statement whose BEGIN failed has none). The text of the error is what the server's log
// shows: a text is no integer.
const movedText = 'was written by another session: its batch is decided again';
const asExpectedSql = `
select bool_and(
  case when coalesce(h.seq, l.floor_seq) = e.seq and coalesce(h.event_id, '${noEvent}') = e.event_id
    and pg_current_xact_id_if_assigned() is not null
  then true else ('lane ' || e.lane || ' ${movedText}')::integer::boolean end
) as yes
from unnest($1::smallint[], $2::bigint[], $3::uuid[], $4::timestamptz[]) as e (lane, seq, event_id, at)
cross join lateral (select floor_seq from lane where id = e.lane limit 1) l
left join lateral (
  select seq, event_id from outbox where lane = e.lane and at >= e.at order by seq desc limit 1
) h on true`;

// Each part reads `as_expected` before its first row, so where that fails nothing was written.
const appendSql = (beside: string) => `
with as_expected as materialized (${asExpectedSql})${beside}
insert into outbox (lane, seq, at, event_id, type, ledger, event_sequence, key, headers, body)
select r.lane, r.seq, $5::timestamptz, r.event_id, r.type, r.ledger, r.event_sequence, r.ledger, r.headers, r.body
from as_expected, unnest($6::smallint[], $7::bigint[], $8::uuid[], $9::text[], $10::text[], $11::bigint[],
  $12::json[], $13::text[]) as r (lane, seq, event_id, type, ledger, event_sequence, headers, body)
where as_expected.yes`;

const appendOutboxSql = appendSql('');

/** A lane to be locked, with the head that the caller expects: rows older than its `at` are looked at only when there are no others. */
export interface KnownLane {
  readonly lane: number;
  readonly head: LaneHead | undefined;
}

/**
 * Locks lanes until the transaction ends and reads their heads, in the order given. The lock is a statement of its own: one that waits for a
 * lock still sees the other tables as they were before it waited. Both are sent at once on a pipelined client.
 *
 * @throws RangeError when there is no such lane.
 */
export async function lockLanes(client: PoolClient, lanes: readonly KnownLane[]): Promise<readonly LockedLane[]> {
  const ids = smallintArray(lanes.map(({ lane }) => lane));
  const [locked, heads] = await Promise.all([
    client.query({ name: 'lock-lanes', text: lockLanesSql, values: [ids] }),
    client.query<LaneHeadRow>({
      name: 'lane-heads',
      text: laneHeadsSql,
      values: [ids, timestamptzArray(lanes.map(({ head }) => head?.at ?? '-infinity'))],
    }),
  ]);
  if (locked.rows.length === 0)
    throw new RangeError(`lanes ${lanes.map(({ lane }) => lane).join(', ')} do not all exist`);
  // Retention dropped what the caller remembers, or another server took over without it. The floor is no head before all
  // rows were looked at: sequences behind it may be taken, and then rows at them would never be published.
  if (lanes.some(({ head }, index) => head?.at !== undefined && heads.rows[index]?.seq === null)) {
    return await lockLanes(
      client,
      lanes.map(({ lane }) => ({ lane, head: undefined })),
    );
  }
  return heads.rows.map(({ floor_seq: floor, seq, event_id: eventId, at, now, clock }) => ({
    head:
      seq === null
        ? { seq: floor, eventId: undefined, at: undefined }
        : { seq, eventId: eventId ?? undefined, at: at ?? undefined },
    now,
    clock,
  }));
}

/** As `lockLanes`, for one. */
export async function lockLane(client: PoolClient, lane: number, head: LaneHead | undefined): Promise<LockedLane> {
  const [locked] = await lockLanes(client, [{ lane, head }]);
  if (locked === undefined) throw new RangeError(`lane ${lane} does not exist`);
  return locked;
}

/** A locked lane, the head that a batch counts on, and what it appends behind it. */
export interface LaneRows {
  readonly lane: number;
  readonly head: LaneHead;
  readonly rows: readonly OutboxRow[];
}

/**
 * The statement that locks lanes until the transaction ends.
 *
 * @param clock is told what the database's clock showed under the locks, as soon as that is known
 */
export function lockOf(lanes: readonly number[], clock: (now: string) => void): Statement {
  return {
    name: 'lock-lanes',
    text: lockLanesSql,
    values: [smallintArray(lanes)],
    rows: 1,
    answered: ({ rows }) => clock(String(rows[0]?.['now'])),
  };
}

/** The statement that fails unless the heads of locked lanes are those given, for a batch that has nothing to append. */
export function headsAre(lanes: readonly Pick<LaneRows, 'lane' | 'head'>[]): Statement {
  return { name: 'heads-are', text: asExpectedSql, values: expectation(lanes), rows: 1 };
}

/** Whether a statement failed since the head of a lane was not the one that its batch counted on. */
export function isHeadMoved(error: unknown): boolean {
  return error instanceof Error && error.message.includes(movedText);
}

/** What is written together with rows of the outbox, in one statement: as many fewer for a batch to wait for. */
interface WrittenBeside {
  /**
   * Data-modifying parts of a WITH clause, with a comma in front of each. Their parameters begin at `$14`, and each takes its rows from
   * `as_expected` too, `where as_expected.yes`.
   */
  readonly text: string;
  readonly values: Statement['values'];
}

/**
 * The statement that appends rows behind the heads of locked lanes, with sequences head + 1 and on, all at `now`. It fails, and writes
 * nothing, where a head is another one or the lanes are not locked by its transaction. The Kafka key is the ledger's name.
 *
 * @param now no earlier than the `at` of any of the heads
 * @param options.name of the statement, which tells the texts beside apart
 */
export function appendToOutbox(
  lanes: readonly LaneRows[],
  now: string,
  { name, beside }: { readonly name: string; readonly beside?: WrittenBeside } = { name: 'append-outbox' },
): Statement {
  const rows = lanes.flatMap((ofLane) => ofLane.rows);
  return {
    name,
    text: beside === undefined ? appendOutboxSql : appendSql(beside.text),
    values: [
      ...expectation(lanes),
      now,
      smallintArray(lanes.flatMap(({ lane, rows: { length } }) => Array.from({ length }, () => lane))),
      bigintArray(lanes.flatMap(({ head, rows: ofLane }) => ofLane.map((_, index) => head.seq + 1 + index))),
      uuidArray(rows.map((row) => row.eventId)),
      textArray(rows.map((row) => row.type)),
      textArray(rows.map((row) => row.ledger)),
      bigintArray(rows.map((row) => row.eventSequence)),
      textArray(
        rows.map((row) => row.headers),
        'json',
      ),
      textArray(rows.map((row) => row.body)),
      ...(beside?.values ?? []),
    ],
    rows: rows.length,
  };
}

function expectation(lanes: readonly Pick<LaneRows, 'lane' | 'head'>[]): Statement['values'] {
  return [
    smallintArray(lanes.map(({ lane }) => lane)),
    bigintArray(lanes.map(({ head }) => head.seq)),
    uuidArray(lanes.map(({ head }) => head.eventId ?? noEvent)),
    timestamptzArray(lanes.map(({ head }) => head.at ?? '-infinity')),
  ];
}
