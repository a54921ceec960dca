import { expect, it } from 'vitest';
import { drainRate } from './drain-rate.ts';

const sample = (records: number, atMs: number) => ({ records, atMs });

it('leaves out the start and the tail', () => {
  const samples = [sample(0, 0), sample(99, 9_000), sample(200, 10_000), sample(899, 11_000), sample(950, 12_500)];
  expect(drainRate([...samples, sample(1_000, 60_000)], 1_000)).toBe(750 / 2.5);
});

it('refuses what was not seen on its way', () => {
  expect(() => drainRate([sample(0, 0), sample(1_000, 50)], 1_000)).toThrow('over too soon');
});
