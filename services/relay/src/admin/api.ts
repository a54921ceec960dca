import type { IncomingMessage, ServerResponse } from 'node:http';
import { URLPattern } from 'node:url';
import type { Pool } from '@daybook/postgres';
import { classify } from '@daybook/postgres';
import type { Logger, RequestHandler } from '@daybook/runtime';
import { reportLanes } from '../operate/lane-report.ts';
import { decideOnParked, showParked } from '../operate/parked-rows.ts';
import { pause, resume, showPauses } from '../operate/pauses.ts';
import { accessFault } from './access.ts';
import { answerOf, type Answer } from './answer.ts';
import { readJson } from './read-json.ts';
import { getReplay, getReplays, postReplay, postReplayCancel, postReplayResume } from './replays.ts';

interface AdminApiOptions {
  readonly pool: Pool;
  readonly logger: Logger;
  /** Undefined where only this machine may use it. */
  readonly token: string | undefined;
  readonly deadAfterMs: number;
}

interface Asked {
  readonly parameters: Readonly<Record<string, string | undefined>>;
  readonly query: URLSearchParams;
  /** What the body holds; undefined for GET. */
  readonly body: unknown;
}

type Operation = (pool: Pool, asked: Asked, options: AdminApiOptions) => Promise<Answer>;

interface Route {
  readonly method: 'GET' | 'POST';
  readonly pattern: URLPattern;
  readonly operation: Operation;
}

const route = (method: Route['method'], pathname: string, operation: Operation): Route => ({
  method,
  pattern: new URLPattern({ pathname }),
  operation,
});

const decide =
  (state: 'retry' | 'discarded'): Operation =>
  async (pool, { parameters: { lane = '', seq = '' }, body }) =>
    answerOf(await decideOnParked(pool, { lane, seq, state }, body), 200);

/** The operations of the admin API; the commands of the relay do the same. */
const routes: readonly Route[] = [
  route('GET', '/lanes', async (pool, _asked, { deadAfterMs }) => ({
    status: 200,
    body: { lanes: await reportLanes(pool, deadAfterMs) },
  })),
  route('GET', '/parked', async (pool, { query }) => ({
    status: 200,
    body: { parked: await showParked(pool, { isAll: query.get('all') === 'true' }) },
  })),
  route('POST', '/parked/:lane/:seq/retry', decide('retry')),
  route('POST', '/parked/:lane/:seq/discard', decide('discarded')),
  route('GET', '/pauses', async (pool) => ({ status: 200, body: { pauses: await showPauses(pool) } })),
  route('POST', '/pause', async (pool, { body }) => answerOf(await pause(pool, body), 200)),
  route('POST', '/resume', async (pool, { body }) => answerOf(await resume(pool, body), 200)),
  route('GET', '/replays', async (pool) => getReplays(pool)),
  route('POST', '/replays', async (pool, { body }) => postReplay(pool, body)),
  route('GET', '/replays/:id', async (pool, { parameters: { id = '' } }) => getReplay(pool, id)),
  route('POST', '/replays/:id/cancel', async (pool, { parameters: { id = '' }, body }) =>
    postReplayCancel(pool, id, body),
  ),
  route('POST', '/replays/:id/resume', async (pool, { parameters: { id = '' }, body }) =>
    postReplayResume(pool, id, body),
  ),
];

/** What the admin API can do, for messages. */
export const adminPaths: readonly string[] = routes.map(({ method, pattern }) => `${method} ${pattern.pathname}`);

/** Answers the admin API; undefined for a path that is not its own. */
export function adminApi(request: IncomingMessage, options: AdminApiOptions): RequestHandler | undefined {
  const url = URL.parse(request.url ?? '', 'http://relay');
  const found = routes.flatMap((each) => {
    const match = each.pattern.exec({ pathname: url?.pathname ?? '' });
    return match === null ? [] : [{ ...each, parameters: match.pathname.groups }];
  });
  if (url === null || found.length === 0) return undefined;
  return async (asking, response) => {
    const fault = accessFault(asking, options.token);
    if (fault !== undefined) {
      if (fault.status === 401) response.setHeader('www-authenticate', 'Bearer');
      send(response, { status: fault.status, body: { error: 'access', message: fault.message } });
      return;
    }
    const chosen = found.find(({ method }) => method === asking.method);
    if (chosen === undefined) {
      response.setHeader('allow', found.map(({ method }) => method).join(', '));
      send(response, { status: 405, body: { error: 'method', message: `${asking.method ?? ''} is not allowed here` } });
      return;
    }
    send(response, await answer(chosen, { asking, url }, options));
  };
}

async function answer(
  { method, operation, parameters }: Route & { readonly parameters: Asked['parameters'] },
  { asking, url }: { readonly asking: IncomingMessage; readonly url: URL },
  options: AdminApiOptions,
): Promise<Answer> {
  const { pool, logger } = options;
  const read = method === 'POST' ? await readJson(asking) : { kind: 'read' as const, value: undefined };
  if (read.kind === 'fault') return read.answer;
  try {
    const answered = await operation(pool, { parameters, query: url.searchParams, body: read.value }, options);
    if (method === 'POST' && answered.status < 300) {
      logger.info({ path: url.pathname, request: read.value }, 'operator decided');
    }
    return answered;
  } catch (error) {
    if (classify(error) === 'defect') throw error;
    logger.warn({ err: error, path: url.pathname }, 'admin request failed by the database');
    return { status: 503, body: { error: 'database', message: 'the database did not answer' } };
  }
}

function send(response: ServerResponse, { status, body }: Answer): void {
  response.statusCode = status;
  response.setHeader('content-type', 'application/json; charset=utf-8');
  response.setHeader('cache-control', 'no-store');
  response.end(`${JSON.stringify(body)}\n`);
}
