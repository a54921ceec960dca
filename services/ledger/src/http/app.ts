import { metricsHandler, type Health, type Logger, type Registry } from '@daybook/runtime';
import express, { type Express, type RequestHandler } from 'express';
import { listAccounts, showAccount, showAccountCount } from './accounts.ts';
import type { ApiContext } from './api-context.ts';
import { scopesOf } from './auth/access.ts';
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
import { methods, type Method } from './openapi/operation.ts';
import { pathEntries, type paths } from './openapi/paths.ts';
import { showReader, showReaderAsset } from './openapi/reader.ts';
import { showDocument, showDocumentInYaml } from './openapi/show-document.ts';
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

/** A handler for each method of each path that the OpenAPI document has, and for no other. */
type Handlers = {
  readonly [Path in keyof typeof paths]: {
    readonly [Each in Extract<keyof (typeof paths)[Path], Method>]: RequestHandler<never>;
  };
};

/** The ledger's HTTP interface: v1's routes, and those that operators ask. */
export function createApp(options: AppOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  // v1's router tells `/a` from `/a/` and from `/A`.
  app.enable('strict routing');
  app.enable('case sensitive routing');
  app.set('query parser', false);

  app.use(cors(options.corsAllowedOrigins, options.auth === undefined));
  const handlers = handlersOf(options);
  for (const [path, { access }] of pathEntries) {
    const route = app.route(path);
    const own: { readonly [Each in Method]?: RequestHandler<never> } = handlers[path];
    // HEAD comes first of these: without a handler of its own, what answers GET answers it.
    for (const method of methods) {
      const handler = own[method];
      if (handler === undefined) continue;
      // In front of the handler, so that nothing of a request is looked at whose caller may not use the route.
      const way = method === 'post' || method === 'put' ? 'write' : 'read';
      const guard =
        access === undefined || options.auth === undefined ? [] : [options.auth.guard(scopesOf[access][way])];
      route[method](...guard, handler);
    }
  }
  // Behind all routes: v1 has a router for each method, so that `GET …/transactions/batch` asks for a transaction of that name.
  for (const [path, { get, post, put }] of pathEntries) {
    app.all(path, refuseMethod([get && 'GET, HEAD', post && 'POST', put && 'PUT'].filter(Boolean).join(', ')));
    app.all(`${path}/`, redirectWithoutSlash);
  }
  app.use(refusePath);
  app.use(errorHandler(options.logger));
  return app;
}

function handlersOf(options: AppOptions): Handlers {
  const context: ApiContext = { ...options, programs: new ProgramCache() };
  return {
    '/:ledger/transactions': {
      post: createTransaction(context),
      get: listTransactions(context),
      head: showTransactionCount(context),
    },
    '/:ledger/transactions/batch': { post: createTransactionBatch(context) },
    '/:ledger/transactions/:txid': { get: showTransaction(context) },
    '/:ledger/transactions/:txid/revert': { post: revertTransaction(context) },
    '/:ledger/transactions/:txid/metadata': { post: saveTransactionMetadata(context) },
    '/:ledger/accounts': { get: listAccounts(context), head: showAccountCount(context) },
    '/:ledger/accounts/:address': { get: showAccount(context) },
    '/:ledger/accounts/:address/metadata': { post: saveAccountMetadata(context) },
    '/:ledger/mapping': { get: showMapping(context), put: replaceMapping(context) },
    '/:ledger/script': { post: runScript(context) },
    '/:ledger/balances': { get: listBalances(context) },
    '/:ledger/aggregate/balances': { get: showAggregateBalances(context) },
    '/:ledger/logs': { get: listLogs(context) },
    '/:ledger/_info': { get: showLedgerInfo(context) },
    '/:ledger/stats': { get: showStats(context) },
    '/_info': { get: showInfo(context) },
    '/_health': { get: showHealth(options.health) },
    '/_healthcheck': { get: showHealth(options.health) },
    '/livez': { get: options.health.handler('live') },
    '/readyz': { get: options.health.handler('ready') },
    '/metrics': { get: metricsHandler(options.registry) },
    '/openapi.json': { get: showDocument() },
    '/swagger.json': { get: showDocument() },
    '/swagger.yaml': { get: showDocumentInYaml() },
    '/docs': { get: showReader },
    '/docs/swagger-ui.css': { get: showReaderAsset('swagger-ui.css') },
    '/docs/swagger-ui-bundle.js': { get: showReaderAsset('swagger-ui-bundle.js') },
  };
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
