import type { LaneLag } from '@daybook/outbox';
import { Counter, Gauge, type Registry } from '@daybook/runtime';
import type { LagWatch } from '../lag-watch.ts';
import type { Observe } from '../observer.ts';

interface MetricsOptions {
  readonly registry: Registry;
  readonly lag: LagWatch;
  readonly members: () => number;
  readonly lanes: () => number;
  readonly troubledLanes: () => number;
  readonly pausedLanes: () => number;
  readonly isListening: () => boolean;
}

/** With {ledger} in a target there may be as many topics as ledgers; those beyond share one label. */
const topicLabelsMax = 1_000;
const otherTopics = '(others)';

/** Registers the relay's metrics; gives the observer that counts. */
export function relayMetrics(options: MetricsOptions): Observe {
  const { registry } = options;
  const registers = [registry];
  registerState(options);
  const sent = new Counter({
    name: 'daybook_relay_records_sent_total',
    help: 'Records handed to the publisher, repeats of retries included.',
    registers,
  });
  const acknowledged = new Counter({
    name: 'daybook_relay_records_acknowledged_total',
    help: 'Records that all in-sync replicas acknowledged.',
    labelNames: ['topic'],
    registers,
  });
  const refused = new Counter({
    name: 'daybook_relay_records_refused_total',
    help: 'Records that were not acknowledged, by class: broker, topic, poison or fatal.',
    labelNames: ['class'],
    registers,
  });
  const skipped = new Counter({
    name: 'daybook_relay_rows_skipped_total',
    help: 'Rows left out because their type has no topic.',
    labelNames: ['type'],
    registers,
  });
  const topics = new Set<string>();
  const labelOf = (topic: string) => {
    if (topics.size < topicLabelsMax) topics.add(topic);
    return topics.has(topic) ? topic : otherTopics;
  };
  return (signal) => {
    switch (signal.kind) {
      case 'rows-sent':
        sent.inc(signal.rows);
        return;
      case 'rows-acknowledged':
        acknowledged.inc({ topic: labelOf(signal.topic) }, signal.rows);
        return;
      case 'rows-refused':
        refused.inc(
          { class: signal.failure.kind === 'retry' ? signal.failure.reason : signal.failure.kind },
          signal.rows,
        );
        return;
      case 'rows-skipped':
        skipped.inc({ type: signal.type }, signal.rows);
        return;
      default:
    }
  };
}

/** Gauges that are read when someone asks. Lanes are those of this relay only. */
function registerState({
  registry,
  lag,
  members,
  lanes,
  troubledLanes,
  pausedLanes,
  isListening,
}: MetricsOptions): void {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  gauge('daybook_relay_members', 'Relays that share the lanes.', members);
  gauge('daybook_relay_lanes', 'Lanes that this relay publishes.', lanes);
  gauge('daybook_relay_lanes_troubled', 'Lanes of this relay that wait after a failure.', troubledLanes);
  gauge('daybook_relay_lanes_paused', 'Lanes of this relay that someone paused.', pausedLanes);
  gauge('daybook_relay_listening', 'Whether LISTEN works: 1 or 0.', () => (isListening() ? 1 : 0));
  const laneGauge = (name: string, help: string, read: (lane: LaneLag) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ['lane'],
      registers,
      async collect() {
        // Lanes that went to other relays go, and so do all while the database is away.
        this.reset();
        for (const lane of await lag.lags().catch(() => [])) this.set({ lane: lane.lane }, read(lane));
      },
    });
  laneGauge('daybook_relay_lane_position', 'Sequence up to which the lane was published.', ({ position }) => position);
  laneGauge('daybook_relay_lane_head', 'Sequence of the last row of the lane.', ({ head }) => head);
  laneGauge(
    'daybook_relay_lane_lag_seconds',
    'Age of the oldest unpublished row of the lane.',
    ({ lagSeconds }) => lagSeconds,
  );
}
