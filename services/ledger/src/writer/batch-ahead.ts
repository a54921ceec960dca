import { headsAre, lockOf, type LaneHead } from '@daybook/outbox';
import {
  commitPipeline,
  transactionPipeline,
  type CommitOutcome,
  type PoolClient,
  type Statement,
} from '@daybook/postgres';
import { parseInstant, type Instant } from '../command/instant.ts';
import {
  BatchFailure,
  checkOutcome,
  decideLanes,
  loadMissing,
  missingOf,
  type BatchSettings,
  type DecidedLane,
  type LaneCommands,
} from './batch.ts';
import type { DatabaseClock } from './database-clock.ts';
import type { LaneState } from './lane-state.ts';
import type { LoadPlan } from './load.ts';
import { persist } from './persist.ts';

/**
 * A batch that was decided before its lanes were locked, on what they left in memory, while the batch before it may still be on its way to
 * COMMIT. Its transaction locks them and appends only where each head is the one that it counts on: then nobody else has written, and the
 * batch before is committed. So nothing of it is written where anything came in between, and it is decided again.
 */
export interface BatchAhead {
  /** Those that there was room for, in the order given: the last of them perhaps not all of their commands, and perhaps not all lanes. */
  readonly lanes: readonly DecidedLane[];
  /** None where nothing is to be written. */
  readonly statements: readonly Statement[];
  readonly loadMs: number;
  readonly decideMs: number;
  readonly roundTrips: number;
}

/** While a batch was loading, one before it failed, and what it was to be decided on is no longer so. */
export class HeadForgotten extends Error {
  override readonly name = 'HeadForgotten';
}

const clockSql = `select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"000Z"') as now`;

/**
 * Decides a batch behind the heads of its lanes in memory. What it lacks is loaded without the locks: of its keys, nothing can have changed
 * since a lane's last confirmed head but by batches of this process, and those are in memory until they are committed.
 *
 * @param connect gives a pipelined client, which is only asked for where something must be loaded
 * @param lanes one at least, all with a head to count on
 * @throws HeadForgotten, or what loading fails with
 */
export async function decideAhead(
  connect: () => Promise<PoolClient>,
  lanes: readonly LaneCommands[],
  settings: BatchSettings,
): Promise<BatchAhead> {
  const startedMs = performance.now();
  const heads = lanes.map(({ state }) => expectedHead(state));
  for (const { state } of lanes) state.beginBatch();
  const plan = missingOf(lanes);
  const now = settings.clock.now();
  const { noted, elsewhere, roundTrips } =
    now !== undefined && plan.isEmpty
      ? { noted: now, elsewhere: new Map<string, never>(), roundTrips: 0 }
      : await look(await connect(), lanes, { plan, clock: settings.clock });
  const loadedMs = performance.now();
  if (lanes.some(({ state }, index) => state.headAhead !== heads[index])) throw new HeadForgotten();
  const at = heads.reduce((latest, head) => later(latest, head), noted);
  const decided = decideLanes(lanes, { settings, heads, at, elsewhere });
  const isWriting = decided.some(({ writes }) => !writes.isEmpty);
  return {
    lanes: decided,
    statements: isWriting ? persist(decided, at) : [],
    loadMs: loadedMs - startedMs,
    decideMs: performance.now() - loadedMs,
    roundTrips,
  };
}

function expectedHead(state: LaneState): LaneHead {
  const head = state.headAhead;
  if (head === undefined) throw new Error(`nothing is known of lane ${state.lane} to decide a batch by`);
  return head;
}

function later(at: Instant, head: LaneHead): Instant {
  if (head.at === undefined || head.at <= at) return at;
  const instant = parseInstant(head.at);
  if (instant === undefined) throw new Error(`the head of a lane is from ${head.at}`);
  return instant;
}

async function look(
  client: PoolClient,
  lanes: readonly LaneCommands[],
  { plan, clock }: { readonly plan: LoadPlan; readonly clock: DatabaseClock },
) {
  const [{ elsewhere, roundTrips }] = await Promise.all([
    loadMissing(client, lanes, { plan }),
    clock.now() === undefined ? askClock(client, clock) : undefined,
  ]);
  const noted = clock.now();
  if (noted === undefined) throw new Error("the database's clock is not known");
  return { noted, elsewhere, roundTrips: Math.max(1, roundTrips) };
}

async function askClock(client: PoolClient, clock: DatabaseClock): Promise<void> {
  const { rows } = await client.query<{ now: string }>({ name: 'clock', text: clockSql });
  clock.note(rows[0]?.now ?? '');
}

/**
 * Runs the transaction of a batch that was decided ahead: in one round trip where its one statement checks the heads, which it does with the
 * rows of events; else in two, since what follows such a statement relies on the transaction alone.
 *
 * @returns how many round trips it took
 * @throws BatchFailure, where a head moved too, UnknownOutcome or BatchDefect. The transaction may still be open.
 */
export async function commitAhead(client: PoolClient, batch: BatchAhead, clock: DatabaseClock): Promise<number> {
  const lock = lockOf(
    batch.lanes.map(({ lane }) => lane),
    (now) => clock.note(now),
  );
  const isAtOnce = isOneStatement(batch);
  const outcome = await (isAtOnce ? commitAtOnce : commitLocked)(client, lock, batch).catch((error: unknown) => {
    throw new BatchFailure(error);
  });
  checkOutcome(outcome, batch.statements.length > 0);
  return isAtOnce ? 1 : 2;
}

/** Whether a batch is written in one round trip, so that another one may be sent behind it on the same connection. */
export function isOneStatement({ lanes, statements }: BatchAhead): boolean {
  return statements.length === 0 || (statements.length === 1 && lanes.some(({ writes }) => writes.outbox.length > 0));
}

async function commitAtOnce(
  client: PoolClient,
  lock: Statement,
  { lanes, statements }: BatchAhead,
): Promise<CommitOutcome> {
  return await transactionPipeline(client, [lock, ...(statements.length === 0 ? [headsAre(lanes)] : statements)]);
}

async function commitLocked(
  client: PoolClient,
  { name, text, values }: Statement,
  { lanes, statements }: BatchAhead,
): Promise<CommitOutcome> {
  await Promise.all([
    client.query('BEGIN ISOLATION LEVEL READ COMMITTED'),
    client.query({ name, text, values: [...values] }),
  ]);
  return await commitPipeline(client, [headsAre(lanes), ...statements]);
}
