import { inTransaction, type Pool, type PoolClient } from '@daybook/postgres';
import type { Decision } from './parked.ts';
import { rfc3339 } from './rfc-3339.ts';

/** What to publish once more. Where something is undefined, it does not narrow. */
export interface ReplayOrder {
  readonly ledgers: readonly string[] | undefined;
  readonly types: readonly string[] | undefined;
  /** Of the rows, RFC 3339: from inclusive to exclusive. */
  readonly fromTime: string | undefined;
  readonly toTime: string | undefined;
  /** Of the ledgers' events, both inclusive. */
  readonly fromSequence: number | undefined;
  readonly toSequence: number | undefined;
  /** Entries as in PUBLISHER_TOPIC_MAPPING; undefined for the relays' own. */
  readonly mapping: readonly string[] | undefined;
  readonly rowsPerSecond: number;
  readonly by: string;
  readonly why: string;
}

export type ReplayState = 'running' | 'cancelled' | 'failed' | 'done';

/** A replay as it was ordered, and how far it is. Times as RFC 3339 writes them, in UTC. */
export interface Replay {
  readonly id: string;
  readonly state: ReplayState;
  /** Why it failed; while it runs, what holds it up. */
  readonly error: string | null;
  readonly ledgers: readonly string[] | null;
  readonly types: readonly string[] | null;
  readonly fromTime: string | null;
  readonly toTime: string | null;
  readonly fromSequence: number | null;
  readonly toSequence: number | null;
  readonly mapping: readonly string[] | null;
  readonly rowsPerSecond: number;
  readonly createdBy: string;
  readonly why: string;
  readonly createdAt: string;
  readonly decidedBy: string | null;
  readonly decidedWhy: string | null;
  readonly decidedAt: string | null;
  readonly finishedAt: string | null;
  /** Records acknowledged, repeats of retries and takeovers not counted. */
  readonly sentRows: number;
  /** Rows that were sent or do not belong to it, of all that it has to look at. */
  readonly passedRows: number;
  readonly totalRows: number;
  /** At the speed since it was last started; null when it does not run, or nothing tells its speed yet. */
  readonly secondsLeft: number | null;
}

export type ReplayCreation =
  | { readonly kind: 'created'; readonly id: string }
  | { readonly kind: 'unknown-ledger'; readonly ledger: string }
  | { readonly kind: 'too-many'; readonly runningMax: number };

/** What became of a cancel or a resume. */
export type ReplayDecision =
  | { readonly kind: 'decided' }
  | { readonly kind: 'unknown-replay' }
  | { readonly kind: 'wrong-state'; readonly state: ReplayState };

/** So many replays may run at once, on all relays together. */
const runningMax = 100;

/** So many are listed, the latest first. */
const listedMax = 100;

const unknownLedgersSql = `
select n.name from unnest($1::text[]) as n (name)
where not exists (select 1 from ledger where ledger.name = n.name) limit 1`;

const countRunningSql = `select count(*) as running from replay where state = 'running'`;

const insertReplaySql = `
insert into replay (ledgers, types, from_at, to_at, from_sequence, to_sequence, mapping, rows_per_second, created_by, why)
values ($1::text[], $2::text[], $3::timestamptz, $4::timestamptz, $5::bigint, $6::bigint, $7::text[], $8, $9, $10)
returning id`;

// It ends at the lane's greatest position: a row that is not published yet must not appear by a replay first. Times are
// turned into sequences here, once, since `at` grows with `seq` within a lane: one index step forward and one backward,
// over at most one day's rows of the lane beside the bound.
const insertReplayLanesSql = `
insert into replay_lane (replay, lane, from_seq, seq, at, until_seq)
select $1, lane.id, f.seq - 1, f.seq - 1, f.at, t.seq
from lane
cross join lateral (select seq from position where position.lane = lane.id order by seq desc limit 1) p
cross join lateral (
  select seq, at from outbox
  where outbox.lane = lane.id and outbox.at >= coalesce($3::timestamptz, '-infinity')
  order by seq limit 1
) f
cross join lateral (
  select seq from outbox
  where outbox.lane = lane.id and outbox.seq <= p.seq and outbox.at < coalesce($4::timestamptz, 'infinity')
  order by seq desc limit 1
) t
where f.seq <= t.seq
  and ($2::text[] is null or lane.id in (select ledger.lane from ledger where ledger.name = any ($2::text[])))`;

/**
 * Orders a replay of rows that are published by now. A lane begins at the first row from `fromTime` on that retention has
 * kept. Without any such row it is done as soon as a relay looks at it.
 */
export async function createReplay(pool: Pool, order: ReplayOrder): Promise<ReplayCreation> {
  return await durably(pool, async (client): Promise<ReplayCreation> => {
    const ledgers = order.ledgers ?? null;
    const unknown = await client.query<{ name: string }>(unknownLedgersSql, [ledgers ?? []]);
    if (unknown.rows[0] !== undefined) return { kind: 'unknown-ledger', ledger: unknown.rows[0].name };
    const running = await client.query<{ running: number }>(countRunningSql);
    if ((running.rows[0]?.running ?? 0) >= runningMax) return { kind: 'too-many', runningMax };
    const inserted = await client.query<{ id: string }>(insertReplaySql, [
      ledgers,
      order.types ?? null,
      order.fromTime ?? null,
      order.toTime ?? null,
      order.fromSequence ?? null,
      order.toSequence ?? null,
      order.mapping ?? null,
      order.rowsPerSecond,
      order.by,
      order.why,
    ]);
    const id = inserted.rows[0]?.id;
    if (id === undefined) throw new Error('ordering a replay returned no row');
    await client.query(insertReplayLanesSql, [id, ledgers, order.fromTime ?? null, order.toTime ?? null]);
    return { kind: 'created', id };
  });
}

