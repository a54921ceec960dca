import { lockLanes, type LaneHead, type LockedLane } from '@daybook/outbox';
import { limits } from '@daybook/numscript';
import { commitPipeline, type CommitOutcome, type PoolClient, type Statement } from '@daybook/postgres';
import type { Command } from '../command/command.ts';
import { execute } from '../command/execute.ts';
import type { Execution } from '../command/execution.ts';
import { parseInstant, type Instant } from '../command/instant.ts';
import { BatchWrites } from './batch-writes.ts';
import type { DatabaseClock } from './database-clock.ts';
import type { LaneState } from './lane-state.ts';
import type { LedgerState } from './ledger-state.ts';
import { load, LoadPlan, type Elsewhere } from './load.ts';
import { persist } from './persist.ts';
import type { Submission } from './submission.ts';
import type { BatchCosts } from './writer-observer.ts';

/** What a batch does with each of its commands; `elsewhere` ones belong to another lane. */
export type BatchResult = Submission | { readonly kind: 'elsewhere'; readonly to: Elsewhere };

/** How a batch went. */
export interface BatchReport extends BatchCosts {
  /**
   * For each lane those of the commands that were run, which may be fewer than were given, but one at least of the first lane: the rest is as
   * if never seen.
   */
  readonly results: readonly (readonly BatchResult[])[];
}

/** How long a batch took to lock its lane and load, to run its commands, and to append and COMMIT, in milliseconds. */
export interface BatchPhases {
  readonly loadMs: number;
  readonly decideMs: number;
  readonly commitMs: number;
}

/** A batch of which nothing was written. The transaction may still be open: the client must be rolled back or ended. */
export class BatchFailure extends Error {
  override readonly name = 'BatchFailure';
  /** The statement that failed, where one did. */
  readonly statement: string | undefined;

  constructor(cause: unknown, statement?: string) {
    super('the batch was not written', { cause });
    this.statement = statement;
  }
}

/** The connection was lost during COMMIT. */
export class UnknownOutcome extends Error {
  override readonly name = 'UnknownOutcome';
}

/** More was committed, or less, than the batch meant to: the process must not go on. */
class BatchDefect extends Error {
  override readonly name = 'BatchDefect';
}

/**
 * The plan is empty after the heads, after the keys of ledgers that only the heads made known, and after what scripts find in metadata, one
 * `meta()` after the other.
 */
const loadsMax = 4 + limits.metaDepthMax;

/** How long a batch runs commands: its session ends when it is idle for 5 s, and other lanes wait for the event loop. */
const runMsMax = 1_000;

export type ExecutionSettings = Omit<Execution, 'at'>;

export interface BatchSettings extends ExecutionSettings {
  readonly clock: DatabaseClock;
  /** Of all texts that the batch appends; its last command may pass it. */
  readonly writtenCharactersMax: number;
}

/** What the commands of a lane came to, before anything of it is written. */
interface Decision {
  readonly results: readonly BatchResult[];
  readonly writes: BatchWrites;
}

/** When a batch has had enough; the command that passes a limit is its last. */
interface RunLimits {
  /** Of all texts that are still to be appended. */
  readonly characters: number;
  /** By `performance.now()`. */
  readonly untilMs: number;
}

/** Commands of one lane, with what is known of it. */
export interface LaneCommands {
  readonly state: LaneState;
  readonly commands: readonly Command[];
}

/** What a batch does to one of its lanes. */
export interface DecidedLane extends Decision {
  readonly state: LaneState;
  readonly lane: number;
  /** Behind which it was decided. */
  readonly head: LaneHead;
}

/**
 * Runs commands as one SQL transaction on a pipelined client: lock and load in one round trip, append and commit in
 * another. The states afterwards hold what the batch left, unless it throws: then they must be forgotten.
 *
 * @throws BatchFailure, UnknownOutcome or BatchDefect.
 */
