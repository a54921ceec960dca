import { headIs, lockOf, type LockedLane } from '@daybook/outbox';
import { commitPipeline, transactionPipeline, type CommitOutcome, type PoolClient } from '@daybook/postgres';
import type { Command } from '../command/command.ts';
import { parseInstant, type Instant } from '../command/instant.ts';
import {
  BatchFailure,
  checkOutcome,
  decide,
  loadMissing,
  type BatchReport,
  type BatchSettings,
  type Decision,
} from './batch.ts';
import type { DatabaseClock } from './database-clock.ts';
import type { LaneState } from './lane-state.ts';
import type { LoadPlan } from './load.ts';

/**
 * A batch that was decided before its lane was locked, on what the lane left in memory, while the batch before it may still be on its way to
 * COMMIT. Its transaction locks the lane and appends only where the head is the one that it counts on: then nobody else has written, and
 * the batch before is committed. So nothing of it is written where anything came in between, and it is decided again.
 */
export interface BatchAhead extends Decision {
  readonly lane: number;
  readonly locked: LockedLane;
  readonly loadMs: number;
  readonly decideMs: number;
  readonly roundTrips: number;
}

const clockSql = `select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"000Z"') as now`;

/**
 * Decides a batch behind the lane's head in memory. What it lacks is loaded without the lock: of its keys, nothing can have changed since
 * the lane's last confirmed head but by batches of this process, and those are in memory until they are committed.
 *
 * @param connect gives a pipelined client, which is only asked for where something must be loaded
 */
export async function decideAhead(
  connect: () => Promise<PoolClient>,
  lane: number,
  state: LaneState,
  commands: readonly Command[],
  settings: BatchSettings,
): Promise<BatchAhead> {
  const startedMs = performance.now();
  const head = state.headAhead;
  if (head === undefined) throw new Error('nothing is known of the lane to decide a batch by');
  state.beginBatch();
  const now = settings.clock.now();
  const plan = state.missing(commands);
  const { at, elsewhere, roundTrips } =
    now !== undefined && plan.isEmpty
      ? { at: now, elsewhere: new Map<string, never>(), roundTrips: 0 }
      : await look(await connect(), lane, state, { commands, plan, settings });
  const loadedMs = performance.now();
  const moment = head.at !== undefined && head.at > at ? head.at : at;
  const locked = { head, now: moment };
  const decision = decide(lane, state, commands, { settings, locked, at: instantOf(moment), elsewhere });
  return {
    ...decision,
    lane,
    locked,
    loadMs: loadedMs - startedMs,
    decideMs: performance.now() - loadedMs,
    roundTrips,
  };
}

async function look(
  client: PoolClient,
  lane: number,
  state: LaneState,
  {
    commands,
    plan,
    settings,
  }: { readonly commands: readonly Command[]; readonly plan: LoadPlan; readonly settings: BatchSettings },
) {
  const [{ elsewhere, roundTrips }] = await Promise.all([
    loadMissing(client, lane, state, { commands, plan }),
    settings.clock.now() === undefined ? askClock(client, settings.clock) : undefined,
  ]);
  const at = settings.clock.now();
  if (at === undefined) throw new Error("the database's clock is not known");
  return { at, elsewhere, roundTrips: Math.max(1, roundTrips) };
}

async function askClock(client: PoolClient, clock: DatabaseClock): Promise<void> {
  const { rows } = await client.query<{ now: string }>({ name: 'clock', text: clockSql });
  clock.note(instantOf(rows[0]?.now ?? ''));
}

function instantOf(text: string): Instant {
  const instant = parseInstant(text);
  if (instant === undefined) throw new Error(`the database's clock says ${text}`);
  return instant;
}

/**
 * Runs the transaction of a batch that was decided ahead: in one round trip where its one statement checks the head, which it does with the
 * rows of events; else in two, since what follows such a statement relies on the transaction alone.
 *
 * @throws BatchFailure, where the head moved too, UnknownOutcome or BatchDefect. The transaction may still be open.
 */
export async function commitAhead(
  client: PoolClient,
  batch: BatchAhead,
  settings: BatchSettings,
): Promise<BatchReport> {
  const startedMs = performance.now();
  const { results, writes, loadMs, decideMs } = batch;
  const { outcome, now, roundTrips } = await (isOneStatement(batch) ? commitAtOnce : commitLocked)(client, batch).catch(
    (error: unknown) => {
      throw new BatchFailure(error);
    },
  );
  checkOutcome(outcome, writes);
  if (typeof now === 'string') settings.clock.note(instantOf(now));
  const phases = { loadMs, decideMs, commitMs: performance.now() - startedMs };
  return { results, roundTrips: batch.roundTrips + roundTrips, committed: !writes.isEmpty, phases };
}

/** Whether a batch is written in one round trip, so that another one may be sent behind it on the same connection. */
export function isOneStatement({ writes, statements }: Decision): boolean {
  return writes.isEmpty || (writes.outbox.length > 0 && statements.length === 1);
}

async function commitAtOnce(client: PoolClient, { lane, locked, statements, writes }: BatchAhead): Promise<Committed> {
  const checked = writes.isEmpty ? [headIs(lane, locked.head)] : statements;
  const outcome = await transactionPipeline(client, [lockOf(lane), ...checked]);
  const now: unknown = outcome.kind === 'committed' ? outcome.results[0]?.rows[0]?.['now'] : undefined;
  return { outcome, now, roundTrips: 1 };
}

async function commitLocked(client: PoolClient, { lane, locked, statements }: BatchAhead): Promise<Committed> {
  const { name, text, values } = lockOf(lane);
  const [, lock] = await Promise.all([
    client.query('BEGIN ISOLATION LEVEL READ COMMITTED'),
    client.query<{ now: string }>({ name, text, values: [...values] }),
  ]);
  const outcome = await commitPipeline(client, [headIs(lane, locked.head), ...statements]);
  return { outcome, now: lock.rows[0]?.now, roundTrips: 2 };
}

interface Committed {
  readonly outcome: CommitOutcome;
  /** Of the database's clock. */
  readonly now: unknown;
  readonly roundTrips: number;
}
