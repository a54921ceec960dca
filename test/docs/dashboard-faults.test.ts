import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { dashboardFaults } from './dashboard-faults.ts';
import { registeredMetrics } from './registered-metrics.ts';

const metrics = await registeredMetrics();
const dashboard = readFileSync(new URL('../../deploy/grafana/daybook.json', import.meta.url), 'utf8');

it('the dashboard of deploy/grafana is one that Grafana imports, of metrics that exist', () => {
  expect(dashboardFaults(dashboard, metrics)).toEqual([]);
});

describe('the checker of dashboards', () => {
  it.each([
    ['"schemaVersion": 41', '"schemaVersion": 16', 'schemaVersion'],
    ['"panels": [', '"panels": {', 'SyntaxError'],
    ['"uid": "${datasource}"', '"uid": "P1809F7CD0C75ACF3"', 'uid'],
    ['"query": "prometheus"', '"query": "loki"', 'templating'],
    ['"unit": "s"', '"unit": ""', 'unit'],
    ['The age of the oldest row that no relay has published. It rises whatever the cause is.', '', 'is no sentence'],
    ['max(daybook_relay_lane_lag_seconds)', 'max(daybook_relay_lane_lag_seconds', 'Oldest unpublished row: syntax'],
    ['max(daybook_relay_lane_lag_seconds)', 'max(daybook_relay_lag)', 'no metric daybook_relay_lag'],
    ['sum by (topic) (rate(', 'sum by (lane) (rate(', 'has no label lane'],
    ['sum by (topic) (rate(', 'sum (rate(', 'Records acknowledged, by topic: its query does not keep the label topic'],
    ['"id": 2,', '"id": 1,', 'two panels have the id 1'],
    ['"x": 4,', '"x": 3,', 'Rows waiting lies on Oldest unpublished row'],
    ['"x": 20,', '"x": 21,', 'Parked rows is beyond the right margin'],
  ])('finds a dashboard with %s as %s', (good, bad, fault) => {
    expect(dashboard).toContain(good);
    expect(dashboardFaults(dashboard.replace(good, bad), metrics).join('\n')).toContain(fault);
  });
});
