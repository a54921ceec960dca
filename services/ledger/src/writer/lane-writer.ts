import type { TraceContext } from '@daybook/events';
import { isHeadMoved, isMissingPartition } from '@daybook/outbox';
import { classify, type FailureClass, type Pool, type PoolClient } from '@daybook/postgres';
import type { Command } from '../command/command.ts';
import { commitAhead, decideAhead, isOneStatement, type BatchAhead } from './batch-ahead.ts';
import {
  BatchFailure,
  runBatch,
  UnknownOutcome,
  type BatchReport,
  type BatchResult,
  type BatchSettings,
  type ExecutionSettings,
} from './batch.ts';
import type { DatabaseClock } from './database-clock.ts';
import type { LagGateObserver } from './lag-gate.ts';
import { LaneState } from './lane-state.ts';
import type { LedgerDirectory } from './ledger-directory.ts';
import type { Submission } from './submission.ts';

/** What all lanes of a process share. */
export interface LaneSurroundings {
  readonly pool: Pool;
  readonly directory: LedgerDirectory;
  readonly clock: DatabaseClock;
  readonly execution: ExecutionSettings;
  readonly batchCommandsMax: number;
  readonly batchBytesMax: number;
  readonly observer: WriterObserver;
  /** Makes the outbox partition for now and the days ahead. */
  makePartitions(): Promise<unknown>;
  /** Hands a command to the lane that its ledger turned out to live in. */
  reroute(entry: QueuedCommand, lane: number): void;
  /** Called after COMMIT, with the lane that has new rows. */
  rang(lane: number): void;
}

interface AnyBatch {
  readonly lane: number;
  readonly commands: number;
  /** Of the requests that are part of one. */
  readonly traces: readonly TraceContext[];
  /** By `performance.now()`, before a connection was asked for. */
  readonly startedMs: number;
}

/** A batch that ended in order, whether it had something to write or not. Its commands are those that it ran. */
export interface BatchEnd extends AnyBatch, Omit<BatchReport, 'results'> {
  readonly durationMs: number;
}

/** A batch that was not written, or of which nobody knows, and what happens next. */
export interface BatchFail extends AnyBatch {
  /** `head-moved`: another process wrote the lane meanwhile, so the batch that counted on the head is decided again. */
  readonly failure: FailureClass | 'outcome-unknown' | 'missing-partition' | 'head-moved';
  readonly next: 'again' | 'one-by-one' | 'give-up';
  readonly error: unknown;
}

/** What a writer tells of its batches, and of the commands that never get to one. */
export interface WriterObserver extends LagGateObserver {
  /** A command was refused since its lane is published too late. */
  lagRefused?(lane: number): void;
  batchEnded?(report: BatchEnd): void;
  batchFailed?(report: BatchFail): void;
  /** The process must stop: its picture of the database is wrong. */
  defect?(error: Error): void;
}

/** A command that waits for its batch. */
export interface QueuedCommand {
  readonly command: Command;
  settle(submission: Submission): void;
  fail(error: unknown): void;
}

const unavailable: Submission = {
  kind: 'unavailable',
  reason: 'database',
  message: 'the database is not available; nothing was written',
  retryAfterSeconds: 1,
};

const unknown: Submission = {
  kind: 'unavailable',
  reason: 'outcome-unknown',
  message:
    'the connection to the database was lost during COMMIT: the write may have happened or not; repeat it with the same Idempotency-Key',
  retryAfterSeconds: 1,
};

const halted: Submission = {
  kind: 'unavailable',
  reason: 'stopping',
  message: 'the service is stopping after a defect; nothing was written',
  retryAfterSeconds: 1,
};

/**
 * Characters that a batch may append for each byte that its requests may have. An ordinary transaction has five; one of
 * balances with 1,000 digits has a hundred, and a batch of them took the process's memory.
 */
const writtenPerByte = 8;

/** A batch on its way to COMMIT. */
interface Flight {
  readonly entries: readonly QueuedCommand[];
  readonly batch: BatchAhead;
}

/** A batch that was decided ahead and not written. */
interface Fallen {
  readonly entries: readonly QueuedCommand[];
  readonly startedMs: number;
  /** Undefined where it was not its own: what it was decided on is not so. */
  readonly cause: unknown;
}

