import type { Pool } from '@daybook/postgres';

/** How far a lane was read: rows above `seq` are next. `at` bounds which partitions are looked at. */
export interface LaneCursor {
  readonly lane: number;
  readonly seq: number;
  /** The moment of the row at `seq`, as PostgreSQL writes it, or `-infinity` to look at every partition. */
  readonly at: string;
}

/** A row as the relay sends it on. The body is finished text, and nothing here parses it. */
export interface StoredRow {
  readonly lane: number;
  readonly seq: number;
  /** As PostgreSQL writes it in UTC, with microseconds. */
  readonly at: string;
  readonly eventId: string;
  readonly type: string;
  readonly ledger: string;
  readonly eventSequence: number;
  readonly key: string;
  /** A JSON object, not parsed. */
  readonly headers: string | null;
  readonly body: string;
  /** Of body and stored headers in UTF-8. */
  readonly bytes: number;
}

export interface ReadLimits {
  /** Of all lanes together. */
  readonly rows: number;
  /** Of each lane. */
  readonly rowsPerLane: number;
  /** Of all bodies together; reading stops behind the row that reaches it, so one row always comes. */
  readonly bytes: number;
}

// For each lane one forward range scan of the primary key in each partition that `at` leaves, stopped by the limit: LIMIT
// keeps the planner from turning the lanes into a join, which took 90 ms after the table grew. octet_length reads the
// length of a stored body without fetching it, so what lies beyond the bytes is never loaded. Headers are short, and mostly there are none.
const readNextSql = `
select r.lane, r.seq, r.at, r.event_id as "eventId", r.type, r.ledger, r.event_sequence as "eventSequence", r.key,
  r.headers, r.body, r.bytes
from (
  select o.*, w.n,
    coalesce(sum(o.bytes) over (order by w.n, o.seq rows between unbounded preceding and 1 preceding), 0) as bytes_before
  from unnest($1::smallint[], $2::bigint[], $3::timestamptz[]) with ordinality as w (lane, seq, at, n)
  cross join lateral (
    select lane, seq, at, event_id, type, ledger, event_sequence, key, headers, body,
      octet_length(body) + coalesce(octet_length(headers::text), 0) as bytes
    from outbox
    where outbox.lane = w.lane and outbox.seq > w.seq and outbox.at >= w.at
    order by outbox.seq
    limit $4
  ) o
) r
where r.bytes_before < $5
order by r.n, r.seq
limit $6`;

/** Reads the next rows of several lanes: lanes in the order given, the rows of each by sequence. */
export async function readNext(
  pool: Pool,
  cursors: readonly LaneCursor[],
  limits: ReadLimits,
): Promise<readonly StoredRow[]> {
  const result = await pool.query<StoredRow>({
    name: 'outbox-read',
    text: readNextSql,
    values: [
      cursors.map((cursor) => cursor.lane),
      cursors.map((cursor) => cursor.seq),
      cursors.map((cursor) => cursor.at),
      limits.rowsPerLane,
      limits.bytes,
      limits.rows,
    ],
  });
  return result.rows;
}
