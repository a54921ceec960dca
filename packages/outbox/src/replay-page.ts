import type { Pool } from '@daybook/postgres';
import type { StoredRow } from './read.ts';
import type { ReplayLane } from './replay-run.ts';
import type { ReplayState } from './replay.ts';

/** The next rows of a replay's lane. */
export interface ReplayPage {
  readonly state: ReplayState;
  /** Someone paused what these rows are part of. */
  readonly isPaused: boolean;
  /** The sequence of the first row that is kept behind the cursor; undefined when none is. */
  readonly firstSeq: number | undefined;
  /** Up to where rows were looked at. */
  readonly lastSeq: number;
  /** The moment of the row at `lastSeq`. */
  readonly lastAt: string;
  /** By sequence. */
  readonly rows: readonly StoredRow[];
}

export interface ReplayLimits {
  readonly rows: number;
  /** Of all bodies together; reading stops behind the row that reaches it, so one row always comes. */
  readonly bytes: number;
}

/** So many rows are looked at in one statement, so that a narrow filter makes many short ones rather than a long one. */
const lookedAtMax = 10_000;

interface PageRow extends StoredRow {
  readonly state: ReplayState;
  readonly isPaused: boolean;
  readonly firstSeq: number | null;
  readonly lastSeq: number | null;
  readonly lastAt: string | null;
}

// One statement, so that it sees one moment: a partition that goes between two would look like rows that do not belong.
// Three range scans of the primary key in the partitions that `at` leaves, the third over at most 10,000 rows. Rows that
// are set aside are left out, since they were never published: one index step in `held` and one in `parked` for each row.
// Written as NOT EXISTS they became joins, and a page took 230 ms instead of 30 with 5,000 held keys and 10,000 parked rows.
const readReplayPageSql = `
select r.state, f.seq as "firstSeq", l.seq as "lastSeq", l.at as "lastAt",
  exists (
    select 1 from pause
    where scope = 'all' or (scope = 'lane' and target = ($2::smallint)::text) or (scope = 'ledger' and target = p.ledger)
  ) as "isPaused",
  p.lane, p.seq, p.at, p.event_id as "eventId", p.type, p.ledger, p.event_sequence as "eventSequence", p.key,
  p.headers, p.body, p.bytes
from replay r
left join lateral (
  select o.seq from outbox o
  where o.lane = $2::smallint and o.seq > $3::bigint and o.at >= $4::timestamptz
  order by o.seq limit 1
) f on true
left join lateral (
  select o.seq, o.at from outbox o
  where o.lane = $2::smallint and o.seq > $3::bigint and o.seq <= $5::bigint and o.at >= $4::timestamptz
  order by o.seq desc limit 1
) l on true
left join lateral (
  select n.*, coalesce(sum(n.bytes) over (order by n.seq rows between unbounded preceding and 1 preceding), 0) as bytes_before
  from (
    select o.*, octet_length(o.body) + coalesce(octet_length(o.headers::text), 0) as bytes from outbox o
    where o.lane = $2::smallint and o.seq > $3::bigint and o.seq <= $5::bigint and o.at >= $4::timestamptz
      and (r.ledgers is null or o.ledger = any (r.ledgers))
      and (r.types is null or o.type = any (r.types))
      and (r.from_sequence is null or o.event_sequence >= r.from_sequence)
      and (r.to_sequence is null or o.event_sequence <= r.to_sequence)
      and coalesce(o.seq < (select h.from_seq from held h where h.lane = o.lane and h.key = o.key), true)
      and coalesce((select k.state from parked k where k.lane = o.lane and k.seq = o.seq) = 'published', true)
    order by o.seq
    limit $6
  ) n
) p on p.bytes_before < $7
where r.id = $1::uuid
order by p.seq`;

/**
 * Reads the next rows of a lane that belong to a replay: no more than `limits`, and none above the lane's end.
 *
 * @returns undefined when there is no such replay
 */
export async function readReplayPage(
  pool: Pool,
  replay: { readonly id: string; readonly lane: ReplayLane },
  limits: ReplayLimits,
): Promise<ReplayPage | undefined> {
  const { lane, seq, at, untilSeq } = replay.lane;
  const result = await pool.query<PageRow>({
    name: 'replay-page',
    text: readReplayPageSql,
    values: [replay.id, lane, seq, at, Math.min(untilSeq, seq + lookedAtMax), limits.rows, limits.bytes],
  });
  const [first] = result.rows;
  if (first === undefined) return undefined;
  // Without a row there is one line all the same, with nothing in the row's columns.
  const rows: readonly StoredRow[] = result.rows.filter((row) => row.body !== null);
  const last = rows.at(-1);
  const bytes = rows.reduce((sum, row) => sum + row.bytes, 0);
  const isCut = last !== undefined && (rows.length >= limits.rows || bytes >= limits.bytes);
  return {
    state: first.state,
    isPaused: result.rows.some((row) => row.isPaused),
    firstSeq: first.firstSeq ?? undefined,
    lastSeq: isCut ? last.seq : (first.lastSeq ?? seq),
    lastAt: isCut ? last.at : (first.lastAt ?? at),
    rows,
  };
}