/**
 * Writes one lane. While a batch is at the database, arriving commands queue; when it returns, all that wait (up to a
 * limit in count and bytes) form the next one. There is no timer: at low load a command goes at once, at high load
 * batches grow by themselves.
 *
 * Once as many wait as are on their way, they follow without waiting for it: a batch is decided ahead and sent behind the one before, so that
 * neither the database nor this process waits for the other. Two are on their way at most. Where one of them fails, all that were decided
 * behind it fail too, and their commands are run again in their order, under the lock.
 */
export class LaneWriter {
  readonly #lane: number;
  readonly #surroundings: LaneSurroundings;
  readonly #settings: BatchSettings;
  readonly #state: LaneState;
  readonly #queue: QueuedCommand[] = [];
  /** Two at most, the first sent first; all on one connection, which is given back when the last has landed. */
  readonly #inAir: Flight[] = [];
  #client: PoolClient | undefined;
  /** Batches that failed in the air, to be run again under the lock. */
  readonly #fallen: Fallen[] = [];
  #hasFallen = false;
  #running: Promise<void> | undefined;
  #moved = Promise.withResolvers<void>();
  #isHalted = false;
  #startedMs = 0;

  constructor(lane: number, surroundings: LaneSurroundings) {
    this.#lane = lane;
    this.#surroundings = surroundings;
    const { execution, clock, batchBytesMax } = surroundings;
    this.#settings = { ...execution, clock, writtenCharactersMax: writtenPerByte * batchBytesMax };
    this.#state = new LaneState(surroundings.directory);
  }

  push(entry: QueuedCommand): void {
    this.#queue.push(entry);
    this.#running ??= this.#drain();
    if (this.#mayFollow) this.#moved.resolve();
  }

  /** Resolves when nothing is queued or under way. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  /** Whether a batch may be sent behind the one in the air. Not while other lanes wait for a connection. */
  get #mayFollow(): boolean {
    const [before, second] = this.#inAir;
    return (
      before !== undefined &&
      second === undefined &&
      this.#queue.length >= before.entries.length &&
      this.#fallen.length === 0 &&
      isOneStatement(before.batch) &&
      this.#state.headAhead !== undefined &&
      this.#surroundings.pool.waitingCount === 0
    );
  }

