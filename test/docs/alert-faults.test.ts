import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { alertFaults } from './alert-faults.ts';
import { registeredMetrics } from './registered-metrics.ts';

const metrics = await registeredMetrics();

function read(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}

it('the alerts of deploy/prometheus are of metrics that exist, and docs/OPERATIONS.md says of each what to do', () => {
  const page = read('docs/OPERATIONS.md');
  expect(alertFaults(read('deploy/prometheus/daybook-alerts.yml'), { metrics, page })).toEqual([]);
});

const rules = `groups:
  - name: test
    rules:
      - alert: DaybookTest
        expr: max by (lane) (daybook_relay_lane_lag_seconds) > 60
        for: 2m
        labels: { severity: warning }
        annotations:
          summary: A test
          description: Lane {{ $labels.lane }} is late.
          runbook_url: docs/OPERATIONS.md#daybooktest
`;
const page = '# Operations\n\n### DaybookTest\n\nIt means something.\n\n**Do.** Something.\n';

describe('the checker of alerts', () => {
  it('passes rules that are as they must be', () => {
    expect(alertFaults(rules, { metrics, page })).toEqual([]);
  });

  it.each([
    ['for: 2m', 'for: soon', '"for"'],
    ['        for: 2m\n', '', '"for"'],
    ['severity: warning', 'severity: mild', '"severity"'],
    ['          summary: A test\n', '', '"summary"'],
    ['is late.', 'is late', 'is no sentence'],
    ['groups:', 'groups: [', 'YAMLParseError'],
    ['max by (lane) (', 'max by (lane (', 'DaybookTest: syntax'],
    ['lane_lag_seconds', 'lane_lag', 'DaybookTest: no metric daybook_relay_lane_lag'],
    ['by (lane)', 'by (topic)', 'DaybookTest: daybook_relay_lane_lag_seconds has no label topic'],
    ['max by (lane)', 'max', 'DaybookTest: its query does not keep the label lane'],
    ['#daybooktest', '#daybook-test', 'DaybookTest: its runbook must be docs/OPERATIONS.md#daybooktest'],
    ['alert: DaybookTest', 'alert: DaybookOther', 'docs/OPERATIONS.md names DaybookTest, which is no alert'],
  ])('finds rules with "%s" as "%s"', (good, bad, fault) => {
    expect(alertFaults(rules.replace(good, bad), { metrics, page }).join('\n')).toContain(fault);
  });

  it('finds an alert that is there twice', () => {
    const twice = rules + rules.slice(rules.indexOf('      - alert'));
    expect(alertFaults(twice, { metrics, page })).toContain('DaybookTest is there twice');
  });

  it.each([
    ['### DaybookTest', '### Test'],
    ['\n\n**Do.** Something.', ''],
    ['It means something.\n\n', ''],
  ])('finds a page with "%s" as "%s"', (good, bad) => {
    expect(alertFaults(rules, { metrics, page: page.replace(good, bad) })).toContain(
      'DaybookTest: docs/OPERATIONS.md does not say what it means and what to do',
    );
  });
});