export async function runBatch(
  client: PoolClient,
  lanes: readonly LaneCommands[],
  settings: BatchSettings,
): Promise<BatchReport> {
  const startedMs = performance.now();
  for (const { state } of lanes) state.beginBatch();
  const { locked, elsewhere, roundTrips } = await lockAndLoad(client, lanes).catch((error: unknown) => {
    throw new BatchFailure(error);
  });
  const loadedMs = performance.now();
  let decided: readonly DecidedLane[];
  let statements: readonly Statement[];
  try {
    const now = locked.map((lane) => lane.now).reduce((latest, each) => (each > latest ? each : latest));
    const at = parseInstant(now);
    if (at === undefined) throw new Error(`the database's clock says ${now}`);
    for (const { clock } of locked) settings.clock.note(clock);
    decided = decideLanes(lanes, { settings, heads: locked.map(({ head }) => head), at, elsewhere });
    // What was loaded for the others is right as long as they are locked, and they have no head of a batch to know it by later.
    for (const { state } of lanes.slice(decided.length)) state.forget();
    statements = decided.some(({ writes }) => !writes.isEmpty) ? persist(decided, now) : [];
  } catch (error) {
    throw new BatchFailure(error);
  }
  const decidedMs = performance.now();
  const outcome = await commitPipeline(client, statements).catch((error: unknown) => {
    throw new BatchFailure(error);
  });
  checkOutcome(outcome, statements.length > 0);
  const phases: BatchPhases = {
    loadMs: loadedMs - startedMs,
    decideMs: decidedMs - loadedMs,
    commitMs: performance.now() - decidedMs,
  };
  for (const { state, writes } of decided) state.committed(writes);
  return {
    results: decided.map(({ results }) => results),
    roundTrips: roundTrips + 1,
    committed: statements.length > 0,
    phases,
  };
}

/** @throws BatchFailure, UnknownOutcome or BatchDefect, unless the batch was committed */
export function checkOutcome(
  outcome: CommitOutcome,
  isWriting: boolean,
): asserts outcome is Extract<CommitOutcome, { readonly kind: 'committed' }> {
  switch (outcome.kind) {
    case 'committed':
      return;
    case 'rolled-back':
      throw new BatchFailure(outcome.error, outcome.statement);
    case 'unknown':
      // Where nothing was to be written there is nothing to be unsure about.
      throw isWriting
        ? new UnknownOutcome('the connection was lost during COMMIT', { cause: outcome.error })
        : new BatchFailure(outcome.error);
    case 'defect':
      throw new BatchDefect(outcome.error.message, { cause: outcome.error });
  }
}

interface DecidedOn {
  readonly settings: BatchSettings;
  /** The moment of the batch, no earlier than that of any head. */
  readonly at: Instant;
  readonly elsewhere: ReadonlyMap<string, Elsewhere>;
}

/**
 * Runs commands in memory behind the heads of their lanes. The states afterwards hold what they leave once they are committed.
 *
 * @returns the lanes that there was room for, in the order given: the last of them perhaps not all of its commands, and perhaps not all
 */
export function decideLanes(
  lanes: readonly LaneCommands[],
  { heads, ...on }: DecidedOn & { readonly heads: readonly LaneHead[] },
): readonly DecidedLane[] {
  const decided: DecidedLane[] = [];
  const untilMs = performance.now() + runMsMax;
  let characters = on.settings.writtenCharactersMax;
  for (const [index, ofLane] of lanes.entries()) {
    const { state } = ofLane;
    const head = heads[index];
    if (head === undefined) throw new Error(`nothing is known of lane ${state.lane} to decide a batch by`);
    const decision = decide(ofLane, { ...on, head, limits: { characters, untilMs } });
    decided.push({ ...decision, state, lane: state.lane, head });
    characters -= decision.writes.characters;
    if (decision.results.length < ofLane.commands.length || characters < 0 || performance.now() > untilMs) break;
  }
  return decided;
}

function decide(
  { state, commands }: LaneCommands,
  {
    settings,
    head,
    at,
    elsewhere,
    limits: { characters, untilMs },
  }: DecidedOn & { readonly head: LaneHead; readonly limits: RunLimits },
): Decision {
  const execution: Execution = { ...settings, at };
  const writes = new BatchWrites();
  const results: BatchResult[] = [];
  for (const command of commands) {
    const to = elsewhere.get(command.ledger);
    // Metadata that names an account, or another mapping, changes what the commands behind it need: the next batch loads it.
    const mayNeedMore = writes.accountMetadata.length > 0 || writes.mappings.length > 0;
    if (mayNeedMore && to === undefined && !state.missing([command]).isEmpty) break;
    results.push(
      to === undefined
        ? runCommand(state.ledger(command.ledger), command, execution, writes)
        : { kind: 'elsewhere', to },
    );
    if (writes.characters > characters || performance.now() > untilMs) break;
  }
  const last = writes.outbox.at(-1);
  state.decided(last === undefined ? head : { seq: head.seq + writes.outbox.length, eventId: last.eventId, at });
  return { results, writes };
}

