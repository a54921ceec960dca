import type { StoredRow } from '@daybook/outbox';
import { beforeEach, describe, expect, it } from 'vitest';
import { LaneProgress, type Slice } from './lane-progress.ts';
import type { Failure } from './publisher.ts';

const lane = 3;
const failure: Failure = { kind: 'retry', reason: 'broker', error: new Error('staged') };

function rows(from: number, to: number): StoredRow[] {
  return Array.from({ length: to - from + 1 }, (_, index) => ({
    lane,
    seq: from + index,
    at: `at ${from + index}`,
    eventId: `event ${from + index}`,
    type: 'COMMITTED_TRANSACTIONS',
    ledger: 'books',
    eventSequence: from + index,
    key: 'books',
    headers: null,
    body: '{}',
    bytes: 2,
  }));
}

let progress: LaneProgress;

beforeEach(() => {
  progress = new LaneProgress({ lane, seq: 10, at: 'at 10' });
});

function take(from: number, to: number): Slice {
  const slice = progress.take(rows(from, to));
  if (slice === 'hole') throw new Error('a hole');
  return slice;
}

/** Sends a slice, and settles it with failures for some rows. */
function fly(slice: Slice, failed: readonly number[] = []) {
  expect(progress.begin(slice)).toBe(true);
  const sent = slice.rows.filter(({ seq }) => !progress.isAhead(seq));
  for (const _ of sent) slice.sent();
  for (const { seq } of sent) slice.settle(seq, failed.includes(seq) ? failure : { kind: 'acknowledged' });
  return progress.land(slice);
}

describe('LaneProgress', () => {
  it('takes rows from just above its position on, and no others', () => {
    expect(progress.take(rows(12, 13))).toBe('hole');
    expect(progress.take(rows(10, 11))).toBe('hole');
    expect(progress.cursor.seq).toBe(10);
    take(11, 12);
    expect(progress.cursor).toEqual({ lane, seq: 12, at: 'at 12' });
  });

  it('takes rows up to a hole, and stops there', () => {
    const slice = progress.take([...rows(11, 12), ...rows(14, 15)]);
    expect(slice === 'hole' ? [] : slice.rows.map(({ seq }) => seq)).toEqual([11, 12]);
    expect(progress.take(rows(14, 15))).toBe('hole');
    expect(progress.cursor.seq).toBe(12);
  });

  it('sends what was read ahead only after what was before it', () => {
    const first = take(11, 12);
    const second = take(13, 14);
    expect(progress.begin(second)).toBe(false);
    expect(fly(first)).toBeUndefined();
    expect(progress.acknowledged).toEqual({ lane, seq: 12, at: 'at 12' });
    expect(fly(second)).toBeUndefined();
    expect(progress.acknowledged.seq).toBe(14);
  });

  it('holds one slice in flight at a time', () => {
    const first = take(11, 12);
    const second = take(13, 14);
    progress.begin(first);
    expect(progress.begin(second)).toBe(false);
  });

  it('moves up to the first row that failed, and remembers those behind it that did not', () => {
    expect(fly(take(11, 16), [13, 15])).toEqual({ seq: 13, failure });
    expect(progress.acknowledged).toEqual({ lane, seq: 12, at: 'at 12' });
    expect([13, 14, 15, 16].filter((seq) => progress.isAhead(seq))).toEqual([14, 16]);
    expect(progress.cursor.seq).toBe(12);
  });

  it('sends no row behind a slice that failed before all of that slice is acknowledged', () => {
    fly(take(11, 16), [13]);
    const again = progress.take(rows(13, 20));
    if (again === 'hole') throw new Error('a hole');
    expect(again.rows.map(({ seq }) => seq)).toEqual([13, 14, 15, 16]);
    expect(progress.isReadable).toBe(false);
    expect(fly(again)).toBeUndefined();
    expect(progress.isReadable).toBe(true);
    expect(progress.acknowledged.seq).toBe(16);
    expect(fly(take(17, 18))).toBeUndefined();
  });

  it('keeps what it remembers while the slice is sent again in pieces', () => {
    fly(take(11, 18), [11, 17]);
    expect(fly(take(11, 13), [11])).toEqual({ seq: 11, failure });
    expect([14, 15, 16, 18].every((seq) => progress.isAhead(seq))).toBe(true);
    expect(fly(take(11, 13))).toBeUndefined();
    expect(progress.acknowledged.seq).toBe(13);
    expect(progress.isAhead(17)).toBe(false);
    expect(fly(take(14, 18))).toBeUndefined();
    expect(progress.acknowledged.seq).toBe(18);
  });

  it('sends what was set aside in a slice that failed, should it be due by then', () => {
    const slice = take(11, 14);
    slice.leaveOut(13);
    expect(fly(slice, [11])).toEqual({ seq: 11, failure });
    expect([12, 13, 14].filter((seq) => progress.isAhead(seq))).toEqual([12, 14]);
  });

  it('drops what was read ahead of a slice that failed', () => {
    const first = take(11, 12);
    const second = take(13, 14);
    fly(first, [12]);
    expect(progress.begin(second)).toBe(false);
    progress.rewind();
    expect(progress.cursor.seq).toBe(11);
    expect(progress.isReadable).toBe(true);
  });

  it('reads no further ahead while a refused slice waits for the one in flight', () => {
    const first = take(11, 12);
    progress.begin(first);
    first.sent();
    expect(progress.begin(take(13, 14))).toBe(false);
    progress.rewind();
    expect(progress.cursor.seq).toBe(12);
    expect(progress.isReadable).toBe(false);
    first.settle(11, { kind: 'acknowledged' });
    progress.land(first);
    expect(progress.isReadable).toBe(true);
  });

  it('does not let a slice land that is still being waited for', () => {
    const slice = take(11, 12);
    progress.begin(slice);
    slice.sent();
    expect(() => progress.land(slice)).toThrow(/cannot land/);
  });
});
