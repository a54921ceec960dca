import { describe, expect, it } from 'vitest';
import { groupedLabels, queryFaults } from './query-faults.ts';
import { registeredMetrics } from './registered-metrics.ts';

const metrics = await registeredMetrics();
const latency = 'daybook_relay_commit_to_acknowledgement_seconds';

describe('the checker of queries', () => {
  it.each([
    'max by (lane) (daybook_relay_lane_lag_seconds) > 60',
    'sum by (class, instance) (rate(daybook_relay_retries_total{class=~"broker|topic"}[$__rate_interval]))',
    `histogram_quantile(0.99, sum by (topic, le) (rate(${latency}_bucket[5m])))`,
    'absent(daybook_relay_members)',
    'process_resident_memory_bytes{service="relay"}',
  ])('passes %s', (query) => {
    expect(queryFaults(query, metrics)).toEqual([]);
  });

  it.each([
    ['sum(daybook_relay_lanes', 'syntax at ""'],
    ['sum(rate(daybook_relay_records_sent_total[5parsecs]))', 'syntax at "parsecs]))"'],
    ['sum(daybook_relay_lines)', 'no metric daybook_relay_lines'],
    ['{lane="1"}', 'no metric (none)'],
    [`sum(rate(${latency}[5m]))`, `no metric ${latency}`],
    ['sum(rate(daybook_relay_records_sent_total_count[5m]))', 'no metric daybook_relay_records_sent_total_count'],
    ['sum by (topic) (daybook_relay_lanes)', 'daybook_relay_lanes has no label topic'],
    ['daybook_relay_lane_head - on (lane) daybook_relay_lanes', 'daybook_relay_lanes has no label lane'],
    ['daybook_relay_lanes_halted{lane="1"} > 0', 'daybook_relay_lanes_halted has no label lane'],
    [`sum by (le) (rate(${latency}_sum[5m]))`, `${latency}_sum has no label le`],
    ['rate(daybook_relay_lanes[5m])', 'rate of the gauge daybook_relay_lanes'],
  ])('finds what is wrong with %s', (query, fault) => {
    expect(queryFaults(query, metrics)).toContain(fault);
  });

  it('tells which labels are left', () => {
    expect(groupedLabels('topk(3, max by (lane) (daybook_relay_lane_head))')).toEqual(new Set(['lane']));
  });
});
