import { createPool, type Pool } from '@daybook/postgres';
import {
  createRegistry,
  Health,
  httpServer,
  Lifecycle,
  openTracing,
  type Component,
  type Logger,
  type Registry,
  type Tracer,
} from '@daybook/runtime';
import type { LedgerConfig } from './config.ts';
import { waitForDatabase } from './database-wait.ts';
import { createApp } from './http/app.ts';
import { createAuth } from './http/auth/auth.ts';
import { warnOfOpenness } from './http/auth/openness.ts';
import { databaseCheck } from './http/health.ts';
import { requestObserver } from './http/observe-request.ts';
import { malformedRequestBody } from './http/problem-response.ts';
import { migrate } from './migrate.ts';
import type { ParentLink } from './processes/parent-link.ts';
import { serverAnswers } from './query/server-answers.ts';
import { batchMetrics } from './writer/batch-metrics.ts';
import { batchSpans } from './writer/batch-spans.ts';
import type { Submission } from './writer/submission.ts';
import { LedgerWriter } from './writer/writer.ts';

/** Of a process's connections: those for the doorbell, for partitions and for finding ledgers. */
const upkeepConnections = 2;

const starting: Submission = {
  kind: 'unavailable',
  reason: 'database',
  message: 'the service waits for its database; nothing was written',
  retryAfterSeconds: 1,
};

interface ServeOptions {
  readonly logger: Logger;
  readonly version: string;
  /** Where this process is one of several. */
  readonly parent?: ParentLink | undefined;
}

/** Serves until told to stop. Resolves to the process's exit code. */
export async function serve(config: LedgerConfig, { logger, version, parent }: ServeOptions): Promise<number> {
  const lifecycle = new Lifecycle({ logger, shutdownTimeoutMs: config.shutdownTimeoutMs });
  parent?.stopping.addEventListener('abort', () => lifecycle.stop('the parent process stops'), { once: true });
  // One at least is left for reads.
  const writerConnections = Math.min(
    Math.floor(config.databasePoolSize / 2),
    config.databasePoolSize - upkeepConnections - 1,
  );
  const reads = createPool(config.databaseUrl, {
    size: config.databasePoolSize - upkeepConnections - writerConnections,
    applicationName: 'daybook-ledger-reads',
    session: { statement_timeout: '20s', default_transaction_read_only: 'on' },
  });
  const registry = parent?.registry ?? createRegistry('ledger');
  const tracing = await openTracing(config, { version, logger });
  const tracer = tracing?.tracer;
  const writer = createWriter(config, { connections: writerConnections, logger, lifecycle, registry, tracer });
  let isReady = false;
  const health = new Health().add('ready', databaseCheck, async () => {
    await serverAnswers(writer.upkeep).catch((error: unknown) => {
      throw new Error(reasonOf(error), { cause: error });
    });
    if (!isReady) throw new Error('starting');
  });
  if (parent !== undefined) health.add('ready', 'workers', () => parent.checkOthers());
  const auth = createAuth(config, logger);
  if (auth === undefined) warnOfOpenness(config, logger);
  const server = createServer(config, {
    logger,
    registry,
    auth,
    tracer,
    health,
    pool: reads,
    directory: writer.directory,
    writer: { submit: async (command) => (isReady ? await writer.submit(command) : starting) },
  });

  // Stopped from the last to the first: requests are answered before the writer goes, and it before the pool of reads.
  if (tracing !== undefined) lifecycle.add(tracing);
  lifecycle
    .add({ name: 'reads', stop: async () => await reads.end() })
    .add({ name: 'writer', stop: async () => await writer.stop() });
  const http: Component = {
    name: 'http',
    async start() {
      await server.start();
      void auth?.prefetch();
      logger.info({ url: server.url, version }, 'listening');
    },
    async stop(deadline) {
      health.markStopping();
      await server.stop(deadline);
    },
  };
  const database = databaseComponent(config, {
    logger,
    reads,
    onReady: async () => {
      await writer.start();
      isReady = true;
    },
  });
  // The database behind the server, so that probes get an answer while it is waited for; but not where other processes
  // answer on the same port, since requests that came to this one would wait for its database too.
  const isFirst = parent === undefined || parent.isFirst;
  for (const component of isFirst ? [http, database] : [database, http]) lifecycle.add(component);
  if (parent !== undefined) lifecycle.add({ name: 'parent', start: () => parent.serving() });
  return await lifecycle.run();
}

