import { expect, it } from 'vitest';
import { ReadingProgress } from './reading-progress.ts';

const stretches = [
  { topic: 'a', partition: 0, from: 5, end: 10 },
  { topic: 'a', partition: 1, from: 0, end: 3 },
];

it('wants each offset once, and counts offsets rather than records', () => {
  const progress = new ReadingProgress(stretches);
  expect([4, 5, 9, 10].map((offset) => progress.wants('a', 0, offset))).toEqual([false, true, true, false]);
  expect(progress.wants('b', 0, 5)).toBe(false);
  progress.advance('a', 0, 8);
  progress.advance('a', 0, 6);
  expect([6, 7, 8].map((offset) => progress.wants('a', 0, offset))).toEqual([false, false, true]);
  expect(progress.read).toBe(3);
  expect(progress.left).toEqual([{ ...stretches[0], from: 8 }, stretches[1]]);
});

it('is done when every partition is, and once', () => {
  const progress = new ReadingProgress(stretches);
  progress.advance('a', 0, 20);
  progress.advance('a', 0, 30);
  expect([progress.isDone('a', 0), progress.isDone('a', 1), progress.isDone('b', 0)]).toEqual([true, false, true]);
  expect([progress.isAllDone, progress.read]).toEqual([false, 5]);
  progress.advance('a', 1, 3);
  expect([progress.isAllDone, progress.read]).toEqual([true, 8]);
});

it('says where it stands still', () => {
  const progress = new ReadingProgress(stretches);
  progress.advance('a', 0, 10);
  expect(progress.stalledFor(60_000)).toBeUndefined();
  expect(progress.stalledFor(0)).toBe('Kafka gave nothing of a/1 for 0 ms: offset 0 is next, 3 the end');
});
