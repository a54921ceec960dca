import type { TraceContext } from '@daybook/events';
import { isMissingPartition } from '@daybook/outbox';
import { classify, type FailureClass, type Pool, type PoolClient } from '@daybook/postgres';
import type { Command } from '../command/command.ts';
import { BatchFailure, runBatch, UnknownOutcome, type BatchReport, type BatchResult } from './batch.ts';
import type { ExecutionSettings } from './batch.ts';
import type { LagGateObserver } from './lag-gate.ts';
import { LaneState } from './lane-state.ts';
import type { LedgerDirectory } from './ledger-directory.ts';
import type { Submission } from './submission.ts';

/** What all lanes of a process share. */
export interface LaneSurroundings {
  readonly pool: Pool;
  readonly directory: LedgerDirectory;
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
  readonly failure: FailureClass | 'outcome-unknown' | 'missing-partition';
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

/**
 * Writes one lane. While a batch is at the database, arriving commands queue; when it returns, all that wait (up to a
 * limit in count and bytes) form the next one. There is no timer: at low load a command goes at once, at high load
 * batches grow by themselves.
 */
export class LaneWriter {
  readonly #lane: number;
  readonly #surroundings: LaneSurroundings;
  readonly #state: LaneState;
  readonly #queue: QueuedCommand[] = [];
  #running: Promise<void> | undefined;
  #isHalted = false;
  #startedMs = 0;

  constructor(lane: number, surroundings: LaneSurroundings) {
    this.#lane = lane;
    this.#surroundings = surroundings;
    this.#state = new LaneState(surroundings.directory);
  }

  push(entry: QueuedCommand): void {
    this.#queue.push(entry);
    this.#running ??= this.#drain();
  }

  /** Resolves when nothing is queued or under way. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #drain(): Promise<void> {
    // Requests that were read in the same turn of the event loop go together; alone, the first would take a COMMIT of its
    // own while the others wait for it.
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
    while (this.#queue.length > 0) await this.#write(this.#takeBatch());
    this.#running = undefined;
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
      for (const entry of entries) entry.settle(unknown);
      if (error instanceof UnknownOutcome) this.#report(entries, 'outcome-unknown', 'give-up', error);
      else this.#halt(error);
      return;
    }
    // Nothing from here on may lead to another attempt: the batch is written.
    const { results, ...how } = report;
    this.#settle(entries, results);
    if (how.committed) this.#surroundings.rang(this.#lane);
    const durationMs = performance.now() - this.#startedMs;
    this.#surroundings.observer.batchEnded?.({ ...this.#about(entries.slice(0, results.length)), ...how, durationMs });
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
    const { pool, execution, batchBytesMax } = this.#surroundings;
    const client = await pool.connect().catch((error: unknown) => {
      throw new BatchFailure(error);
    });
    let broken = true;
    try {
      const commands = entries.map(({ command }) => command);
      const settings = { ...execution, writtenCharactersMax: writtenPerByte * batchBytesMax };
      const report = await runBatch(client, this.#lane, this.#state, commands, settings);
      broken = false;
      return report;
    } catch (error) {
      if (error instanceof BatchFailure) broken = await rollbackFails(client);
      throw error;
    } finally {
      client.release(broken);
    }
  }

  /** Answers after COMMIT. What the batch had no room for goes first in the next one. */
  #settle(entries: readonly QueuedCommand[], results: readonly BatchResult[]): void {
    this.#queue.unshift(...entries.slice(results.length));
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
    this.#surroundings.observer.batchFailed?.({ ...this.#about(entries), failure, next, error });
  }

  #about(entries: readonly QueuedCommand[]): AnyBatch {
    const traces = entries.flatMap(({ command: { trace } }) => trace ?? []);
    return { lane: this.#lane, commands: entries.length, traces, startedMs: this.#startedMs };
  }
}

async function rollbackFails(client: PoolClient): Promise<boolean> {
  return client.query('ROLLBACK').then(
    () => false,
    () => true,
  );
}
