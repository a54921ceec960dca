import { expect, test } from 'vitest';
import { pace, type PublishSample } from './pair-rate.ts';

/** Half a second apart, a thousand events in each; so many rows more behind each time. */
function samples(behindEach: number): PublishSample[] {
  return Array.from({ length: 30 }, (_, index) => ({
    atMs: index * 500,
    acknowledged: index * 1_000,
    rowsBehind: 50 + index * behindEach,
    lagSeconds: index / 10,
  }));
}

test('the pace is that of acknowledged records', () => {
  expect(pace(samples(0))).toEqual({ eventsPerSecond: 2_000, growth: 0, lagSecondsMax: 2.9 });
});

test('rows that pile up are seen as their share of what is published', () => {
  expect(pace(samples(30)).growth).toBeCloseTo(0.03);
});

test('there is no pace where nothing was published', () => {
  expect(() => pace(samples(0).slice(0, 2))).toThrow(RangeError);
  expect(() => pace(samples(0).map((sample) => ({ ...sample, acknowledged: 7 })))).toThrow(RangeError);
});
