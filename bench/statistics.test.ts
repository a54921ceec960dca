import { expect, test } from 'vitest';
import { latencyOf } from './statistics.ts';

test('a percentile is the least time that so many are not above', () => {
  const times = Array.from({ length: 200 }, (_, index) => 200 - index);
  expect(latencyOf(times)).toEqual({ p50: 100, p95: 190, p99: 198 });
  expect(latencyOf([-1])).toEqual({ p50: -1, p95: -1, p99: -1 });
});

test('there is no percentile of nothing', () => {
  expect(() => latencyOf([])).toThrow(RangeError);
});
