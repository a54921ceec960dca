import { AggregatorRegistry, Registry, collectDefaultMetrics } from 'prom-client';
import type { RequestHandler } from './request-handler.ts';

export { Counter, Gauge, Histogram } from 'prom-client';
export type { Registry } from 'prom-client';

interface RegistryOptions {
  /** On all metrics, beside `service`. */
  readonly labels?: Readonly<Record<string, string>>;
  /** What `/metrics` shows, where that is more than this process knows by itself. */
  readonly page?: () => Promise<string>;
}

/**
 * The registry of one process, with the default metrics of process and Node (memory, CPU, event loop lag, garbage collection) and the
 * label `service` on all. Metrics are made with `new Counter({ name, help, registers: [registry] })` and so on.
 */
export function createRegistry(service: string, { labels, page }: RegistryOptions = {}): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ service, ...labels });
  collectDefaultMetrics({ register: registry });
  if (page !== undefined) registry.metrics = page;
  return registry;
}

/** All that a registry holds, as plain data that can be sent to another process. Figures may be NaN. */
export type MetricsSnapshot = readonly object[];

/** Rejects when a collector fails. */
export async function takeSnapshot(registry: Registry): Promise<MetricsSnapshot> {
  return await registry.getMetricsAsJSON();
}

/** The page of several processes, whose labels tell their figures apart: nothing is added up. */
export async function renderSnapshots(snapshots: readonly MetricsSnapshot[]): Promise<string> {
  // The library would leave some metrics out and average others, as suits figures that share their labels.
  const kept = snapshots.map((snapshot) => snapshot.map((metric) => ({ ...metric, aggregator: 'sum' })));
  return await AggregatorRegistry.aggregate(kept).metrics();
}

/** Answers `GET /metrics` in the text format of Prometheus; 500 with the message when a collector fails. */
export function metricsHandler(registry: Registry): RequestHandler {
  return async (_request, response) => {
    try {
      const text = await registry.metrics();
      response.setHeader('content-type', registry.contentType);
      response.end(text);
    } catch (error) {
      response.statusCode = 500;
      response.setHeader('content-type', 'text/plain; charset=utf-8');
      response.end(error instanceof Error ? error.message : String(error));
    }
  };
}
