import { describe, expect, it } from 'vitest';
import { DatabaseClock } from './database-clock.ts';

describe('DatabaseClock', () => {
  it('counts from the middle of question and answer', async () => {
    let nowMs = 500;
    const clock = new DatabaseClock({
      ask: async () => {
        nowMs += 20;
        return Date.parse('2026-11-24T10:00:00Z');
      },
      now: () => nowMs,
    });
    expect(clock.secondsSince('2026-11-24 09:59:59+00')).toBeUndefined();
    await clock.measure();
    nowMs += 90;
    expect(clock.secondsSince('2026-11-24 09:59:59.85+00')).toBeCloseTo(0.25);
    expect(clock.secondsSince('2026-11-24 11:00:00+00')).toBe(0);
    expect(clock.secondsSince('-infinity')).toBeUndefined();
  });
});
