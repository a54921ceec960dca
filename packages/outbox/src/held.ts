import { inTransaction, type Pool } from '@daybook/postgres';
import type { LaneCursor, ReadLimits, StoredRow } from './read.ts';

/** A key whose rows from `fromSeq` on are set aside: behind a parked row, or since its ledger is paused. */
export interface HeldKey {
  readonly lane: number;
  readonly key: string;
  readonly fromSeq: number;
  /** No later than the row at `fromSeq`, as PostgreSQL writes it. */
  readonly at: string;
  /** Nobody needs to decide any more, and its ledger is not paused. */
  readonly isReleasable: boolean;
}

const heldSql = `
select h.lane, h.key, h.from_seq as "fromSeq", h.at,
  not exists (
    select from parked p where p.lane = h.lane and p.key = h.key and p.state = 'parked' and p.policy = 'hold-key'
  ) and not exists (select from pause where scope = 'ledger' and target = h.key) as "isReleasable"
from held h where h.lane = any($1::smallint[])
order by h.lane, h.from_seq`;

/** The held keys of lanes. */
export async function heldKeys(pool: Pool, lanes: readonly number[]): Promise<readonly HeldKey[]> {
  return (await pool.query<HeldKey>({ name: 'held-keys', text: heldSql, values: [lanes] })).rows;
}

const holdSql = `
insert into held (lane, key, from_seq, at) values ($1, $2, $3, $4::timestamptz)
on conflict (lane, key) do update set from_seq = least(held.from_seq, excluded.from_seq), at = least(held.at, excluded.at)
returning from_seq as "fromSeq"`;

/** Holds a key from the row after the cursor on; gives from where it is held. Durable when it resolves. */
export async function holdKey(pool: Pool, after: LaneCursor, key: string): Promise<number> {
  return await inTransaction(pool, async (client) => {
    await client.query('set local synchronous_commit = on');
    const result = await client.query<{ fromSeq: number }>({
      name: 'hold-key',
      text: holdSql,
      values: [after.lane, key, after.seq + 1, after.at],
    });
    return result.rows[0]?.fromSeq ?? after.seq + 1;
  });
}

const moveSql = `
update held set from_seq = $3, at = $4::timestamptz where lane = $1 and key = $2 and from_seq < $3`;

/** Notes that every row of the key up to the cursor was sent or is settled. */
export async function moveHeld(pool: Pool, through: LaneCursor, key: string): Promise<void> {
  await pool.query({ name: 'move-held', text: moveSql, values: [through.lane, key, through.seq + 1, through.at] });
}

const lockHeldSql = 'select from held where lane = $1 and key = $2 for update';
const releaseSql = `
delete from held where lane = $1 and key = $2 and not exists (select from position where lane = $1 and seq > $3)`;
const standsSql = 'select from held where lane = $1 and key = $2';

/**
 * Ends the hold of a key whose rows up to `through` were sent, unless a position of its lane is beyond: whoever stated that one passed over
 * rows of the key that nobody has sent yet, counting on the hold.
 *
 * Locking and looking are two statements: one that waits for the lock still sees the positions as they were before it waited. A position
 * that counts on the hold locks the same row (see `appendPositions`), so it comes before, and is seen here, or after, and is refused.
 *
 * @returns false when such a position exists.
 */
export async function releaseHeld(pool: Pool, through: LaneCursor, key: string): Promise<boolean> {
  return await inTransaction(pool, async (client) => {
    await client.query({ name: 'lock-held', text: lockHeldSql, values: [through.lane, key] });
    await client.query({ name: 'release-held', text: releaseSql, values: [through.lane, key, through.seq] });
    const left = await client.query({ name: 'held-stands', text: standsSql, values: [through.lane, key] });
    return left.rowCount === 0;
  });
}

/** How many rows of a lane one statement looks through for those of a key. */
const windowRowsMax = 10_000;

// A range of the lane in the primary key, of which the rows of other keys are passed over.
const readHeldSql = `
select r.lane, r.seq, r.at, r.event_id as "eventId", r.type, r.ledger, r.event_sequence as "eventSequence", r.key,
  r.headers, r.body, r.bytes
from (
  select o.*, coalesce(sum(o.bytes) over (order by o.seq rows between unbounded preceding and 1 preceding), 0) as bytes_before
  from (
    select lane, seq, at, event_id, type, ledger, event_sequence, key, headers, body,
      octet_length(body) + coalesce(octet_length(headers::text), 0) as bytes
    from outbox
    where lane = $1 and seq > $2 and seq <= $3 and at >= $4::timestamptz and key = $5
    order by seq limit $6
  ) o
) r
where r.bytes_before < $7
order by r.seq`;

/** Rows of one key. */
export interface HeldRows {
  readonly rows: readonly StoredRow[];
  /** Up to here there is no other row of the key. */
  readonly through: number;
}

/** Reads the next rows of a key behind the cursor and up to the sequence `until`; a bounded stretch of the lane at a time. */
export async function readHeld(
  pool: Pool,
  { cursor, key, until }: { readonly cursor: LaneCursor; readonly key: string; readonly until: number },
  limits: Pick<ReadLimits, 'rows' | 'bytes'>,
): Promise<HeldRows> {
  const windowEnd = Math.min(until, cursor.seq + windowRowsMax);
  const { rows } = await pool.query<StoredRow>({
    name: 'read-held',
    text: readHeldSql,
    values: [cursor.lane, cursor.seq, windowEnd, cursor.at, key, limits.rows, limits.bytes],
  });
  const bytes = rows.reduce((sum, row) => sum + row.bytes, 0);
  const isCut = rows.length >= limits.rows || bytes >= limits.bytes;
  return { rows, through: isCut ? (rows.at(-1)?.seq ?? windowEnd) : windowEnd };
}

const readRowSql = `
select lane, seq, at, event_id as "eventId", type, ledger, event_sequence as "eventSequence", key, headers, body,
  octet_length(body) + coalesce(octet_length(headers::text), 0) as bytes
from outbox where lane = $1 and seq = $2 and at = $3::timestamptz`;

/** One row, if retention has left it. */
export async function readRow(pool: Pool, place: LaneCursor): Promise<StoredRow | undefined> {
  const { rows } = await pool.query<StoredRow>({
    name: 'read-row',
    text: readRowSql,
    values: [place.lane, place.seq, place.at],
  });
  return rows[0];
}