async function lockAndLoad(client: PoolClient, lanes: readonly LaneCommands[]) {
  const plan = missingOf(lanes);
  // What is remembered is not loaded, in the hope that the locks find the remembered heads.
  const [, locked, found] = await Promise.all([
    client.query('BEGIN ISOLATION LEVEL READ COMMITTED'),
    lockLanes(
      client,
      lanes.map(({ state }) => ({ lane: state.lane, head: state.head })),
    ),
    load(client, plan),
  ]);
  for (const [index, { head }] of locked.entries()) lanes[index]?.state.confirm(head);
  const ofOthers = new Map(found.map((ledger) => [ledger.ledger, ledger]));
  const more = missingOf(lanes, ofOthers);
  const { elsewhere, roundTrips } = await loadMissing(client, lanes, { plan: more, found });
  return { locked, elsewhere, roundTrips: roundTrips + 1 } satisfies {
    locked: readonly LockedLane[];
    elsewhere: ReadonlyMap<string, Elsewhere>;
    roundTrips: number;
  };
}

/** What commands need and their lanes do not know. */
export function missingOf(
  lanes: readonly LaneCommands[],
  elsewhere: ReadonlyMap<string, Elsewhere> = new Map(),
): LoadPlan {
  const plan = new LoadPlan();
  for (const { state, commands } of lanes) state.missing(here(commands, elsewhere), plan);
  return plan;
}

/** Loads what a plan names, and what its commands then need, until nothing is missing. `found` are ledgers of other lanes known already. */
export async function loadMissing(
  client: PoolClient,
  lanes: readonly LaneCommands[],
  { plan: first, found = [] }: { readonly plan: LoadPlan; readonly found?: readonly Elsewhere[] },
): Promise<{ readonly elsewhere: ReadonlyMap<string, Elsewhere>; readonly roundTrips: number }> {
  const elsewhere = new Map(found.map((ledger) => [ledger.ledger, ledger]));
  let roundTrips = 0;
  for (let plan = first; !plan.isEmpty;) {
    if (roundTrips >= loadsMax) throw new Error('a batch asks for keys that loading does not bring');
    for (const ledger of await load(client, plan)) elsewhere.set(ledger.ledger, ledger);
    roundTrips += 1;
    if (!plan.mayLeadOn) break;
    plan = missingOf(lanes, elsewhere);
  }
  return { elsewhere, roundTrips };
}

function here(commands: readonly Command[], elsewhere: ReadonlyMap<string, Elsewhere>): readonly Command[] {
  return elsewhere.size === 0 ? commands : commands.filter((command) => !elsewhere.has(command.ledger));
}

function runCommand(ledger: LedgerState, command: Command, execution: Execution, writes: BatchWrites): Submission {
  const { idempotency } = command;
  if (idempotency !== undefined) {
    const record = ledger.idempotencyRecord(idempotency.key);
    if (record !== undefined) {
      return record.requestHash === idempotency.requestHash
        ? { kind: 'answered', answer: record.answer, replayed: true }
        : {
            kind: 'refused',
            refusal: { code: 'VALIDATION', message: 'this Idempotency-Key was used for another request' },
          };
    }
  }
  const outcome = execute(ledger, command, execution);
  if (outcome.kind === 'refused') return outcome;
  const isWritten = outcome.kind === 'accepted' && outcome.effects !== undefined;
  if (isWritten) ledger.apply(outcome.effects, writes, command.trace);
  const isKept = isWritten || outcome.kind === 'refused-in-answer';
  if (isKept && idempotency !== undefined) ledger.keep(idempotency, outcome.answer, writes);
  return { kind: 'answered', answer: outcome.answer, replayed: false };
}
