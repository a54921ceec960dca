import { metricsHandler, type Health, type Logger, type Registry } from '@daybook/runtime';
import express, { type Express, type RequestHandler } from 'express';
import { listAccounts, showAccount, showAccountCount } from './accounts.ts';
import type { ApiContext } from './api-context.ts';
import { scopesOf, type Access } from './auth/access.ts';
import type { Auth } from './auth/auth.ts';
import { listBalances, showAggregateBalances } from './balances.ts';
import { cors } from './cors.ts';
import { errorHandler } from './error-handler.ts';
import { showHealth } from './health.ts';
import { showInfo } from './info.ts';
import { showLedgerInfo } from './ledger-info.ts';
import { listLogs } from './logs.ts';
import { replaceMapping, showMapping } from './mapping.ts';
import { saveAccountMetadata, saveTransactionMetadata } from './metadata.ts';
import { ProblemError } from './problem.ts';
import { ProgramCache } from './program-cache.ts';
import { revertTransaction } from './revert.ts';
import { runScript } from './script.ts';
import { showStats } from './stats.ts';
import { createTransactionBatch } from './transaction-batch.ts';
import { createTransaction, listTransactions, showTransaction, showTransactionCount } from './transactions.ts';

export interface AppOptions extends Omit<ApiContext, 'programs'> {
  readonly logger: Logger;
  readonly health: Health;
  readonly registry: Registry;
  /** Undefined for an API that is open. */
  readonly auth: Auth | undefined;
  readonly corsAllowedOrigins: readonly string[];
}

interface Handlers {
  /** Without it, HEAD is answered by what answers GET. */
  readonly head?: RequestHandler<never>;
  readonly get?: RequestHandler<never>;
  readonly post?: RequestHandler<never>;
  readonly put?: RequestHandler<never>;
}

/** A route of a ledger says what it is about, and so who may use it; others are open to all. */
type Route<Path extends string> = Path extends `/:ledger/${string}`
  ? Handlers & { readonly access: Access }
  : Handlers & { readonly access?: never };

/** The ledger's HTTP interface: v1's routes, and those that operators ask. */
export function createApp(options: AppOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  // v1's router tells `/a` from `/a/` and from `/A`.
  app.enable('strict routing');
  app.enable('case sensitive routing');
  app.set('query parser', false);

  const paths: string[] = [];
  const serve = <Path extends string>(path: Path, { access, head, get, post, put }: Route<Path>) => {
    const route = app.route(path);
    // In front of the handler, so that nothing of a request is looked at whose caller may not use the route.
    const guard = (way: 'read' | 'write') =>
      access === undefined || options.auth === undefined ? [] : [options.auth.guard(scopesOf[access][way])];
    if (head !== undefined) route.head(...guard('read'), head);
    if (get !== undefined) route.get(...guard('read'), get);
    if (post !== undefined) route.post(...guard('write'), post);
    if (put !== undefined) route.put(...guard('write'), put);
    route.all(refuseMethod([get && 'GET, HEAD', post && 'POST', put && 'PUT'].filter(Boolean).join(', ')));
    paths.push(path);
  };
  app.use(cors(options.corsAllowedOrigins));
  const context: ApiContext = { ...options, programs: new ProgramCache() };
  // The busiest first: Express asks one route after the other.
  serve('/:ledger/transactions', {
    access: 'transactions',
    post: createTransaction(context),
    get: listTransactions(context),
    head: showTransactionCount(context),
  });
  serve('/:ledger/transactions/batch', { access: 'transactions', post: createTransactionBatch(context) });
  serve('/:ledger/transactions/:txid', { access: 'transactions', get: showTransaction(context) });
  serve('/:ledger/transactions/:txid/revert', { access: 'transactions', post: revertTransaction(context) });
  serve('/:ledger/transactions/:txid/metadata', { access: 'transactions', post: saveTransactionMetadata(context) });
  serve('/:ledger/accounts', { access: 'accounts', get: listAccounts(context), head: showAccountCount(context) });
  serve('/:ledger/accounts/:address', { access: 'accounts', get: showAccount(context) });
  serve('/:ledger/accounts/:address/metadata', { access: 'accounts', post: saveAccountMetadata(context) });
  serve('/:ledger/mapping', { access: 'mapping', get: showMapping(context), put: replaceMapping(context) });
  serve('/:ledger/script', { access: 'transactions', post: runScript(context) });
  serve('/:ledger/balances', { access: 'balances', get: listBalances(context) });
  serve('/:ledger/aggregate/balances', { access: 'balances', get: showAggregateBalances(context) });
  serve('/:ledger/logs', { access: 'logs', get: listLogs(context) });
  serve('/:ledger/_info', { access: 'info', get: showLedgerInfo(context) });
  serve('/:ledger/stats', { access: 'stats', get: showStats(context) });
  serve('/_info', { get: showInfo(context) });
  serve('/_health', { get: showHealth(options.health) });
  serve('/_healthcheck', { get: showHealth(options.health) });
  serve('/livez', { get: options.health.handler('live') });
  serve('/readyz', { get: options.health.handler('ready') });
  serve('/metrics', { get: metricsHandler(options.registry) });
  for (const path of paths) app.all(`${path}/`, redirectWithoutSlash);
  app.use(refusePath);
  app.use(errorHandler(options.logger));
  return app;
}

function refuseMethod(allowed: string): RequestHandler {
  return (request) => {
    throw new ProblemError({
      kind: 'method-not-allowed',
      message: `method ${request.method} is not allowed here, only ${allowed}`,
      allowed,
    });
  };
}

/** As v1's router: what is not a read must be sent again as it is. */
const redirectWithoutSlash: RequestHandler = (request, response) => {
  const [path = '', query] = request.originalUrl.split('?', 2);
  // More than one slash in front would make the location another host's.
  const location = `/${path.replace(/^\/+/, '').slice(0, -1)}${query === undefined ? '' : `?${query}`}`;
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  response.writeHead(isRead ? 301 : 307, { location, 'content-type': 'text/html; charset=utf-8' });
  const escaped = location.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&#34;');
  response.end(isRead ? `<a href="${escaped}">Moved Permanently</a>.\n\n` : undefined);
};

/** The answer of v1's router. */
const refusePath: RequestHandler = (_request, response) => {
  response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found');
};
