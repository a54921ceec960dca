import {
  failReplay,
  finishReplay,
  noteReplayError,
  readReplayPage,
  replayLanes,
  saveReplayProgress,
  type ReplayLane,
  type ReplayLimits,
  type ReplayPage,
  type ReplayProgress,
  type ReplayState,
} from '@daybook/outbox';
import type { Pool } from '@daybook/postgres';

/** What a run needs of the database. `undefined` means that it was told to stop meanwhile. */
export interface ReplayStore {
  lanes(): Promise<readonly ReplayLane[] | undefined>;
  /** `gone` when there is no such replay any more. */
  page(lane: ReplayLane, limits: ReplayLimits): Promise<ReplayPage | 'gone' | undefined>;
  /** False when another relay was there first. Goes on while a stop waits for what is in flight. */
  save(progress: ReplayProgress): Promise<boolean | undefined>;
  note(error: string | null): Promise<ReplayState | 'gone' | undefined>;
  fail(error: string): Promise<true | undefined>;
  finish(): Promise<true | undefined>;
}

/** Runs work until the database answers, or until the signal aborts. */
type Answered = <Result>(signal: AbortSignal, work: () => Promise<Result>) => Promise<Result | undefined>;

/** @param options.ended aborts later than `stopping`, when a stop has no more time for progress to be stored */
export function replayStore(
  pool: Pool,
  id: string,
  options: { readonly answered: Answered; readonly stopping: AbortSignal; readonly ended: AbortSignal },
): ReplayStore {
  const { answered, stopping, ended } = options;
  return {
    lanes: async () => await answered(stopping, async () => replayLanes(pool, id)),
    page: async (lane, limits) =>
      await answered(stopping, async () => (await readReplayPage(pool, { id, lane }, limits)) ?? 'gone'),
    save: async (progress) => await answered(ended, async () => saveReplayProgress(pool, id, progress)),
    note: async (error) => await answered(stopping, async () => (await noteReplayError(pool, id, error)) ?? 'gone'),
    fail: async (error) =>
      await answered(ended, async () => {
        await failReplay(pool, id, error);
        return true as const;
      }),
    finish: async () =>
      await answered(stopping, async () => {
        await finishReplay(pool, id);
        return true as const;
      }),
  };
}
