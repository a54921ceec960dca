import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { laneIds } from '@daybook/outbox';
import { classify, createPool, type Pool } from '@daybook/postgres';
import {
  createRegistry,
  Health,
  httpServer,
  Lifecycle,
  openTracing,
  type Component,
  type Logger,
} from '@daybook/runtime';
import { adminHandler } from './admin/handler.ts';
import { replayMetrics } from './admin/replay-metrics.ts';
import type { RelaySettings } from './config.ts';
import { configuredMapping } from './configured-mapping.ts';
import { HttpPublisher } from './http/publisher.ts';
import { kafkaAccess } from './kafka/access.ts';
import { KafkaPublisher } from './kafka/publisher.ts';
import { KafkaTail } from './kafka/tail.ts';
import type { Publisher } from './publisher.ts';
import { relaySession } from './relay-session.ts';
import { RelayService } from './relay-service.ts';
import { Replays } from './replay/replays.ts';
import { tracedPublisher } from './traced-publisher.ts';
import { createReconciler, isReconciling } from './verify/create-reconciler.ts';

/** How long a look into the topics may delay the taking over of lanes; three are tried. */
const takeoverTimeoutMs = 5_000;

interface ServeOptions {
  readonly logger: Logger;
  readonly version: string;
}

/** Runs the relay until told to stop. Resolves to the process's exit code. */
export async function serve(values: RelaySettings, { logger, version }: ServeOptions): Promise<number> {
  const lifecycle = new Lifecycle({ logger, shutdownTimeoutMs: values.shutdownTimeoutMs });
  const pool = createPool(values.databaseUrl, {
    size: values.databasePoolSize,
    applicationName: 'daybook-relay',
    // No statement here takes longer than milliseconds, so silence soon means a lost connection.
    queryTimeoutMs: 10_000,
    session: relaySession,
  });
  const health = new Health();
  const registry = createRegistry('relay');
  const tracing = await openTracing(values, { version, logger });
  if (tracing !== undefined) lifecycle.add(tracing);
  lifecycle.add(databaseComponent(pool)).add(adminComponent(values, { health, registry, pool, logger, version }));
  if (values.kafkaEnabled || values.httpEnabled) {
    const { mapping, urls } = configuredMapping(values);
    if (values.kafkaEnabled && urls !== undefined)
      logger.warn('PUBLISHER_HTTP_ENABLED goes before PUBLISHER_KAFKA_ENABLED: nothing is published to Kafka');
    const createPublisher = (topics: readonly string[]): Publisher => {
      const created =
        urls === undefined
          ? kafkaPublisher(values, topics, logger)
          : new HttpPublisher({ urls, sendTimeoutMs: values.sendTimeoutMs, restMaxMs: values.retryMaxMs });
      return tracing === undefined
        ? created
        : tracedPublisher(created, tracing.tracer, urls === undefined ? 'kafka' : 'http');
    };
    const publisher = createPublisher(mapping.fixedTopics);
    const id = values.relayId ?? `${hostname()}-${process.pid}-${randomBytes(3).toString('hex')}`;
    const replays: Replays = new Replays({
      id,
      settings: values,
      pool,
      publisher: createPublisher([]),
      mapping,
      logger,
      onAcknowledged: replayMetrics(registry, () => replays.counts),
    });
    const service = new RelayService({
      id,
      settings: values,
      pool,
      publisher,
      mapping,
      // What a receiver got cannot be read back from it.
      tail:
        urls === undefined
          ? new KafkaTail({ access: kafkaAccess(values), logger, timeoutMs: takeoverTimeoutMs })
          : undefined,
      logger,
      health,
      registry,
      onLook: (members) => replays.look(members),
      onDefect: (error) => lifecycle.fail(error),
    });
    lifecycle
      .add(publisherComponent(publisher, urls === undefined ? toKafka : toReceivers, logger))
      .add(replays)
      .add(service);
    if (urls === undefined && values.verifyIntervalMs > 0) {
      const isChosen = () => isReconciling(id, service.members);
      lifecycle.add(createReconciler(values, { pool, mapping, logger, registry, isChosen }));
    }
  } else {
    health.add('ready', 'database', async () => {
      await laneIds(pool);
      return 'the outbox is kept, nothing is published';
    });
    logger.warn(
      'neither PUBLISHER_KAFKA_ENABLED nor PUBLISHER_HTTP_ENABLED is true: the outbox is kept and nothing is published',
    );
  }
  return await lifecycle.run();
}

function kafkaPublisher(values: RelaySettings, topics: readonly string[], logger: Logger): Publisher {
  return new KafkaPublisher({
    client: values.kafkaClient,
    access: kafkaAccess(values),
    logger,
    sendTimeoutMs: values.sendTimeoutMs,
    compression: values.kafkaCompression,
    createTopics: values.kafkaCreateTopics
      ? { partitions: values.kafkaTopicPartitions, replication: values.kafkaTopicReplication }
      : undefined,
    topics,
  });
}

/** A database that is away is waited for by all who use it; one that knows us and says no ends the start. */
function databaseComponent(pool: Pool): Component {
  return {
    name: 'database',
    async start() {
      try {
        await pool.query('select 1');
      } catch (error) {
        if (classify(error) !== 'denied') return;
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(`DATABASE_URL is refused by the database: ${reason}`, { cause: error });
      }
    },
    stop: async () => await pool.end(),
  };
}

function adminComponent(
  values: RelaySettings,
  options: {
    readonly health: Health;
    readonly registry: ReturnType<typeof createRegistry>;
    readonly pool: Pool;
    readonly logger: Logger;
    readonly version: string;
  },
): Component {
  const { health, registry, pool, logger, version } = options;
  const { httpBind: bind, adminToken: token, deadAfterMs } = values;
  const server = httpServer({
    bind,
    handler: adminHandler({ health, registry, pool, logger, token, deadAfterMs }),
    onError: (error) => logger.error({ err: error }, 'request failed by a defect'),
  });
  return {
    name: 'admin',
    async start() {
      await server.start();
      logger.info({ url: server.url, version }, 'listening');
    },
    async stop(deadline) {
      health.markStopping();
      await server.stop(deadline);
    },
  };
}

/** What is said of a publisher that cannot start yet, or at all. */
interface StartWords {
  readonly refused: string;
  readonly away: string;
}

const toKafka: StartWords = {
  refused: 'Kafka refuses the relay',
  away: 'Kafka cannot be reached yet, retrying',
};

const toReceivers: StartWords = {
  refused: 'A URL of PUBLISHER_TOPIC_MAPPING cannot be trusted, check it and the certificate of its host',
  away: 'receiver cannot be reached yet, retrying',
};

/** What is away is waited for; wrong credentials or certificates end the start. */
function publisherComponent(publisher: Publisher, words: StartWords, logger: Logger): Component {
  return {
    name: 'publisher',
    async start() {
      const failure = await publisher.check();
      if (failure === undefined) return;
      if (failure.kind === 'fatal') {
        throw new Error(`${words.refused}: ${failure.error.message}`, { cause: failure.error });
      }
      logger.warn({ err: failure.error }, words.away);
    },
    stop: async () => await publisher.stop(),
  };
}