function createWriter(
  config: LedgerConfig,
  {
    connections,
    logger,
    lifecycle,
    registry,
    tracer,
  }: {
    readonly connections: number;
    readonly logger: Logger;
    readonly lifecycle: Lifecycle;
    readonly registry: Registry;
    readonly tracer: Tracer | undefined;
  },
): LedgerWriter {
  const metrics = batchMetrics(registry, () => writer.waiting);
  const spans = tracer === undefined ? undefined : batchSpans(tracer);
  const writer = new LedgerWriter({
    databaseUrl: config.databaseUrl,
    connections,
    execution: {
      eventFormat: config.eventFormat,
      eventBytesMax: config.eventBytesMax,
      commitPolicy: config.commitPolicy,
    },
    batchCommandsMax: config.batchCommandsMax,
    batchBytesMax: config.batchBytesMax,
    queueCommandsMax: config.queueCommandsMax,
    partitionsAheadDays: config.outboxPartitionsAhead,
    lagSecondsMax: config.outboxLagMaxSeconds,
    observer: {
      batchEnded(report) {
        metrics.batchEnded(report);
        spans?.batchEnded(report);
      },
      lagRefused: metrics.lagRefused,
      lagGateMoved({ lanes, lagSeconds }) {
        const fields = { lanes, lagSeconds, lagSecondsMax: config.outboxLagMaxSeconds };
        if (lanes.length > 0) logger.warn(fields, 'events are published too far behind, writes refused');
        else logger.info(fields, 'events are published in time, writes taken again');
      },
      lagUnknown: (error) => logger.warn({ err: error }, 'lag cannot be read, writes pass in a few seconds'),
      batchFailed(report) {
        metrics.batchFailed(report);
        spans?.batchFailed(report);
        const { error, lanes, commands, failure, next } = report;
        // Where several processes write the same lane, this is how they find out.
        const level = failure === 'head-moved' ? 'debug' : 'warn';
        logger[level]({ err: error, lanes, commands, failure, next }, 'batch not written');
      },
      defect: (error) => lifecycle.fail(error),
    },
  });
  return writer;
}

function createServer(
  config: LedgerConfig,
  options: Omit<Parameters<typeof createApp>[0], 'bodyBytesMax' | 'corsAllowedOrigins'> & {
    readonly tracer: Tracer | undefined;
  },
) {
  const { bodyBytesMax, corsAllowedOrigins } = config;
  const app = createApp({ ...options, bodyBytesMax, corsAllowedOrigins });
  const observe = requestObserver({ ...options, logsAll: config.requestLog === 'all' });
  return httpServer({
    bind: config.httpBind,
    headerBytesMax: config.httpHeaderBytesMax,
    connectionsMax: config.httpConnectionsMax,
    requestTimeoutMs: config.httpRequestTimeoutMs,
    handler(request, response) {
      observe(request, response);
      app(request, response);
    },
    onError: (error) => options.logger.error({ err: error }, 'request failed by a defect'),
    bodyOfMalformed: malformedRequestBody,
  });
}

function databaseComponent(
  config: LedgerConfig,
  { logger, reads, onReady }: { readonly logger: Logger; readonly reads: Pool; readonly onReady: () => Promise<void> },
): Component {
  return {
    name: 'database',
    async start(stopping) {
      const getReady = async () => {
        if (config.migrateOnStart) {
          await migrate(config.databaseUrl, {
            lanes: config.lanes,
            roles: config.migrateRoles,
            log: (message, fields) => logger.info(fields, message),
          });
        }
        await serverAnswers(reads);
        await onReady();
      };
      await waitForDatabase(getReady, { logger, stopping });
    },
  };
}

/** Node reports a refused connection to a name with several addresses as a group of errors without a text of its own. */
function reasonOf(error: unknown): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return first instanceof Error ? first.message : String(first);
}
