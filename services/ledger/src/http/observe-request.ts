import type { IncomingMessage, ServerResponse } from 'node:http';
import { Counter, Histogram, type Logger, type Registry } from '@daybook/runtime';

/** Counts, times and logs each request once its answer has left. */
export function requestObserver(
  logger: Logger,
  registry: Registry,
): (request: IncomingMessage, response: ServerResponse) => void {
  const requests = new Counter({
    name: 'daybook_http_requests_total',
    help: 'Requests answered, by route, method and status.',
    labelNames: ['route', 'method', 'status'],
    registers: [registry],
  });
  const durations = new Histogram({
    name: 'daybook_http_request_duration_seconds',
    help: 'From the headers of a request to the end of its answer.',
    labelNames: ['route'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  return (request, response) => {
    const startedMs = performance.now();
    const { method = '', url = '' } = request;
    response.once('finish', () => {
      const durationMs = performance.now() - startedMs;
      const { statusCode: status } = response;
      const route = routeOf(request);
      requests.inc({ route, method, status });
      durations.observe({ route }, durationMs / 1_000);
      if (status >= 500) logger.info({ method, url, status, durationMs }, 'request answered');
      else if (logger.isLevelEnabled('debug')) logger.debug({ method, url, status, durationMs }, 'request answered');
    });
  };
}

/** The pattern that Express matched, so that labels stay few; `none` for a path that we do not have. */
function routeOf(request: IncomingMessage): string {
  const route: unknown = 'route' in request ? request.route : undefined;
  if (typeof route !== 'object' || route === null || !('path' in route)) return 'none';
  return typeof route.path === 'string' ? route.path : 'none';
}
