import { Registry, collectDefaultMetrics } from 'prom-client';
import type { RequestHandler } from './request-handler.ts';

export { Counter, Gauge, Histogram } from 'prom-client';
export type { Registry } from 'prom-client';

/**
 * The registry of one process, with the default metrics of process and Node (memory, CPU, event loop lag, garbage collection) and the
 * label `service` on all. Metrics are made with `new Counter({ name, help, registers: [registry] })` and so on.
 */
export function createRegistry(service: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  return registry;
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