const replayColumns = `
select r.id, r.state, r.error, r.ledgers, r.types, ${rfc3339('r.from_at')} as "fromTime", ${rfc3339('r.to_at')} as "toTime",
  r.from_sequence as "fromSequence", r.to_sequence as "toSequence", r.mapping, r.rows_per_second as "rowsPerSecond",
  r.created_by as "createdBy", r.why, ${rfc3339('r.created_at')} as "createdAt", r.decided_by as "decidedBy", r.decided_why as "decidedWhy",
  ${rfc3339('r.decided_at')} as "decidedAt", ${rfc3339('r.finished_at')} as "finishedAt",
  l.sent as "sentRows", l.passed as "passedRows", l.total as "totalRows",
  case when r.state = 'running' and l.passed > r.passed_before then
    extract(epoch from clock_timestamp() - r.running_since)::float8 * (l.total - l.passed) / (l.passed - r.passed_before)
  end as "secondsLeft"
from replay r
cross join lateral (
  select coalesce(sum(sent), 0)::bigint as sent, coalesce(sum(seq - from_seq), 0)::bigint as passed,
    coalesce(sum(until_seq - from_seq), 0)::bigint as total
  from replay_lane where replay_lane.replay = r.id
) l`;

const findReplaySql = `${replayColumns} where r.id = $1::uuid`;

const listReplaysSql = `${replayColumns} order by r.created_at desc, r.id limit $1`;

/** @param id a UUID */
export async function findReplay(pool: Pool, id: string): Promise<Replay | undefined> {
  const result = await pool.query<Replay>({ name: 'find-replay', text: findReplaySql, values: [id] });
  return result.rows[0];
}

/** The latest replays, at most 100, the latest first. */
export async function listReplays(pool: Pool): Promise<readonly Replay[]> {
  const result = await pool.query<Replay>({ name: 'list-replays', text: listReplaysSql, values: [listedMax] });
  return result.rows;
}

const lockReplaySql = 'select state from replay where id = $1::uuid for update';

const cancelReplaySql = `
update replay set state = 'cancelled', finished_at = clock_timestamp(),
  decided_by = $2, decided_why = $3, decided_at = clock_timestamp()
where id = $1::uuid`;

/** Ends a running replay. The relay that runs it sends at most the page that it has read. */
export async function cancelReplay(pool: Pool, id: string, decision: Decision): Promise<ReplayDecision> {
  return await durably(pool, async (client): Promise<ReplayDecision> => {
    const locked = await client.query<{ state: ReplayState }>(lockReplaySql, [id]);
    const state = locked.rows[0]?.state;
    if (state === undefined) return { kind: 'unknown-replay' };
    if (state !== 'running') return { kind: 'wrong-state', state };
    await client.query(cancelReplaySql, [id, decision.by, decision.why]);
    return { kind: 'decided' };
  });
}

const resumeReplaySql = `
update replay set state = 'running', error = null, finished_at = null,
  decided_by = $2, decided_why = $3, decided_at = clock_timestamp(), running_since = clock_timestamp(),
  passed_before = (select coalesce(sum(seq - from_seq), 0) from replay_lane where replay_lane.replay = replay.id)
where id = $1::uuid`;

// Where retention dropped the rows that come next, the lane goes on at the first that is kept.
const moveToRetainedSql = `
update replay_lane set seq = least(coalesce(f.seq - 1, l.until_seq), l.until_seq), at = coalesce(f.at, l.at)
from replay_lane l
left join lateral (
  select seq, at from outbox where outbox.lane = l.lane and outbox.seq > l.seq order by seq limit 1
) f on true
where l.replay = $1::uuid and l.seq < l.until_seq and f.seq is distinct from l.seq + 1
  and replay_lane.replay = l.replay and replay_lane.lane = l.lane`;

/** Lets a cancelled or failed replay go on from where it is; over rows that are not kept any more. */
export async function resumeReplay(pool: Pool, id: string, decision: Decision): Promise<ReplayDecision> {
  return await durably(pool, async (client): Promise<ReplayDecision> => {
    const locked = await client.query<{ state: ReplayState }>(lockReplaySql, [id]);
    const state = locked.rows[0]?.state;
    if (state === undefined) return { kind: 'unknown-replay' };
    if (state !== 'cancelled' && state !== 'failed') return { kind: 'wrong-state', state };
    await client.query(moveToRetainedSql, [id]);
    await client.query(resumeReplaySql, [id, decision.by, decision.why]);
    return { kind: 'decided' };
  });
}

/** What an operator was told is done stays done, whatever the session's own setting is. */
async function durably<Result>(pool: Pool, work: (client: PoolClient) => Promise<Result>): Promise<Result> {
  return await inTransaction(pool, async (client) => {
    await client.query('set local synchronous_commit = on');
    return await work(client);
  });
}
