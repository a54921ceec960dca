import { metricsHandler, type Health, type Registry, type RequestHandler } from '@daybook/runtime';

/** Answers GET /livez, /readyz and /metrics. */
export function adminHandler(health: Health, registry: Registry): RequestHandler {
  const routes = new Map<string, RequestHandler>([
    ['/livez', health.handler('live')],
    ['/readyz', health.handler('ready')],
    ['/metrics', metricsHandler(registry)],
  ]);
  return async (request, response) => {
    const path = request.url?.split('?', 1)[0] ?? '';
    const route = routes.get(path);
    if (route === undefined || (request.method !== 'GET' && request.method !== 'HEAD')) {
      response.statusCode = route === undefined ? 404 : 405;
      if (route !== undefined) response.setHeader('allow', 'GET, HEAD');
      response.setHeader('content-type', 'text/plain; charset=utf-8');
      response.end(`there are ${[...routes.keys()].join(', ')}\n`);
      return;
    }
    await route(request, response);
  };
}
