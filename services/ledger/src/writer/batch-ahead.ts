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
  decide,
  loadMissing,
  missingOf,
  type BatchSettings,
  type Decision,
  type LaneCommands,
} from './batch.ts';
import type { DatabaseClock } from './database-clock.ts';
import type { LaneState } from './lane-state.ts';
import type { LoadPlan } from './load.ts';
import { persist } from './persist.ts';

/** What a batch that was decided ahead does to one of its lanes. */
interface LaneAhead extends Decision {
  readonly state: LaneState;
  readonly lane: number;
  /** That it counts on. */
  readonly head: LaneHead;
}

/**
 * A batch that was decided before its lanes were locked, on what they left in memory, while the batch before it may still be on its way to
 * COMMIT. Its transaction locks them and appends only where each head is the one that it counts on: then nobody else has written, and the
 * batch before is committed. So nothing of it is written where anything came in between, and it is decided again.
 */
export interface BatchAhead {
  /** Those that there was room for, in the order given: the last of them perhaps not all of their commands, and perhaps not all lanes. */
  readonly lanes: readonly LaneAhead[];
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
  const decided: LaneAhead[] = [];
  let characters = 0;
  for (const [index, ofLane] of lanes.entries()) {
    const head = heads[index] ?? expectedHead(ofLane.state);
    const { state } = ofLane;
    const decision = decide(ofLane, { settings, head, at, elsewhere });
    decided.push({ ...decision, state, lane: state.lane, head });
    characters += decision.writes.characters;
    if (decision.results.length < ofLane.commands.length || characters > settings.writtenCharactersMax) break;
  }
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
  return head.at !== undefined && head.at > at ? instantOf(head.at) : at;
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
  clock.note(instantOf(rows[0]?.now ?? ''));
}

function instantOf(text: string): Instant {
  const instant = parseInstant(text);
  if (instant === undefined) throw new Error(`the database's clock says ${text}`);
  return instant;
}

/**
 * Runs the transaction of a batch that was decided ahead: in one round trip where its one statement checks the heads, which it does with the
 * rows of events; else in two, since what follows such a statement relies on the transaction alone.
 *
 * @returns how many round trips it took
 * @throws BatchFailure, where a head moved too, UnknownOutcome or BatchDefect. The transaction may still be open.
 */
export async function commitAhead(client: PoolClient, batch: BatchAhead, clock: DatabaseClock): Promise<number> {
  const { outcome, now, roundTrips } = await (isOneStatement(batch) ? commitAtOnce : commitLocked)(client, batch).catch(
    (error: unknown) => {
      throw new BatchFailure(error);
    },
  );
  checkOutcome(outcome, batch.statements.length > 0);
  if (typeof now === 'string') clock.note(instantOf(now));
  return roundTrips;
}

/** Whether a batch is written in one round trip, so that another one may be sent behind it on the same connection. */
export function isOneStatement({ lanes, statements }: BatchAhead): boolean {
  return statements.length === 0 || (statements.length === 1 && lanes.some(({ writes }) => writes.outbox.length > 0));
}

async function commitAtOnce(client: PoolClient, { lanes, statements }: BatchAhead): Promise<Committed> {
  const checked = statements.length === 0 ? [headsAre(lanes)] : statements;
  const outcome = await transactionPipeline(client, [lockOf(lanes.map(({ lane }) => lane)), ...checked]);
  const now: unknown = outcome.kind === 'committed' ? outcome.results[0]?.rows[0]?.['now'] : undefined;
  return { outcome, now, roundTrips: 1 };
}

async function commitLocked(client: PoolClient, { lanes, statements }: BatchAhead): Promise<Committed> {
  const { name, text, values } = lockOf(lanes.map(({ lane }) => lane));
  const [, lock] = await Promise.all([
    client.query('BEGIN ISOLATION LEVEL READ COMMITTED'),
    client.query<{ now: string }>({ name, text, values: [...values] }),
  ]);
  const outcome = await commitPipeline(client, [headsAre(lanes), ...statements]);
  return { outcome, now: lock.rows[0]?.now, roundTrips: 2 };
}

interface Committed {
  readonly outcome: CommitOutcome;
  /** Of the database's clock. */
  readonly now: unknown;
  readonly roundTrips: number;
}
