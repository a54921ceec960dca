import { inTransaction, type Pool } from '@daybook/postgres';
import type { StoredRow } from './read.ts';
import { rfc3339 } from './rfc-3339.ts';

/** What becomes of the rows behind a poison one: those of its key wait, all go on, or the lane stands still. */
export const poisonPolicies = ['hold-key', 'pass', 'halt'] as const;
export type PoisonPolicy = (typeof poisonPolicies)[number];

/** `parked`: someone must decide. `retry`: to be sent again. `discarded`: never to be sent. `published`: it was sent after all. */
export type ParkedState = 'parked' | 'retry' | 'discarded' | 'published';

/** A row that was refused for what it is, as operators see it. Moments are as RFC 3339 writes them, in UTC. */
export interface ParkedRow {
  readonly lane: number;
  readonly seq: number;
  readonly at: string;
  readonly eventId: string;
  readonly type: string;
  readonly ledger: string;
  readonly eventSequence: number;
  readonly key: string;
  readonly topic: string;
  readonly error: string;
  readonly attempts: number;
  readonly policy: PoisonPolicy;
  readonly parkedBy: string;
  readonly parkedAt: string;
  readonly state: ParkedState;
  readonly decidedBy: string | null;
  readonly decidedWhy: string | null;
  readonly decidedAt: string | null;
  readonly publishedAt: string | null;
}

interface Refusal {
  readonly row: StoredRow;
  readonly topic: string;
  readonly error: string;
  readonly attempts: number;
  readonly policy: PoisonPolicy;
  readonly relay: string;
}

// A row that another relay parked is parked again, unless that one has settled it meanwhile: then it stays as it is. The
// key is held from the first of its parked rows on. A row at which its lane stood still may be let pass by another policy
// later; whoever does so counts on it being written down.
const parkSql = `
with row as (
  insert into parked as p (lane, seq, at, event_id, type, ledger, event_sequence, key, topic, error, attempts, policy, parked_by)
  values ($1, $2, $3::timestamptz, $4::uuid, $5, $6, $7, $8, $9, $10, $11, $12, $13)
  on conflict (lane, seq) do update set topic = excluded.topic, error = excluded.error,
    attempts = p.attempts + excluded.attempts,
    policy = case when p.policy = 'halt' then excluded.policy else p.policy end,
    state = case when p.state = 'retry' then 'parked' else p.state end
  returning lane, seq, at, key, policy, state
), hold as (
  insert into held (lane, key, from_seq, at)
  select lane, key, seq, at from row where state = 'parked' and policy = 'hold-key'
  on conflict (lane, key) do update set from_seq = least(held.from_seq, excluded.from_seq), at = least(held.at, excluded.at)
)
select state from row`;

/**
 * Parks a row, and under `hold-key` holds its key from there. Durable when it resolves, whatever the session's
 * synchronous_commit is: a position that passes the row must not outlive the record of it.
 *
 * @returns the state that the row is in: `discarded` or `published` when someone was faster.
 */
export async function parkRow(
  pool: Pool,
  { row, topic, error, attempts, policy, relay }: Refusal,
): Promise<ParkedState> {
  return await inTransaction(pool, async (client) => {
    await client.query('set local synchronous_commit = on');
    const result = await client.query<{ state: ParkedState }>({
      name: 'park-row',
      text: parkSql,
      values: [
        row.lane,
        row.seq,
        row.at,
        row.eventId,
        row.type,
        row.ledger,
        row.eventSequence,
        row.key,
        topic,
        error,
        attempts,
        policy,
        relay,
      ],
    });
    return result.rows[0]?.state ?? 'parked';
  });
}

const publishedSql = `
update parked set state = 'published', published_at = clock_timestamp()
where lane = $1 and seq between $2 and $3 and key = $4 and state in ('parked', 'retry') and (policy = 'pass') = $5`;

/** Parked rows of one key. */
export interface PublishedRows {
  readonly lane: number;
  readonly key: string;
  readonly from: number;
  readonly through: number;
  /** Those that lost their place under `pass`, which are sent alone and never with the others; else all but those. */
  readonly isOutOfPlace: boolean;
}

/** Notes that parked rows of a key were sent after all. */
export async function notePublished(pool: Pool, rows: PublishedRows): Promise<void> {
  await pool.query({
    name: 'note-published',
    text: publishedSql,
    values: [rows.lane, rows.from, rows.through, rows.key, rows.isOutOfPlace],
  });
}

