import type { LockedLane } from '@daybook/outbox';
import { lockLane } from '@daybook/outbox';
import { limits } from '@daybook/numscript';
import { commitPipeline, type PoolClient } from '@daybook/postgres';
import type { Command } from '../command/command.ts';
import { execute } from '../command/execute.ts';
import type { Execution } from '../command/execution.ts';
import { parseInstant } from '../command/instant.ts';
import { BatchWrites } from './batch-writes.ts';
import type { LaneState } from './lane-state.ts';
import type { LedgerState } from './ledger-state.ts';
import { load, type Elsewhere } from './load.ts';
import { persist } from './persist.ts';
import type { Submission } from './submission.ts';

/** What a batch does with each of its commands; `elsewhere` ones belong to another lane. */
export type BatchResult = Submission | { readonly kind: 'elsewhere'; readonly to: Elsewhere };

/** How a batch went at the database. */
export interface BatchReport {
  /** Of the commands that were run, which may be fewer than were given, but one at least: the rest is as if never seen. */
  readonly results: readonly BatchResult[];
  readonly roundTrips: number;
  /** False where nothing was to be written: refusals, previews, replays. */
  readonly committed: boolean;
  readonly phases: BatchPhases;
}

/** How long a batch took to lock its lane and load, to run its commands, and to append and COMMIT, in milliseconds. */
interface BatchPhases {
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
  /** Of all texts that the batch appends; its last command may pass it. */
  readonly writtenCharactersMax: number;
}

/**
 * Runs commands as one SQL transaction on a pipelined client: lock and load in one round trip, append and commit in
 * another. `state` afterwards holds what the batch left, unless it throws: then it must be forgotten.
 *
 * @throws BatchFailure, UnknownOutcome or BatchDefect.
 */
export async function runBatch(
  client: PoolClient,
  lane: number,
  state: LaneState,
  commands: readonly Command[],
  settings: BatchSettings,
): Promise<BatchReport> {
  const startedMs = performance.now();
  const { locked, elsewhere, roundTrips } = await lockAndLoad(client, lane, state, commands).catch((error: unknown) => {
    throw new BatchFailure(error);
  });
  const loadedMs = performance.now();
  const writes = new BatchWrites();
  let results: BatchResult[];
  let statements;
  try {
    const at = parseInstant(locked.now);
    if (at === undefined) throw new Error(`the database's clock says ${locked.now}`);
    const execution: Execution = { ...settings, at };
    results = [];
    for (const command of commands) {
      const to = elsewhere.get(command.ledger);
      // A command before it changed what this one needs, by metadata that names an account or by another mapping: the next batch loads it.
      if (results.length > 0 && to === undefined && !state.missing([command]).isEmpty) break;
      results.push(
        to === undefined
          ? runCommand(state.ledger(command.ledger), command, execution, writes)
          : { kind: 'elsewhere', to },
      );
      if (writes.characters > settings.writtenCharactersMax || performance.now() - loadedMs > runMsMax) break;
    }
    statements = writes.isEmpty ? [] : persist(lane, locked, writes);
  } catch (error) {
    throw new BatchFailure(error);
  }
  const decidedMs = performance.now();
  const outcome = await commitPipeline(client, statements).catch((error: unknown) => {
    throw new BatchFailure(error);
  });
  switch (outcome.kind) {
    case 'committed':
      break;
    case 'rolled-back':
      throw new BatchFailure(outcome.error, outcome.statement);
    case 'unknown':
      // Where nothing was to be written there is nothing to be unsure about.
      throw writes.isEmpty
        ? new BatchFailure(outcome.error)
        : new UnknownOutcome('the connection was lost during COMMIT', { cause: outcome.error });
    case 'defect':
      throw new BatchDefect(outcome.error.message, { cause: outcome.error });
  }
  const phases: BatchPhases = {
    loadMs: loadedMs - startedMs,
    decideMs: decidedMs - loadedMs,
    commitMs: performance.now() - decidedMs,
  };
  const last = writes.outbox.at(-1);
  if (last === undefined) state.read(locked.head);
  else {
    const seq = locked.head.seq + writes.outbox.length;
    state.committed({ seq, eventId: last.eventId, at: locked.now }, writes, lane);
  }
  return { results, roundTrips: roundTrips + 1, committed: !writes.isEmpty, phases };
}

async function lockAndLoad(client: PoolClient, lane: number, state: LaneState, commands: readonly Command[]) {
  const elsewhere = new Map<string, Elsewhere>();
  const here = () => commands.filter((command) => !elsewhere.has(command.ledger));
  const note = (found: readonly Elsewhere[]) => {
    for (const ledger of found) elsewhere.set(ledger.ledger, ledger);
  };
  // What is remembered is not loaded, in the hope that the lock finds the remembered head.
  const [, locked, found] = await Promise.all([
    client.query('BEGIN ISOLATION LEVEL READ COMMITTED'),
    lockLane(client, lane, state.head),
    load(client, lane, state.missing(commands)),
  ]);
  note(found);
  state.confirm(locked.head);
  let roundTrips = 1;
  for (let plan = state.missing(here()); !plan.isEmpty; plan = state.missing(here())) {
    if (roundTrips >= loadsMax) throw new Error('a batch asks for keys that loading does not bring');
    note(await load(client, lane, plan));
    roundTrips += 1;
  }
  return { locked, elsewhere, roundTrips } satisfies {
    locked: LockedLane;
    elsewhere: ReadonlyMap<string, Elsewhere>;
    roundTrips: number;
  };
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