  async #drain(): Promise<void> {
    // Requests that were read in the same turn of the event loop go together; alone, the first would take a COMMIT of its
    // own while the others wait for it.
    await turn();
    for (;;) {
      if (this.#mayFollow) {
        await turn();
        await this.#sendAhead(this.#takeBatch());
      } else if (this.#inAir.length > 0) await this.#landing();
      else if (this.#fallen.length > 0) await this.#pickUp(this.#fallen.shift());
      else if (this.#queue.length === 0) break;
      else if (this.#state.headAhead !== undefined && !this.#isHalted) await this.#sendAhead(this.#takeBatch());
      else await this.#write(this.#takeBatch());
    }
    this.#running = undefined;
  }

  /** Decides a batch and sends it, behind the one in the air if there is one. */
  async #sendAhead(entries: readonly QueuedCommand[]): Promise<void> {
    const startedMs = performance.now();
    const { pool } = this.#surroundings;
    let loader: PoolClient | undefined;
    let batch: BatchAhead;
    try {
      const connect = async () => (loader = await pool.connect());
      const commands = entries.map(({ command }) => command);
      batch = await decideAhead(connect, this.#lane, this.#state, commands, this.#settings);
      // It waits for the connection, where there are others on it: what is not one statement must not be sent between theirs.
      while (this.#inAir.length > 0 && !isOneStatement(batch)) await this.#landing();
      if (this.#inAir.length === 0) {
        this.#client = loader ?? (await pool.connect());
        loader = undefined;
      }
    } catch (cause) {
      loader?.release(true);
      this.#fall({ entries, startedMs, cause });
      return;
    }
    loader?.release();
    const client = this.#client;
    if (client === undefined) throw new Error('a batch has no connection to be sent on');
    const sent = entries.slice(0, batch.results.length);
    // What the batch had no room for goes first in the next one.
    this.#queue.unshift(...entries.slice(sent.length));
    if (this.#fallen.length > 0) {
      // Decided on a batch that has failed meanwhile.
      this.#fall({ entries: sent, startedMs, cause: undefined });
      if (this.#inAir.length === 0) this.#giveBack();
      return;
    }
    const flight = { entries: sent, batch };
    this.#inAir.push(flight);
    void this.#fly(flight, client, startedMs);
  }

  async #fly(flight: Flight, client: PoolClient, startedMs: number): Promise<void> {
    const { entries, batch } = flight;
    let end: { readonly report: BatchReport } | { readonly error: unknown };
    try {
      end = { report: await commitAhead(client, batch, this.#settings) };
    } catch (error) {
      end = { error };
      this.#hasFallen = true;
    }
    this.#inAir.splice(this.#inAir.indexOf(flight), 1);
    if (this.#inAir.length === 0) this.#giveBack();
    if ('report' in end) {
      this.#state.committed(batch.writes, this.#lane);
      this.#finish(entries, end.report, startedMs);
    } else if (end.error instanceof BatchFailure) {
      const { cause } = end.error;
      const isMoved = isHeadMoved(cause);
      if (isMoved) this.#report(entries, 'head-moved', 'again', cause);
      this.#fall({ entries, startedMs, cause: isMoved ? undefined : cause });
    } else {
      this.#state.forget();
      this.#settleUnknown(entries, end.error);
    }
    this.#moved.resolve();
  }

  /** Resolves when a batch has landed, or one may follow. */
  async #landing(): Promise<void> {
    this.#moved = Promise.withResolvers();
    await this.#moved.promise;
  }

  #fall(fallen: Fallen): void {
    this.#fallen.push(fallen);
    this.#state.notAlone();
  }

  /** The connection of batches in the air, when the last has landed; one on which a batch failed may hold an open transaction. */
  #giveBack(): void {
    this.#client?.release(this.#hasFallen);
    this.#client = undefined;
    this.#hasFallen = false;
  }

  async #pickUp(fallen: Fallen | undefined): Promise<void> {
    if (fallen === undefined) return;
    const { entries, startedMs, cause } = fallen;
    this.#startedMs = startedMs;
    if (cause === undefined) await this.#write(entries);
    else await this.#afterFailure(entries, cause, false);
  }

  #takeBatch(): QueuedCommand[] {
    const { batchCommandsMax, batchBytesMax } = this.#surroundings;
    let bytes = 0;
    let count = 0;
    for (const { command } of this.#queue) {
      bytes += command.bytes;
      if (count > 0 && (count >= batchCommandsMax || bytes > batchBytesMax)) break;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }

  /** Writes a batch, once more after a failure that may pass, and then command by command, so only the guilty fails. */
  async #write(entries: readonly QueuedCommand[], isRepeat = false): Promise<void> {
    if (this.#isHalted) {
      for (const entry of entries) entry.settle(halted);
      return;
    }
    this.#startedMs = performance.now();
    let report: BatchReport;
    try {
      report = await this.#attempt(entries);
    } catch (error) {
      this.#state.forget();
      if (error instanceof BatchFailure) {
        await this.#afterFailure(entries, error.cause, isRepeat);
        return;
      }
      this.#settleUnknown(entries, error);
      return;
    }
    // What the batch had no room for goes first in the next one.
    this.#queue.unshift(...entries.slice(report.results.length));
    this.#finish(entries.slice(0, report.results.length), report, this.#startedMs);
  }

  /** Nothing from here on may lead to another attempt: the batch is written. */
  #finish(entries: readonly QueuedCommand[], { results, ...how }: BatchReport, startedMs: number): void {
    this.#settle(entries, results);
    if (how.committed) this.#surroundings.rang(this.#lane);
    const durationMs = performance.now() - startedMs;
    this.#surroundings.observer.batchEnded?.({ ...this.#about(entries, startedMs), ...how, durationMs });
  }

  #settleUnknown(entries: readonly QueuedCommand[], error: unknown): void {
    for (const entry of entries) entry.settle(unknown);
    if (error instanceof UnknownOutcome) this.#report(entries, 'outcome-unknown', 'give-up', error);
    else this.#halt(error);
  }

