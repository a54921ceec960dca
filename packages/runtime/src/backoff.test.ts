import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createBackoff } from './backoff.ts';

test.each([
  [0, [1, 1, 1, 1, 1, 1]],
  [0.5, [51, 101, 201, 401, 501, 501]],
  [0.999_999, [100, 200, 400, 800, 1_000, 1_000]],
])('a draw of %d gives %j', (draw, waits) => {
  const backoff = createBackoff({ baseMs: 100, maxMs: 1_000, random: () => draw });
  expect(waits.map(() => backoff.next())).toEqual(waits);
});

test('every wait is an integer from 1 to its ceiling, however many there were', () => {
  const bounds = fc.tuple(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 0, max: 100_000 }));
  const draws = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { maxLength: 1_500 });
  fc.assert(
    fc.property(bounds, draws, ([baseMs, above], values) => {
      const maxMs = baseMs + above;
      const backoff = createBackoff({ baseMs, maxMs, random: () => values[backoff.attempts - 1] ?? 0 });
      for (const attempt of values.keys()) {
        const wait = backoff.next();
        expect(Number.isInteger(wait) && wait >= 1 && wait <= Math.min(maxMs, baseMs * 2 ** attempt)).toBe(true);
      }
    }),
    { numRuns: 30 },
  );
});

test('a reset begins again at the base', () => {
  const backoff = createBackoff({ baseMs: 10, maxMs: 1_000, random: () => 0.999 });
  expect([backoff.next(), backoff.next(), backoff.attempts]).toEqual([10, 20, 2]);
  backoff.reset();
  expect([backoff.attempts, backoff.next()]).toEqual([0, 10]);
});

test.each([
  [0, 10],
  [20, 10],
  [Number.NaN, 10],
  [1, Infinity],
])('from %d to %d is refused', (baseMs, maxMs) => {
  expect(() => createBackoff({ baseMs, maxMs })).toThrow(RangeError);
});
