import type { Pool } from '@daybook/postgres';
import type { LaneCursor } from './read.ts';
import type { ReplayState } from './replay.ts';

/** A replay that some relay is to run. */
export interface RunningReplay {
  readonly id: string;
  /** Entries as in PUBLISHER_TOPIC_MAPPING; null for the relay's own. */
  readonly mapping: readonly string[] | null;
  readonly rowsPerSecond: number;
}

/** A lane of a replay with rows left, and how far it is. */
export interface ReplayLane extends LaneCursor {
  readonly untilSeq: number;
}

const runningReplaysSql = `
select id, mapping, rows_per_second as "rowsPerSecond" from replay where state = 'running' order by created_at, id`;

/** The replays that run, the oldest first; there are at most some 100. */
export async function runningReplays(pool: Pool): Promise<readonly RunningReplay[]> {
  const result = await pool.query<RunningReplay>({ name: 'running-replays', text: runningReplaysSql });
  return result.rows;
}

const replayLanesSql = `
select lane, seq, at, until_seq as "untilSeq" from replay_lane where replay = $1::uuid and seq < until_seq order by lane`;

/** The lanes of a replay that have rows left. */
export async function replayLanes(pool: Pool, id: string): Promise<readonly ReplayLane[]> {
  const result = await pool.query<ReplayLane>({ name: 'replay-lanes', text: replayLanesSql, values: [id] });
  return result.rows;
}

/** How far a page of a replay's lane went. */
export interface ReplayProgress {
  readonly lane: number;
  /** From where the page was read. */
  readonly afterSeq: number;
  readonly seq: number;
  /** The moment of the row at `seq`. */
  readonly at: string;
  /** Records acknowledged. */
  readonly sentRows: number;
}

const saveReplayProgressSql = `
with moved as (
  update replay_lane set seq = $4::bigint, at = $5::timestamptz, sent = sent + $6::bigint
  where replay = $1::uuid and lane = $2::smallint and seq = $3::bigint
  returning 1
)
select exists (select 1 from moved) as moved`;

/**
 * Stores what was acknowledged, whatever the replay's state is by now. False when another relay has stored progress from
 * the same place: then what counts is in `replayLanes`.
 */
export async function saveReplayProgress(pool: Pool, id: string, progress: ReplayProgress): Promise<boolean> {
  const { lane, afterSeq, seq, at, sentRows } = progress;
  const result = await pool.query<{ moved: boolean }>({
    name: 'save-replay-progress',
    text: saveReplayProgressSql,
    values: [id, lane, afterSeq, seq, at, sentRows],
  });
  return result.rows[0]?.moved === true;
}

const noteReplayErrorSql = `
with noted as (
  update replay set error = $2 where id = $1::uuid and state = 'running' and error is distinct from $2::text
)
select state from replay where id = $1::uuid`;

/** Shows what holds up a running replay, or with null that nothing does any more. Gives the state that it is in. */
export async function noteReplayError(pool: Pool, id: string, error: string | null): Promise<ReplayState | undefined> {
  const result = await pool.query<{ state: ReplayState }>({
    name: 'note-replay-error',
    text: noteReplayErrorSql,
    values: [id, error],
  });
  return result.rows[0]?.state;
}

const failReplaySql = `
update replay set state = 'failed', error = $2, finished_at = clock_timestamp() where id = $1::uuid and state = 'running'`;

/** Ends a running replay that cannot go on before someone has decided. */
export async function failReplay(pool: Pool, id: string, error: string): Promise<void> {
  await pool.query({ name: 'fail-replay', text: failReplaySql, values: [id, error] });
}

const finishReplaySql = `
update replay set state = 'done', error = null, finished_at = clock_timestamp()
where id = $1::uuid and state = 'running'
  and not exists (select 1 from replay_lane where replay = $1::uuid and seq < until_seq)`;

/** Ends a running replay all of whose lanes are through. */
export async function finishReplay(pool: Pool, id: string): Promise<void> {
  await pool.query({ name: 'finish-replay', text: finishReplaySql, values: [id] });
}
