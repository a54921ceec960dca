import { expect, test } from 'vitest';
import type { TopicRecord } from '../../packages/stack/src/testing/index.ts';
import { longestGap } from './lane-gaps.ts';

const row = (lane: number, seq: number, committedAtMs: number) => ({
  lane,
  seq,
  eventId: `${lane}-${seq}`,
  committedAtMs,
});

const record = (id: string, timestampMs: number): TopicRecord => ({
  partition: 0,
  offset: 0,
  key: null,
  headers: { id },
  value: Buffer.alloc(0),
  timestampMs,
});

test('a gap counts from the record before or the commit, whichever is later, and repeats count for nothing', () => {
  const rows = [row(1, 1, 0), row(1, 2, 10), row(1, 3, 900), row(2, 1, 0)];
  const records = [record('1-1', 5), record('1-2', 300), record('1-1', 700), record('1-3', 950), record('2-1', 20)];
  expect(longestGap(records, rows)).toEqual({ lane: 1, gapMs: 290, seq: 2 });
});

test('a row that is not there is a gap without end', () => {
  expect(longestGap([], [row(1, 1, 0)]).gapMs).toBe(Infinity);
});
