import type { LaneLag, SetAsideCounts } from '@daybook/outbox';
import { Counter, Gauge, Histogram, type Registry } from '@daybook/runtime';
import type { LagWatch } from '../lag-watch.ts';
import type { Observe, Signal } from '../observer.ts';
import type { LaneTrouble } from '../owned-lane.ts';
import type { Failure } from '../publisher.ts';

interface MetricsOptions {
  readonly registry: Registry;
  readonly lag: LagWatch;
  readonly members: () => number;
  readonly lanes: () => number;
  readonly troubles: () => readonly LaneTrouble[];
  readonly pausedLanes: () => number;
  readonly isListening: () => boolean;
  /** How much of what may be in flight is, from 0 to 1. */
  readonly bufferFill: () => number;
  readonly setAside: () => Promise<SetAsideCounts>;
  /** By the database's clock; undefined while that is not known. */
  readonly secondsSince: (at: string) => number | undefined;
  /** Whether rows that a takeover finds in their topic are left out. */
  readonly dedupes: boolean;
}

/** With {ledger} in a target there may be as many topics as ledgers; those beyond share one label. */
const topicLabelsMax = 1_000;
const otherTopics = '(others)';

/** Why lanes make no progress, as `daybook_relay_lanes_halted` has it. */
const haltReasons = ['hole', 'poison', 'ahead'] as const;

/** Registers the relay's metrics; gives the observer that counts. */
export function relayMetrics(options: MetricsOptions): Observe {
  registerState(options);
  registerLanes(options);
  const published = publishedMetrics(options);
  const troubled = troubleMetrics(options);
  return (signal) => {
    published(signal);
    troubled(signal);
  };
}

/** Counts what is sent, acknowledged and left out. */
function publishedMetrics({ registry, secondsSince, dedupes }: MetricsOptions): (signal: Signal) => void {
  const counter = counters(registry);
  const sent = counter(
    'daybook_relay_records_sent_total',
    'Records handed to the publisher, repeats of retries included.',
  );
  const acknowledged = counter(
    'daybook_relay_records_acknowledged_total',
    'Records that all in-sync replicas acknowledged, or a receiver answered with 2xx.',
    'topic',
  );
  const skipped = counter('daybook_relay_rows_skipped_total', 'Rows left out because their type has no topic.', 'type');
  const setAside = counter(
    'daybook_relay_rows_set_aside_total',
    'Rows passed over because they are parked or their key is held.',
  );
  const takenOver = counter('daybook_relay_lanes_taken_over_total', 'Lanes begun that nobody had handed over.');
  const found = counter(
    'daybook_relay_takeover_rows_total',
    'Rows that a takeover found in their topic already, by what becomes of them: skipped or repeated.',
    'outcome',
  );
  const latency = new Histogram({
    name: 'daybook_relay_commit_to_acknowledgement_seconds',
    help: "From a commit, by the database's clock, to the acknowledgement of its rows. Each commit of a batch counts once.",
    labelNames: ['topic'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
    registers: [registry],
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
      case 'rows-acknowledged': {
        const topic = labelOf(signal.topic);
        acknowledged.inc({ topic }, signal.rows);
        for (const at of signal.committedAt) {
          const seconds = secondsSince(at);
          if (seconds !== undefined) latency.observe({ topic }, seconds);
        }
        return;
      }
      case 'rows-skipped':
        skipped.inc({ type: signal.type }, signal.rows);
        return;
      case 'rows-set-aside':
        setAside.inc(signal.rows);
        return;
      case 'lanes-taken-over':
        takenOver.inc(signal.lanes);
        found.inc({ outcome: dedupes ? 'skipped' : 'repeated' }, signal.rows);
        return;
      default:
    }
  };
}

/** Counts what fails, and what comes of it. */
function troubleMetrics({ registry }: MetricsOptions): (signal: Signal) => void {
  const counter = counters(registry);
  const refused = counter(
    'daybook_relay_records_refused_total',
    'Records that were not acknowledged, by class: broker, topic, poison or fatal.',
    'class',
  );
  const retries = counter(
    'daybook_relay_retries_total',
    'Waits of a lane before it tries again, by class: broker, topic, poison or fatal.',
    'class',
  );
  const parked = counter('daybook_relay_rows_parked_total', 'Rows that were parked, by policy.', 'policy');
  const released = counter('daybook_relay_keys_released_total', 'Held keys whose rows were sent after all.');
  const doubted = counter(
    'daybook_relay_lanes_doubted_total',
    'Lanes begun anew since the database did not have what was known of them.',
  );
  const lapsed = counter(
    'daybook_relay_share_lapses_total',
    'Times that this relay could not say that it lives, and let its lanes go.',
  );
  return (signal) => {
    switch (signal.kind) {
      case 'rows-refused':
        refused.inc({ class: classOf(signal.failure) }, signal.rows);
        return;
      case 'lane-held':
        retries.inc({ class: classOf(signal.failure) });
        return;
      case 'row-parked':
        if (signal.state === 'parked') parked.inc({ policy: signal.policy });
        return;
      case 'key-released':
        released.inc();
        return;
      case 'lane-doubted':
        doubted.inc();
        return;
      case 'share-lapsed':
        lapsed.inc();
        return;
      default:
    }
  };
}

function classOf(failure: Failure): string {
  return failure.kind === 'retry' ? failure.reason : failure.kind;
}

function counters(registry: Registry) {
  return (name: string, help: string, ...labelNames: string[]) =>
    new Counter({ name, help, labelNames, registers: [registry] });
}

/** Gauges that are read when someone asks. */
function registerState(options: MetricsOptions): void {
  const { registry, members, lanes, troubles, pausedLanes, isListening, bufferFill, setAside } = options;
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number | Promise<number>) =>
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        // While the database is away, what only it knows is absent.
        this.reset();
        const value = await Promise.resolve(read()).catch(() => undefined);
        if (value === undefined) this.remove();
        else this.set(value);
      },
    });
  gauge('daybook_relay_members', 'Relays that share the lanes.', members);
  gauge('daybook_relay_lanes', 'Lanes that this relay publishes.', lanes);
  gauge('daybook_relay_lanes_troubled', 'Lanes of this relay that wait after a failure.', () => troubles().length);
  gauge('daybook_relay_lanes_paused', 'Lanes of this relay that someone paused.', pausedLanes);
  gauge('daybook_relay_listening', 'Whether LISTEN works: 1 or 0.', () => (isListening() ? 1 : 0));
  gauge('daybook_relay_buffer_fill_ratio', 'How much of the bytes that may be in flight are, from 0 to 1.', bufferFill);
  gauge(
    'daybook_relay_parked_rows',
    'Rows of the lanes of this relay that someone must decide about.',
    async () => (await setAside()).parkedRows,
  );
  gauge('daybook_relay_held_keys', 'Keys of its lanes whose rows wait.', async () => (await setAside()).heldKeys);
  const halted = new Gauge({
    name: 'daybook_relay_lanes_halted',
    help: 'Lanes of this relay that stand still until someone acts, by reason: hole, poison or ahead.',
    labelNames: ['reason'],
    registers,
    collect() {
      for (const reason of haltReasons) halted.set({ reason }, troubles().filter(({ kind }) => kind === reason).length);
    },
  });
}

/** Gauges of each lane of this relay. */
function registerLanes({ registry, lag }: MetricsOptions): void {
  const registers = [registry];
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
