import { expect, it } from 'vitest';
import { OutboxCoverage } from './outbox-coverage.ts';

const day = (fromMs: number, toMs: number, more: { isDetachPending?: boolean; isDefault?: boolean } = {}) => ({
  name: `outbox_${fromMs}`,
  isDefault: false,
  isDetachPending: false,
  fromMs,
  toMs,
  ...more,
});

it.each([
  { title: 'one partition', bounds: [day(0, 10)], from: 0, to: 9, covers: true },
  { title: 'its end, which is outside', bounds: [day(0, 10)], from: 0, to: 10, covers: false },
  { title: 'neighbours, in any order', bounds: [day(10, 20), day(0, 10)], from: 5, to: 15, covers: true },
  { title: 'a gap', bounds: [day(0, 10), day(20, 30)], from: 5, to: 25, covers: false },
  { title: 'a gap before', bounds: [day(10, 20)], from: 5, to: 15, covers: false },
  { title: 'no partition', bounds: [], from: 5, to: 5, covers: false },
  {
    title: 'one that is being detached',
    bounds: [day(0, 10, { isDetachPending: true })],
    from: 1,
    to: 2,
    covers: false,
  },
  { title: 'a default one', bounds: [day(-Infinity, Infinity, { isDefault: true })], from: 1, to: 2, covers: true },
])('$title: $covers', ({ bounds, from, to, covers }) => {
  expect(new OutboxCoverage(bounds).covers(from, to)).toBe(covers);
});
