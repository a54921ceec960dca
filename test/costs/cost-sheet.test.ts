import { expect, it } from 'vitest';
import { CostSheet } from './cost-sheet.ts';

const limits = { trips: { measured: 2, limit: 2 }, bytes: { measured: 900, limit: 1_000 } };

it('finds fault with a figure above its limit, and with none at it or below', () => {
  const sheet = new CostSheet(limits, () => {});
  expect(sheet.faults({ trips: 2, bytes: 1 })).toEqual([]);
  expect(sheet.faults({ trips: 2.05, bytes: 900 })).toEqual([
    'trips: 2.05 is above the limit of 2; it was 2 when the limit was set',
  ]);
  const statements = new Map([['lock-lane', 3]]);
  expect(sheet.faults({ trips: 2 }, statements)).toEqual([]);
  expect(sheet.faults({ trips: 3 }, statements)).toEqual([expect.stringContaining('above'), '3 times: lock-lane']);
});

it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('takes %s for no measurement', (figure) => {
  expect(new CostSheet(limits, () => {}).faults({ trips: figure })).toEqual([`trips: ${figure} is no measurement`]);
});

it('says when a limit could be lowered, and which were never used', () => {
  const said: string[] = [];
  const sheet = new CostSheet(limits, (line) => said.push(line));
  expect(sheet.faults({ bytes: 599 })).toEqual([]);
  expect(sheet.faults({ bytes: 601 })).toEqual([]);
  expect(said).toEqual(['bytes: 599, at most 1000 (the limit could be lowered)', 'bytes: 601, at most 1000']);
  expect(sheet.unused).toEqual(['trips']);
});
