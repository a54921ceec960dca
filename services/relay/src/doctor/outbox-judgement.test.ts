import type { PartitionBounds } from '@daybook/outbox';
import { describe, expect, it } from 'vitest';
import { judgeLanesAhead, judgePartitions } from './outbox-judgement.ts';

const nowMs = Date.parse('2026-11-24T12:00:00Z');
const dayMs = 86_400_000;

const day = (offset: number, changes: Partial<PartitionBounds> = {}): PartitionBounds => {
  const fromMs = Date.parse('2026-11-24T00:00:00Z') + offset * dayMs;
  return { name: `day${offset}`, isDefault: false, isDetachPending: false, fromMs, toMs: fromMs + dayMs, ...changes };
};
const fallback = day(0, { name: 'rest', isDefault: true, fromMs: -Infinity, toMs: Infinity });
const forEver = day(0, { fromMs: -Infinity, toMs: Infinity });

describe('the outbox', () => {
  it.each([
    ['today and tomorrow', [day(0), day(1)], 'ok', 'until 2026-11-25'],
    ['one partition for ever', [forEver], 'ok', 'for ever'],
    ['no partition at all', [], 'fail', 'for today, 2026-11-24'],
    ['none for today', [day(-1), day(1)], 'fail', 'for today, 2026-11-24'],
    ['one for today that is being detached', [day(0, { isDetachPending: true }), day(1)], 'fail', 'for today'],
    ['none for tomorrow', [day(0), day(2)], 'warn', 'for tomorrow, 2026-11-25'],
    ['a default partition', [day(0), day(1), fallback], 'fail', 'rest is a default partition'],
    ['a default partition alone', [fallback], 'fail', 'for today, 2026-11-24; rest is'],
    ['a pending detachment', [day(0), day(1), day(-9, { isDetachPending: true })], 'warn', 'detachment of day-9'],
  ])('with %s', (_, partitions, status, found) => {
    expect(judgePartitions(partitions, nowMs)).toMatchObject({ status, found: expect.stringContaining(found) });
  });

  it.each([
    [[], 'ok', 'no lane'],
    [
      [
        { lane: 3, aheadSeconds: 70 },
        { lane: 5, aheadSeconds: 3_600.4 },
      ],
      'warn',
      'lanes 3, 5 have rows up to 3600 s',
    ],
  ])('with lanes ahead %j', (ahead, status, found) => {
    expect(judgeLanesAhead(ahead)).toMatchObject({ status, found: expect.stringContaining(found) });
  });
});
