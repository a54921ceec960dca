import type { Logger } from '@daybook/runtime';
import type { Admin } from 'kafkajs';
import type { KafkaClient } from './client.ts';
import { failureOf, isExistingTopic, isMissingTopic } from './failure.ts';
import { within } from '../within.ts';

interface TopicsOptions {
  readonly openClient: () => KafkaClient;
  readonly logger: Logger;
  readonly timeoutMs: number;
  /** Undefined where missing topics are not to be created. -1 leaves the choice to the broker. */
  readonly create: { readonly partitions: number; readonly replication: number } | undefined;
}

interface KnownTopic {
  readonly partitions: number;
  /** When to look again, on the monotonic clock. */
  readonly staleAtMs: number;
}

const refreshIntervalMs = 300_000;
const closeTimeoutMs = 1_000;
const knownMax = 100_000;

/** The topics of a cluster: how many partitions each has; made where they are missing. */
export class KafkaTopics {
  readonly #options: TopicsOptions;
  readonly #known = new Map<string, KnownTopic>();
  #session: Promise<{ readonly admin: Admin; readonly client: KafkaClient }> | undefined;
  #isRefreshing = false;
  readonly #stopping = new AbortController();

  constructor(options: TopicsOptions) {
    this.#options = options;
  }

  /** The number of partitions, or undefined for a topic that was not resolved yet. What is old is looked up again in the background. */
  partitionsOf(topic: string): number | undefined {
    const known = this.#known.get(topic);
    if (known !== undefined && known.staleAtMs < performance.now()) void this.#refresh();
    return known?.partitions;
  }

  /** The number of partitions, from the cluster when it is not known; creates the topic if that is wanted and it is missing. */
  async resolve(topic: string): Promise<number> {
    const known = this.#known.get(topic);
    if (known !== undefined) return known.partitions;
    return await this.#withAdmin(async (admin) => {
      try {
        return await this.#lookUp(admin, topic);
      } catch (error) {
        const { create, logger } = this.#options;
        if (!isMissingTopic(error)) throw error;
        if (create === undefined) {
          throw new Error(`the topic ${topic} does not exist, and PUBLISHER_KAFKA_CREATE_TOPICS is false`, {
            cause: error,
          });
        }
        const isMade = await createTopic(admin, topic, { ...create, timeoutMs: this.#options.timeoutMs });
        const partitions = await this.#lookUp(admin, topic);
        if (isMade) logger.info({ topic, partitions }, 'topic created');
        return partitions;
      }
    });
  }

  /** Asks the cluster anything at all. */
  async ping(): Promise<void> {
    await this.#withAdmin(async (admin) => admin.describeCluster());
  }

  /** Has a topic looked up again at its next use. */
  forget(topic: string): void {
    this.#known.delete(topic);
  }

  /** Gives up whatever is asked. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const session = this.#session;
    this.#session = undefined;
    const open = await session?.catch(() => undefined);
    if (open !== undefined) await close(open.admin, open.client);
  }

  async #lookUp(admin: Admin, topic: string): Promise<number> {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    const partitions = topics.find(({ name }) => name === topic)?.partitions.length ?? 0;
    if (partitions === 0) throw new Error(`Kafka told no partitions of the topic ${topic}`);
    if (this.#known.size >= knownMax) this.#known.clear();
    this.#known.set(topic, { partitions, staleAtMs: performance.now() + refreshIntervalMs });
    return partitions;
  }

  /** More partitions move keys, so that order holds only from then on; it is said, and new records follow the new number. */
  async #refresh(): Promise<void> {
    if (this.#isRefreshing) return;
    this.#isRefreshing = true;
    const now = performance.now();
    const stale = [...this.#known].filter(([, { staleAtMs }]) => staleAtMs < now);
    try {
      for (const [topic, { partitions }] of stale) {
        const current = await this.#withAdmin(async (admin) => this.#lookUp(admin, topic));
        if (current !== partitions) {
          this.#options.logger.warn(
            { topic, before: partitions, after: current },
            'number of partitions changed, keys moved',
          );
        }
      }
    } catch (error) {
      // Sending finds out by itself what is wrong; this looks again later.
      for (const [topic, { partitions }] of stale) {
        if (isMissingTopic(error)) this.#known.delete(topic);
        else this.#known.set(topic, { partitions, staleAtMs: now + refreshIntervalMs });
      }
    } finally {
      this.#isRefreshing = false;
    }
  }

  /** Runs a request on the one connection for such; it is thrown away after any failure that is not about a topic. */
  async #withAdmin<Result>(work: (admin: Admin) => Promise<Result>): Promise<Result> {
    this.#session ??= this.#connect();
    const session = this.#session;
    try {
      const { admin } = await session;
      return await within(
        { ms: this.#options.timeoutMs, what: 'asking Kafka', signal: this.#stopping.signal },
        work(admin),
      );
    } catch (error) {
      const failure = failureOf(error);
      const isTopicFault = failure.kind === 'retry' && failure.reason === 'topic';
      if (this.#session === session && !isTopicFault) {
        this.#session = undefined;
        void session.then(({ admin, client }) => close(admin, client)).catch(() => {});
      }
      throw error;
    }
  }

  async #connect(): Promise<{ readonly admin: Admin; readonly client: KafkaClient }> {
    const client = this.#options.openClient();
    const admin = client.kafka.admin();
    try {
      await within(
        { ms: this.#options.timeoutMs, what: 'connecting to Kafka', signal: this.#stopping.signal },
        admin.connect(),
      );
      return { admin, client };
    } catch (error) {
      void close(admin, client);
      throw error;
    }
  }
}

/** False when someone else was first. */
async function createTopic(
  admin: Admin,
  topic: string,
  options: { readonly partitions: number; readonly replication: number; readonly timeoutMs: number },
): Promise<boolean> {
  try {
    return await admin.createTopics({
      topics: [{ topic, numPartitions: options.partitions, replicationFactor: options.replication }],
      timeout: options.timeoutMs,
      waitForLeaders: true,
    });
  } catch (error) {
    if (isExistingTopic(error)) return false;
    throw error;
  }
}

async function close(admin: Admin, client: KafkaClient): Promise<void> {
  await within({ ms: closeTimeoutMs, what: 'disconnecting from Kafka' }, admin.disconnect()).catch(() => {});
  client.cut();
}
