import { expect, it } from 'vitest';
import { scriptCostGauges, writeCostGauges } from './cost-gauges.ts';
import type { Counter } from './write-cost.ts';

function cost(roundTrips: readonly number[], faults: readonly string[] = []): Parameters<typeof writeCostGauges>[0] {
  const figures = (counter: Counter) => (counter === 'roundTrips' ? roundTrips : roundTrips.map((each) => each / 2));
  return { figures, faults };
}

it('has a limit for what a write costs by our own counting, and none for what PostgreSQL counts besides', () => {
  const gauges = writeCostGauges(cost([0.06, 0.08]));
  expect(gauges.map(({ figures, target }) => [figures, target])).toEqual([
    [[0.06, 0.08], 0.2],
    [[0.03, 0.04], 0.1],
    [[0.03, 0.04], undefined],
  ]);
});

it('holds the round trips of scripts against those of their postings, run by run', () => {
  const gauges = scriptCostGauges(cost([0.06, 0.12]), cost([0.06, 0.08]));
  expect(gauges.map(({ figures, target }) => [figures, target])).toEqual([
    [[0.06, 0.12], undefined],
    [[0.06, 0.08], undefined],
    [[1, 1.5], 1.1],
  ]);
});

it('has no figure where either failed its check', () => {
  for (const gauge of scriptCostGauges(cost([0.06]), cost([], ['lost one']))) {
    expect(gauge).toMatchObject({ id: 'N1', figures: [], faults: ['lost one'] });
  }
});
