import type { Pool } from '@daybook/postgres';
import { metricsHandler, type Health, type Logger, type Registry, type RequestHandler } from '@daybook/runtime';
import { adminApi, adminPaths } from './api.ts';

interface AdminHandlerOptions {
  readonly health: Health;
  readonly registry: Registry;
  readonly pool: Pool;
  readonly logger: Logger;
  readonly token: string | undefined;
  readonly deadAfterMs: number;
}

/** Answers GET /livez, /readyz and /metrics to everyone, and the admin API to those who may use it. */
export function adminHandler({ health, registry, ...options }: AdminHandlerOptions): RequestHandler {
  const open = new Map<string, RequestHandler>([
    ['/livez', health.handler('live')],
    ['/readyz', health.handler('ready')],
    ['/metrics', metricsHandler(registry)],
  ]);
  const paths = [...[...open.keys()].map((path) => `GET ${path}`), ...adminPaths].join('\n');
  return async (request, response) => {
    const path = request.url?.split('?', 1)[0] ?? '';
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const handler = open.has(path) && isRead ? open.get(path) : adminApi(request, options);
    if (handler !== undefined) {
      await handler(request, response);
      return;
    }
    response.statusCode = open.has(path) ? 405 : 404;
    if (open.has(path)) response.setHeader('allow', 'GET, HEAD');
    response.setHeader('content-type', 'text/plain; charset=utf-8');
    response.end(`there are\n${paths}\n`);
  };
}
