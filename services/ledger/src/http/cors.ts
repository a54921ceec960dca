import { isIP } from 'node:net';
import { isLoopback } from '@daybook/runtime';
import type { RequestHandler } from 'express';
import { ProblemError } from './problem.ts';

/** What gin-contrib/cors tells browsers in v1, and the headers by which Daybook keeps a retry safe and answers counts. */
const preflightHeaders = {
  'access-control-allow-methods': 'GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS',
  'access-control-allow-headers': 'Origin,Content-Length,Content-Type,Authorization,Idempotency-Key',
  'access-control-max-age': '43200',
};
const exposedHeaders = 'Count,Idempotency-Hit,Retry-After';

/**
 * Lets pages of these origins use the API from a browser, and refuses writes from others: a browser sends a POST without asking first and
 * only withholds the answer, so a page anywhere could write to a ledger on the machine of whoever looks at it. What is no browser sends no
 * `Origin` and passes.
 *
 * @param allowed origins such as `https://app.example`, or `*` alone for any
 * @param isOpen whether nobody is asked who they are. Then a page that has its own name led to this machine (DNS rebinding) must not pass for the
 *   API's own: those are only under a name that cannot be led anywhere.
 */
export function cors(allowed: readonly string[], isOpen: boolean): RequestHandler {
  const isAny = allowed.includes('*');
  const origins = new Set(allowed);
  return (request, response, next) => {
    // The answer depends on who asks, which whoever caches it must know.
    if (origins.size > 0 && !isAny) response.setHeader('vary', 'Origin');
    const { origin, host } = request.headers;
    const page = origin === undefined ? undefined : URL.parse(origin);
    const isOwn = page !== null && page?.host === host && (!isOpen || isFixedName(page?.hostname ?? ''));
    if (origin === undefined || isOwn) {
      next();
      return;
    }
    if (!isAny && !origins.has(origin)) {
      if (request.method !== 'GET' && request.method !== 'HEAD') throw originRefused;
      next();
      return;
    }
    response.setHeader('access-control-allow-origin', isAny ? '*' : origin);
    if (request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined) {
      response.writeHead(204, preflightHeaders).end();
      return;
    }
    response.setHeader('access-control-expose-headers', exposedHeaders);
    next();
  };
}

/** An address, or a name of this machine. */
function isFixedName(name: string): boolean {
  return isLoopback(name) || isIP(name.replaceAll(/[[\]]/g, '')) !== 0;
}

const originRefused = new ProblemError({
  kind: 'origin-refused',
  message: 'pages of this origin may not write: CORS_ALLOWED_ORIGINS does not name it',
});

/** @returns what is wrong with a list of origins, as the end of a sentence; undefined if nothing is */
export function originsFault(allowed: readonly string[]): string | undefined {
  if (allowed.length === 1 && allowed[0] === '*') return undefined;
  const wrong = allowed.find((origin) => URL.parse(origin)?.origin !== origin || origin.includes('*'));
  return wrong === undefined
    ? undefined
    : `must be * alone, or origins such as https://app.example: ${JSON.stringify(wrong)} is none`;
}
