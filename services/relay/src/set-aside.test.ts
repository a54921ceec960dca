import type { HeldKey, StoredRow } from '@daybook/outbox';
import { createBackoff } from '@daybook/runtime';
import { beforeEach, describe, expect, it } from 'vitest';
import { OwnedLane, type LaneStart } from './owned-lane.ts';
import type { Failure } from './publisher.ts';
import { SetAside, type LaneDecisions, type SetAsideOutbox } from './set-aside.ts';

const at = '2026-01-01 00:00:00+00';
const poison: Failure = { kind: 'poison', error: new Error('staged') };

const row = (seq: number, key = 'books'): StoredRow => ({
  lane: 3,
  seq,
  at,
  eventId: `event ${seq}`,
  type: 'COMMITTED_TRANSACTIONS',
  ledger: key,
  eventSequence: seq,
  key,
  headers: null,
  body: '{}',
  bytes: 2,
});

const held = (fromSeq: number, isReleasable: boolean): HeldKey => ({
  lane: 3,
  key: 'books',
  fromSeq,
  at,
  isReleasable,
});

/** The outbox of lane 3, where all rows are of one ledger, and two of them make a page. */
class Stage {
  readonly published: { readonly from: number; readonly through: number; readonly isOutOfPlace: boolean }[] = [];
  readonly delivered: number[] = [];
  settled: readonly number[] = [];
  onDeliver: () => void = () => {};
  readonly lane: OwnedLane;
  readonly setAside: SetAside;

  constructor(start: Partial<LaneStart> = {}) {
    const position = { lane: 3, seq: 10, at };
    this.lane = new OwnedLane(
      { position, held: [], setAside: [], isPaused: false, ...start },
      createBackoff({ baseMs: 1, maxMs: 1 }),
    );
    const outbox: SetAsideOutbox = {
      park: async () => 'parked',
      holdKey: async (after) => after.seq + 1,
      readRow: async ({ seq }) => row(seq),
      readHeld: async ({ seq }, _key, until) => {
        const rows = [seq + 1, seq + 2].filter((each) => each <= until).map((each) => row(each));
        return { rows, through: rows.at(-1)?.seq ?? until };
      },
      settledAbove: async () => new Set(this.settled),
      moveHeld: async () => true,
      releaseHeld: async () => true,
      notePublished: async ({ from, through, isOutOfPlace }) => {
        this.published.push({ from, through, isOutOfPlace });
        return true;
      },
    };
    this.setAside = new SetAside({
      outbox,
      poison: { attemptsMax: 1, policy: 'halt' },
      observe: () => {},
      topicOf: () => 'money',
      deliver: async (rows) => {
        this.delivered.push(...rows.map(({ seq }) => seq));
        this.onDeliver();
        return undefined;
      },
      mayGoOn: () => true,
      wake: () => {},
      beginAnew: () => {},
    });
  }

  heed(changes: Partial<LaneDecisions>): void {
    this.setAside.heed(this.lane, {
      askedAtMs: performance.now(),
      isPaused: false,
      pausedKeys: [],
      held: [],
      setAside: [],
      retries: [],
      ...changes,
    });
  }

  /** The lane sends one row, or passes over it. */
  fly(seq: number): void {
    const slice = this.lane.progress.take([row(seq)]);
    if (slice === 'hole') throw new Error('a hole');
    this.lane.progress.begin(slice);
    this.lane.progress.land(slice);
    this.setAside.notePassed(this.lane);
  }
}

describe('a row at which its lane stood still', () => {
  let stage: Stage;

  beforeEach(async () => {
    stage = new Stage();
    await stage.setAside.refuse(stage.lane, row(11), poison);
  });

  it('is noted as published once it was sent', async () => {
    stage.fly(11);
    await stage.setAside.settled();
    expect(stage.published).toEqual([{ from: 11, through: 11, isOutOfPlace: false }]);
  });

  it('is not noted as published when it was passed over, since its ledger was paused', async () => {
    stage.heed({ pausedKeys: ['books'] });
    await stage.setAside.settled();
    expect(stage.lane.isSetAside(row(11))).toBe(true);
    stage.fly(11);
    await stage.setAside.settled();
    expect(stage.published).toEqual([]);
  });
});

describe('a held key that is released', () => {
  it('is not said to have sent a row that was parked under pass, which is sent alone', async () => {
    const stage = new Stage({ held: [held(8, true)] });
    stage.settled = [9];
    stage.heed({ held: [held(8, true)], retries: [{ lane: 3, seq: 9, at }] });
    await stage.setAside.settled();
    expect(stage.delivered).toEqual([8, 10, 9]);
    const ofThePassed = stage.published.filter(({ from, through }) => from <= 9 && through >= 9);
    expect(ofThePassed.at(-1)).toEqual({ from: 9, through: 9, isOutOfPlace: true });
    expect(ofThePassed.slice(0, -1).every(({ isOutOfPlace }) => !isOutOfPlace)).toBe(true);
  });

  it.each([
    ['its lane', { isPaused: true }],
    ['its ledger', { pausedKeys: ['books'] }],
  ])('sends no further page once someone paused %s', async (_what, pause) => {
    const stage = new Stage({ held: [held(5, true)] });
    stage.onDeliver = () => stage.heed({ held: [held(5, false)], ...pause });
    stage.heed({ held: [held(5, true)] });
    await stage.setAside.settled();
    expect(stage.delivered).toEqual([5, 6]);
    expect(stage.lane.holdOf('books')).toMatchObject({ fromSeq: 7 });
  });

  it('sends nothing where the topic has what the database does not', async () => {
    const stage = new Stage({ held: [held(5, true)] });
    const error = new Error('restored');
    stage.lane.trouble = { lane: 3, seq: 11, kind: 'ahead', failure: undefined, error };
    stage.heed({ held: [held(5, true)], retries: [{ lane: 3, seq: 4, at }] });
    await stage.setAside.settled();
    expect(stage.delivered).toEqual([]);
  });

  it('leaves out a row ahead that was discarded after the lane was told what is settled', async () => {
    const stage = new Stage({ held: [held(11, true)] });
    stage.settled = [11];
    stage.heed({ held: [held(11, true)], setAside: [] });
    await stage.setAside.settled();
    expect(stage.lane.holdOf('books')).toBeUndefined();
    expect(stage.lane.isSetAside(row(11))).toBe(true);
  });
});