// A position passes such a row only once it was sent, unless its key was held then: whoever ends that hold notes it. One look into
// `parked_open_idx` for each lane, which is as short as what is undecided.
const passedHaltsSql = `
update parked set state = 'published', published_at = clock_timestamp()
where lane = any($1::smallint[]) and policy = 'halt' and state in ('parked', 'retry')
  and seq <= (select p.seq from position p where p.lane = parked.lane order by p.seq desc limit 1)
  and not exists (select from held h where h.lane = parked.lane and h.key = parked.key and h.from_seq <= parked.seq)`;

/** Notes rows at which lanes stood still as published, where their lane went on with another relay than the one that parked them. */
export async function notePassedHalts(pool: Pool, lanes: readonly number[]): Promise<void> {
  await pool.query({ name: 'note-passed-halts', text: passedHaltsSql, values: [lanes] });
}

// One range of the primary key for each lane.
const setAsideSql = `
select p.lane, p.seq, p.policy, p.state
from unnest($1::smallint[], $2::bigint[]) as w (lane, seq)
cross join lateral (
  select lane, seq, policy, state from parked where parked.lane = w.lane and parked.seq > w.seq
) p
where p.state in ('discarded', 'published') or p.policy = 'pass'`;

/** Rows above a position that are not sent with the others of their lane: settled ones, and those parked under `pass`. */
export async function rowsSetAside(
  pool: Pool,
  positions: readonly { readonly lane: number; readonly seq: number }[],
): Promise<readonly Pick<ParkedRow, 'lane' | 'seq' | 'policy' | 'state'>[]> {
  const result = await pool.query<Pick<ParkedRow, 'lane' | 'seq' | 'policy' | 'state'>>({
    name: 'rows-set-aside',
    text: setAsideSql,
    values: [positions.map(({ lane }) => lane), positions.map(({ seq }) => seq)],
  });
  return result.rows;
}

const columns = `lane, seq, ${rfc3339('at')} as at, event_id as "eventId", type, ledger, event_sequence as "eventSequence", key, topic, error,
  attempts, policy, parked_by as "parkedBy", ${rfc3339('parked_at')} as "parkedAt", state, decided_by as "decidedBy",
  decided_why as "decidedWhy", ${rfc3339('decided_at')} as "decidedAt", ${rfc3339('published_at')} as "publishedAt"`;

const listSql = `select ${columns} from parked where state = any($1) order by lane, seq limit $2`;

/** Parked rows in some states, at most `limit` of them, by lane and sequence. */
export async function listParked(
  pool: Pool,
  { states, limit }: { readonly states: readonly ParkedState[]; readonly limit: number },
): Promise<readonly ParkedRow[]> {
  return (await pool.query<ParkedRow>({ name: 'list-parked', text: listSql, values: [states, limit] })).rows;
}

const retriesSql = `
select r.lane, r.seq, r.at from unnest($1::smallint[]) as w (lane)
cross join lateral (
  select lane, seq, at from parked
  where parked.lane = w.lane and state = 'retry' and policy = 'pass' order by seq limit $2
) r
order by r.lane, r.seq`;

/** So many of each lane are sent, one by one, before a relay looks again at what else was decided. */
const retriesMax = 100;

/** Rows that lost their place under `pass` and are to be sent all the same; the first 100 of each lane. */
export async function passedRowsToRetry(
  pool: Pool,
  lanes: readonly number[],
): Promise<readonly Pick<ParkedRow, 'lane' | 'seq' | 'at'>[]> {
  return (
    await pool.query<Pick<ParkedRow, 'lane' | 'seq' | 'at'>>({
      name: 'passed-rows-to-retry',
      text: retriesSql,
      values: [lanes, retriesMax],
    })
  ).rows;
}

/** Who decides, and why; both are kept. */
export interface Decision {
  readonly by: string;
  readonly why: string;
}

const decideSql = `
update parked set state = $3, decided_by = $4, decided_why = $5, decided_at = clock_timestamp()
where lane = $1 and seq = $2 and state in ('parked', 'retry')
returning ${columns}`;

/**
 * Decides on a parked row: `retry` sends it and then those behind it, `discarded` sends only those.
 *
 * @returns the row as it is now; undefined when no such row waits for a decision.
 */
export async function decideParked(
  pool: Pool,
  row: { readonly lane: number; readonly seq: number; readonly state: 'retry' | 'discarded' },
  { by, why }: Decision,
): Promise<ParkedRow | undefined> {
  return await inTransaction(pool, async (client) => {
    await client.query('set local synchronous_commit = on');
    const result = await client.query<ParkedRow>({
      name: 'decide-parked',
      text: decideSql,
      values: [row.lane, row.seq, row.state, by, why],
    });
    return result.rows[0];
  });
}
