import type { Command } from '../command/command.ts';
import type { BatchResult } from './batch.ts';
import type { Submission } from './submission.ts';
import type { AnyBatch } from './writer-observer.ts';

/** A command that waits for its batch. */
export interface QueuedCommand {
  readonly command: Command;
  /** Where its ledger lives, or will once it is made. */
  readonly lane: number;
  settle(submission: Submission): void;
  fail(error: unknown): void;
}

/** A command with what its batch did with it. */
export type Settled = readonly [QueuedCommand, BatchResult];

/** Commands by their lanes, in the order in which the lanes first appear; those of each in theirs. */
export function byLane(entries: readonly QueuedCommand[]): ReadonlyMap<number, readonly QueuedCommand[]> {
  return Map.groupBy(entries, (entry) => entry.lane);
}

/** What is told of the batch of these commands. */
export function batchOf(entries: readonly QueuedCommand[], startedMs: number): AnyBatch {
  const traces = entries.flatMap(({ command: { trace } }) => trace ?? []);
  return { lanes: [...new Set(entries.map(({ lane }) => lane))], commands: entries.length, traces, startedMs };
}
