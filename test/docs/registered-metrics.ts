import { createLogger, createRegistry, Gauge, type Registry } from '../../packages/runtime/src/index.ts';
import { requestObserver } from '../../services/ledger/src/http/observe-request.ts';
import { Workers } from '../../services/ledger/src/processes/workers.ts';
import { batchMetrics } from '../../services/ledger/src/writer/batch-metrics.ts';
import { relayMetrics } from '../../services/relay/src/admin/metrics.ts';
import { replayMetrics } from '../../services/relay/src/admin/replay-metrics.ts';
import { RetentionLoop } from '../../services/relay/src/retention.ts';
import { Reconciler } from '../../services/relay/src/verify/reconciler.ts';
import { LagWatch } from '../../services/relay/src/lag-watch.ts';

/** A metric as a service exports it. */
export interface RegisteredMetric {
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary';
  /** Its own, without those of the service, of scraping and of buckets. */
  readonly labels: readonly string[];
}

/** Every metric that the services register, those of the process and of Node included, by name. */
export async function registeredMetrics(): Promise<ReadonlyMap<string, RegisteredMetric>> {
  const registry = createRegistry('test');
  registerLedger(registry);
  registerRelay(registry);
  await registerRetention(registry);
  registerVerify(registry);
  return new Map(
    registry.getMetricsAsArray().map((metric) => {
      const labels = 'labelNames' in metric && Array.isArray(metric.labelNames) ? metric.labelNames.map(String) : [];
      return [metric.name, { type: typeOf(metric), labels }];
    }),
  );
}

/** What the library tells of a metric names the type; its own declarations say that it is a number. */
function typeOf(metric: object): RegisteredMetric['type'] {
  if (metric instanceof Gauge) return 'gauge';
  const name = metric.constructor.name.toLowerCase();
  if (name === 'counter' || name === 'histogram' || name === 'summary') return name;
  throw new Error(`a metric of the unknown type ${name}`);
}

const logger = createLogger({ service: 'test', level: 'silent' });

function registerLedger(registry: Registry): void {
  requestObserver({ logger, registry, logsAll: false });
  batchMetrics(registry, () => ({ commands: 0, bytes: 0 }));
  registerWorkers(registry);
}

function registerWorkers(registry: Registry): Workers {
  return new Workers({ count: 1, logger, registry });
}

function registerRelay(registry: Registry): void {
  replayMetrics(registry, () => ({ running: 0, waiting: 0 }));
  relayMetrics({
    registry,
    lag: new LagWatch({ lanes: () => [], lagOf: async () => [], sinceAdvanceMs: () => undefined, now: () => 0 }),
    members: () => 0,
    lanes: () => 0,
    troubles: () => [],
    pausedLanes: () => 0,
    isListening: () => true,
    bufferFill: () => 0,
    setAside: async () => ({ parkedRows: 0, heldKeys: 0 }),
    secondsSince: () => undefined,
    dedupes: true,
  });
}

/** One round: some of its metrics are made with their first value. */
async function registerRetention(registry: Registry): Promise<void> {
  const over = new AbortController();
  const loop = new RetentionLoop({
    round: async () => ({ kind: 'done', partitions: 1, dropped: [], kept: [] }),
    logger,
    registry,
    delay: async () => over.abort(),
    random: () => 0,
  });
  await loop.run(over.signal);
}

function registerVerify(registry: Registry): Reconciler {
  return new Reconciler({
    intervalMs: 1,
    open: () => {
      throw new Error('nothing is compared here');
    },
    isChosen: () => false,
    historyRecordsMax: 1,
    logger,
    registry,
    delay: async () => {},
  });
}
