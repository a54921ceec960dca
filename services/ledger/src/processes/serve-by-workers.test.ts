import { availableParallelism } from 'node:os';
import { expect, it } from 'vitest';
import { processCount } from './serve-by-workers.ts';

it.each([
  [1, 1],
  [8, 8],
  [0, Math.min(availableParallelism(), 64)],
])('LEDGER_PROCESSES=%i is %i processes here', (processes, count) => {
  expect(processCount({ processes })).toBe(count);
});
