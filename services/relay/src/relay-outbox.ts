import {
  appendPositions,
  holdKey,
  moveHeld,
  notePublished,
  parkRow,
  readHeld,
  readNext,
  readRow,
  releaseHeld,
  rowsSetAside,
  type ReadLimits,
} from '@daybook/outbox';
import type { Pool } from '@daybook/postgres';
import type { RelayOutbox } from './relay.ts';

/** Runs work until the database answers; undefined when told to stop meanwhile. */
type Answered = <Result>(work: () => Promise<Result>) => Promise<Result | undefined>;

interface RelayOutboxOptions {
  readonly relay: string;
  readonly limits: Pick<ReadLimits, 'rows' | 'bytes'>;
  /** For what a stop breaks off, and for what it lets finish: the facts about rows that were sent. */
  readonly whileRunning: Answered;
  readonly untilEnded: Answered;
}

/** The outbox as the loop needs it: a database that is away is waited for. */
export function relayOutbox(pool: Pool, { relay, limits, whileRunning, untilEnded }: RelayOutboxOptions): RelayOutbox {
  const done = async (work: () => Promise<void>) =>
    untilEnded(async () => {
      await work();
      return true as const;
    });
  return {
    readNext: async (cursors, readLimits) => whileRunning(async () => readNext(pool, cursors, readLimits)),
    appendPositions: async ({ positions, held, mustExist }) => {
      let isAgain = false;
      return await untilEnded(async () => {
        // The database that answers after one that did not may be an older state of it.
        const given = { relay, held, mustExist: mustExist || isAgain };
        isAgain = true;
        return await appendPositions(pool, positions, given);
      });
    },
    park: async (refusal) => untilEnded(async () => parkRow(pool, { ...refusal, relay })),
    holdKey: async (after, key) => whileRunning(async () => holdKey(pool, after, key)),
    readRow: async (place) => whileRunning(async () => readRow(pool, place)),
    readHeld: async (cursor, key, until) => whileRunning(async () => readHeld(pool, { cursor, key, until }, limits)),
    settledAbove: async (cursor) =>
      whileRunning(async () => new Set((await rowsSetAside(pool, [cursor])).map(({ seq }) => seq))),
    moveHeld: async (through, key) => done(async () => moveHeld(pool, through, key)),
    releaseHeld: async (through, key) => untilEnded(async () => releaseHeld(pool, through, key)),
    notePublished: async (rows) => done(async () => notePublished(pool, rows)),
  };
}
