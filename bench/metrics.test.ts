import { expect, it } from 'vitest';
import { readMetrics } from './metrics.ts';

const page = `# HELP a_total What a does.
# TYPE a_total counter
a_total{service="ledger",lane="1"} 2
a_total{service="ledger",lane="2"} 3.5
b_seconds 1e-3
`;

it('sums a metric over its labels', () => {
  expect(readMetrics(page).total('a_total')).toBe(5.5);
  expect(readMetrics(page).total('b_seconds')).toBe(0.001);
});

it('refuses a metric that is not there', () => {
  expect(() => readMetrics(page).total('a')).toThrow('/metrics has no a');
});
