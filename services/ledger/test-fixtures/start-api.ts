import { createPool } from '@daybook/postgres';
import { createLogger, createRegistry, Health, httpServer, type Tracer } from '@daybook/runtime';
import { createApp } from '../src/http/app.ts';
import type { Auth } from '../src/http/auth/auth.ts';
import { databaseCheck } from '../src/http/health.ts';
import { requestObserver } from '../src/http/observe-request.ts';
import { serverAnswers } from '../src/query/server-answers.ts';
import { batchMetrics } from '../src/writer/batch-metrics.ts';
import { batchSpans } from '../src/writer/batch-spans.ts';
import type { Writer } from '../src/writer/submission.ts';
import { LedgerWriter } from '../src/writer/writer.ts';
import { assertStoredEvents } from './assert-stored-events.ts';
import { sendRequest, type ReceivedAnswer, type SentRequest } from './send-request.ts';

/** The API on a port that the system chose. */
export interface RunningApi {
  readonly url: string;
  /** What was logged so far. */
  readonly log: readonly Readonly<Record<string, unknown>>[];
  send(request: SentRequest): Promise<ReceivedAnswer>;
  stop(): Promise<void>;
}

export interface StartApiOptions {
  readonly databaseUrl: string;
  readonly bodyBytesMax?: number;
  readonly lagSecondsMax?: number;
  /** Takes the commands instead of a writer on the database. */
  readonly writer?: Writer;
  readonly auth?: Auth;
  readonly corsAllowedOrigins?: readonly string[];
  readonly logsAll?: boolean;
  readonly tracer?: Tracer | undefined;
}

/** Starts the HTTP interface with a writer behind it, as `serve` does, but in this process. */
export async function startApi({
  databaseUrl,
  bodyBytesMax = 100_000,
  lagSecondsMax = 0,
  writer,
  auth,
  corsAllowedOrigins = [],
  logsAll = false,
  tracer,
}: StartApiOptions): Promise<RunningApi> {
  const log: Readonly<Record<string, unknown>>[] = [];
  const logger = createLogger({
    service: 'test',
    level: 'info',
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every log line is an object
    destination: { write: (line) => log.push(JSON.parse(line) as Readonly<Record<string, unknown>>) },
  });
  const registry = createRegistry('test');
  const metrics = batchMetrics(registry, () => lanes.waiting);
  const spans = tracer === undefined ? undefined : batchSpans(tracer);
  const pool = createPool(databaseUrl, { size: 2, applicationName: 'api test' });
  const lanes: LedgerWriter = new LedgerWriter({
    databaseUrl,
    connections: 2,
    execution: { eventFormat: 'v1.4', eventBytesMax: 900_000, commitPolicy: 'none' },
    batchCommandsMax: 100,
    batchBytesMax: 1_000_000,
    queueCommandsMax: 1_000,
    partitionsAheadDays: 1,
    lagSecondsMax,
    observer: {
      ...metrics,
      batchEnded(report) {
        metrics.batchEnded(report);
        spans?.batchEnded(report);
      },
    },
  });
  if (writer === undefined) await lanes.start();
  const app = createApp({
    writer: writer ?? lanes,
    directory: lanes.directory,
    pool,
    bodyBytesMax,
    auth,
    corsAllowedOrigins,
    logger,
    health: new Health().add('ready', databaseCheck, async () => await serverAnswers(pool)),
    registry,
  });
  const observe = requestObserver({ logger, registry, logsAll, tracer });
  const server = httpServer({
    bind: '127.0.0.1:0',
    handler(request, response) {
      observe(request, response);
      app(request, response);
    },
  });
  await server.start();
  const { host, port } = server.address;
  return {
    url: server.url,
    log,
    send: async (sent) => await sendRequest({ host, port }, sent),
    stop: async () => {
      await server.stop();
      await lanes.stop();
      try {
        await assertStoredEvents(pool);
      } finally {
        await pool.end();
      }
    },
  };
}
