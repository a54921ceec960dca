import type { TraceContext } from '@daybook/events';
import type { FailureClass } from '@daybook/postgres';
import type { BatchPhases } from './batch.ts';
import type { LagGateObserver } from './lag-gate.ts';

export interface AnyBatch {
  readonly lanes: readonly number[];
  readonly commands: number;
  /** Of the requests that are part of one. */
  readonly traces: readonly TraceContext[];
  /** By `performance.now()`, before a connection was asked for. */
  readonly startedMs: number;
}

/** How a batch went at the database. */
export interface BatchCosts {
  readonly roundTrips: number;
  /** False where nothing was to be written: refusals, previews, replays. */
  readonly committed: boolean;
  readonly phases: BatchPhases;
}

/** A batch that ended in order, whether it had something to write or not. Its commands are those that it ran. */
export interface BatchEnd extends AnyBatch, BatchCosts {
  readonly durationMs: number;
}

/** A batch that was not written, or of which nobody knows, and what happens next. */
export interface BatchFail extends AnyBatch {
  /** `head-moved`: another process wrote a lane meanwhile, so the batch that counted on its head is decided again. */
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
