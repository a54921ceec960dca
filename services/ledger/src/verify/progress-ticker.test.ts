import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { progressTicker } from './progress-ticker.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('says nothing for two seconds, then where it is, also while nothing moves, until it is stopped', () => {
  const lines: string[] = [];
  const ticker = progressTicker({ print: () => {}, note: () => {}, progress: (line) => lines.push(line) });
  ticker.show({ what: 'log', done: 10, total: 40 });
  vi.advanceTimersByTime(1_999);
  expect(lines).toEqual([]);
  vi.advanceTimersByTime(1);
  ticker.show({ what: 'moves' });
  vi.advanceTimersByTime(1_000);
  ticker.stop();
  vi.advanceTimersByTime(5_000);
  expect(lines).toEqual([
    'verifying: log, 25 % (log row 10 of 40), 2 s',
    'verifying: moves, 2 s',
    'verifying: moves, 3 s',
  ]);
});
