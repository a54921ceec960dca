import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { nanosecondsBetween } from '../command/instant.ts';
import { moment } from '../command/testing/commands.ts';
import { DatabaseClock } from './database-clock.ts';

const noted = moment('2024-02-29T23:59:59.999999Z');

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});

afterEach(() => {
  vi.useRealTimers();
});

test('a clock that was never noted shows nothing', () => {
  expect(new DatabaseClock().now()).toBeUndefined();
});

test('shows as much more than was noted as has passed since, and never more', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000 }), fc.integer({ min: 0, max: 1_000 }), (beforeMs, elapsedMs) => {
      vi.advanceTimersByTime(beforeMs);
      const clock = new DatabaseClock();
      clock.note(noted);
      vi.advanceTimersByTime(elapsedMs);
      const shown = clock.now();
      if (shown === undefined) throw new Error('nothing is shown');
      const gained = nanosecondsBetween(noted, shown);
      expect(gained).toBeLessThanOrEqual(BigInt(elapsedMs) * 1_000_000n);
      // A microsecond may be lost to the fraction of `performance.now()`.
      expect(gained).toBeGreaterThanOrEqual(BigInt(elapsedMs) * 1_000_000n - 1_000n);
    }),
  );
});

test('shows nothing more than a second after it was noted, and goes on when it is noted anew', () => {
  const clock = new DatabaseClock();
  clock.note(noted);
  vi.advanceTimersByTime(1_000);
  expect(clock.now()).toBe('2024-03-01T00:00:00.999999000Z');
  vi.advanceTimersByTime(1);
  expect(clock.now()).toBeUndefined();
  clock.note(noted);
  expect(clock.now()).toBe(noted);
});

test('a moment that was noted later counts, also where it is an earlier one', () => {
  const clock = new DatabaseClock();
  clock.note(noted);
  const setBack = moment('2024-02-29T22:00:00Z');
  clock.note(setBack);
  expect(clock.now()).toBe(setBack);
});

test('an answer that was long on its way does not set it back', () => {
  const clock = new DatabaseClock();
  clock.note(noted);
  vi.advanceTimersByTime(40);
  // What was shown 30 ms ago.
  clock.note(moment('2024-03-01T00:00:00.009999Z'));
  expect(clock.now()).toBe('2024-03-01T00:00:00.039999000Z');
});
