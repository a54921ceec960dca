import { isMissingPartition } from '@daybook/outbox';
import { classify, type Pool, type PoolClient } from '@daybook/postgres';
import {
  BatchFailure,
  runBatch,
  UnknownOutcome,
  type BatchReport,
  type BatchResult,
  type BatchSettings,
} from './batch.ts';
import type { LaneState } from './lane-state.ts';
import { batchOf, byLane, type QueuedCommand, type Settled } from './queued-command.ts';
import { databaseAbsent, type Submission } from './submission.ts';
import type { BatchCosts, BatchFail, WriterObserver } from './writer-observer.ts';

interface LockedWritesOptions {
  readonly pool: Pool;
  readonly settings: BatchSettings;
  readonly stateOf: (lane: number) => LaneState;
  readonly observer: WriterObserver;
  readonly makePartitions: () => Promise<unknown>;
  /** A batch was committed. */
  readonly finished: (settled: readonly Settled[], costs: BatchCosts, startedMs: number) => void;
  /** Commands that a batch had no room for, to go first in the next one. */
  readonly leftOver: (entries: readonly QueuedCommand[]) => void;
}

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
 * Batches that are decided under the locks of their lanes: the first ones, those behind which another process writes, and those that failed.
 * One transaction at a time.
 */
export class LockedWrites {
  readonly #with: LockedWritesOptions;
  #isHalted = false;

  constructor(options: LockedWritesOptions) {
    this.#with = options;
  }

  /** Something was found that must not be: nothing more is written. */
  get isHalted(): boolean {
    return this.#isHalted;
  }

  /** Writes commands, once more after a failure that may pass, and then one by one, so only the guilty fails. */
  async write(entries: readonly QueuedCommand[], isRepeat = false): Promise<void> {
    if (this.#isHalted) {
      for (const entry of entries) entry.settle(halted);
      return;
    }
    const startedMs = performance.now();
    const lanes = [...byLane(entries)].map(([lane, ofLane]) => ({ state: this.#with.stateOf(lane), entries: ofLane }));
    let report: BatchReport;
    try {
      report = await this.#attempt(lanes);
    } catch (error) {
      for (const { state } of lanes) state.forget();
      if (error instanceof BatchFailure) await this.afterFailure(entries, { cause: error.cause, startedMs, isRepeat });
      else this.settleUnknown(entries, error, startedMs);
      return;
    }
    const { results, ...costs } = report;
    const run = lanes.flatMap((ofLane, index) => ofLane.entries.slice(0, results[index]?.length ?? 0));
    if (run.length < entries.length) {
      const isRun = new Set(run);
      this.#with.leftOver(entries.filter((entry) => !isRun.has(entry)));
    }
    this.#with.finished(settledOf(run, results.flat()), costs, startedMs);
  }

  /** Goes on after a batch of which nothing was written. */
  async afterFailure(
    entries: readonly QueuedCommand[],
    { cause, startedMs, isRepeat }: { readonly cause: unknown; readonly startedMs: number; readonly isRepeat: boolean },
  ): Promise<void> {
    const say = (failure: BatchFail['failure'], next: BatchFail['next']) =>
      this.report(entries, { failure, next, error: cause, startedMs });
    if (isMissingPartition(cause)) {
      say('missing-partition', isRepeat ? 'give-up' : 'again');
      const made = await this.#with.makePartitions().then(
        () => true,
        () => false,
      );
      if (made && !isRepeat) await this.write(entries, true);
      else for (const entry of entries) entry.settle(databaseAbsent);
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
          say(failure, 'again');
          await this.write(entries, true);
          return;
        }
        say(failure, 'give-up');
        for (const entry of entries) entry.settle(databaseAbsent);
        return;
      case 'constraint':
      case 'data':
      case 'defect': {
        const isOver = isRepeat || failure === 'data';
        if (entries.length > 1) say(failure, isOver ? 'one-by-one' : 'again');
        else say(failure, isOver ? 'give-up' : 'again');
        if (!isOver) await this.write(entries, true);
        else if (entries.length > 1) for (const entry of entries) await this.write([entry]);
        else for (const entry of entries) giveUp(entry, failure, cause);
      }
    }
  }

  /** Answers the commands of a batch of which nobody knows whether it was written. Stops all writing unless a lost connection is why. */
  settleUnknown(entries: readonly QueuedCommand[], error: unknown, startedMs: number): void {
    for (const entry of entries) entry.settle(unknown);
    if (error instanceof UnknownOutcome) {
      this.report(entries, { failure: 'outcome-unknown', next: 'give-up', error, startedMs });
      return;
    }
    // Who knows what is in the database has to be found out by a new process.
    this.#isHalted = true;
    this.#with.observer.defect?.(error instanceof Error ? error : new Error('a batch failed', { cause: error }));
  }

  report(
    entries: readonly QueuedCommand[],
    { startedMs, ...how }: Pick<BatchFail, 'failure' | 'next' | 'error' | 'startedMs'>,
  ): void {
    this.#with.observer.batchFailed?.({ ...batchOf(entries, startedMs), ...how });
  }

  /**
   * One transaction on one connection, which is thrown away unless the transaction ended.
   *
   * @throws BatchFailure when nothing was written, UnknownOutcome, or anything else for a defect.
   */
  async #attempt(
    lanes: readonly { readonly state: LaneState; readonly entries: readonly QueuedCommand[] }[],
  ): Promise<BatchReport> {
    const client = await this.#with.pool.connect().catch((error: unknown) => {
      throw new BatchFailure(error);
    });
    let broken = true;
    try {
      const commands = lanes.map(({ state, entries }) => ({ state, commands: entries.map(({ command }) => command) }));
      const report = await runBatch(client, commands, this.#with.settings);
      broken = false;
      return report;
    } catch (error) {
      if (error instanceof BatchFailure) broken = await rollbackFails(client);
      throw error;
    } finally {
      client.release(broken);
    }
  }
}

/** The commands that were run, with what became of them. */
export function settledOf(entries: readonly QueuedCommand[], results: readonly BatchResult[]): readonly Settled[] {
  return entries.flatMap((entry, index) => {
    const result = results[index];
    return result === undefined ? [] : [[entry, result] as const];
  });
}

function giveUp(entry: QueuedCommand, failure: 'constraint' | 'data' | 'defect', cause: unknown): void {
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

async function rollbackFails(client: PoolClient): Promise<boolean> {
  return client.query('ROLLBACK').then(
    () => false,
    () => true,
  );
}