  /** Writes nothing more: who knows what is in the database has to be found out by a new process. */
  #halt(error: unknown): void {
    this.#isHalted = true;
    this.#surroundings.observer.defect?.(
      error instanceof Error ? error : new Error('a batch failed', { cause: error }),
    );
  }

  async #afterFailure(entries: readonly QueuedCommand[], cause: unknown, isRepeat: boolean): Promise<void> {
    if (isMissingPartition(cause)) {
      this.#report(entries, 'missing-partition', isRepeat ? 'give-up' : 'again', cause);
      const made = await this.#surroundings.makePartitions().then(
        () => true,
        () => false,
      );
      if (made && !isRepeat) await this.#write(entries, true);
      else for (const entry of entries) entry.settle(unavailable);
      return;
    }
    const failure = classify(cause);
    switch (failure) {
      case 'unreachable':
      case 'busy':
      case 'missing':
      case 'denied':
        // All commands alike: asking again one by one would only multiply the wait.
        if (!isRepeat && failure === 'unreachable') {
          this.#report(entries, failure, 'again', cause);
          await this.#write(entries, true);
          return;
        }
        this.#report(entries, failure, 'give-up', cause);
        for (const entry of entries) entry.settle(unavailable);
        return;
      case 'constraint':
      case 'data':
      case 'defect':
        if (entries.length > 1) {
          this.#report(entries, failure, isRepeat || failure === 'data' ? 'one-by-one' : 'again', cause);
          if (!isRepeat && failure !== 'data') await this.#write(entries, true);
          else for (const entry of entries) await this.#write([entry]);
          return;
        }
        this.#report(entries, failure, isRepeat || failure === 'data' ? 'give-up' : 'again', cause);
        if (!isRepeat && failure !== 'data') await this.#write(entries, true);
        else for (const entry of entries) this.#giveUp(entry, failure, cause);
    }
  }

  #giveUp(entry: QueuedCommand, failure: 'constraint' | 'data' | 'defect', cause: unknown): void {
    if (failure !== 'data') {
      entry.fail(cause);
      return;
    }
    const reason = cause instanceof Error ? cause.message : 'unknown reason';
    entry.settle({
      kind: 'refused',
      refusal: { code: 'VALIDATION', message: `the database cannot store this request: ${reason}` },
    });
  }

  /**
   * One transaction on one connection, which is thrown away unless the transaction ended.
   *
   * @throws BatchFailure when nothing was written, UnknownOutcome, or anything else for a defect.
   */
  async #attempt(entries: readonly QueuedCommand[]): Promise<BatchReport> {
    const client = await this.#surroundings.pool.connect().catch((error: unknown) => {
      throw new BatchFailure(error);
    });
    let broken = true;
    try {
      const commands = entries.map(({ command }) => command);
      const report = await runBatch(client, this.#lane, this.#state, commands, this.#settings);
      broken = false;
      return report;
    } catch (error) {
      if (error instanceof BatchFailure) broken = await rollbackFails(client);
      throw error;
    } finally {
      client.release(broken);
    }
  }

  /** Answers after COMMIT. */
  #settle(entries: readonly QueuedCommand[], results: readonly BatchResult[]): void {
    for (const [index, result] of results.entries()) {
      const entry = entries[index];
      if (result.kind !== 'elsewhere') entry?.settle(result);
      else if (entry !== undefined) {
        this.#surroundings.directory.remember(result.to.ledger, result.to);
        this.#surroundings.reroute(entry, result.to.lane);
      }
    }
  }

  #report(
    entries: readonly QueuedCommand[],
    failure: BatchFail['failure'],
    next: BatchFail['next'],
    error: unknown,
  ): void {
    this.#surroundings.observer.batchFailed?.({ ...this.#about(entries, this.#startedMs), failure, next, error });
  }

  #about(entries: readonly QueuedCommand[], startedMs: number): AnyBatch {
    const traces = entries.flatMap(({ command: { trace } }) => trace ?? []);
    return { lane: this.#lane, commands: entries.length, traces, startedMs };
  }
}

/** The rest of this turn of the event loop, in which more requests may be read. */
async function turn(): Promise<void> {
  await new Promise<void>((resolve) => {
    setImmediate(resolve);
  });
}

async function rollbackFails(client: PoolClient): Promise<boolean> {
  return client.query('ROLLBACK').then(
    () => false,
    () => true,
  );
}
