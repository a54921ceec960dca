import type { Logger } from '@daybook/runtime';
import { failureOf, isMissingTopic } from './failure.ts';
import type { TopicAdmin, TopicSize } from './topic-admin.ts';

interface TopicsOptions {
  readonly open: (signal: AbortSignal) => Promise<TopicAdmin>;
  readonly logger: Logger;
  /** Undefined where missing topics are not to be created. */
  readonly create: TopicSize | undefined;
}

interface KnownTopic {
  readonly partitions: number;
  /** When to look again, on the monotonic clock. */
  readonly staleAtMs: number;
}

const refreshIntervalMs = 300_000;
const knownMax = 100_000;

/** The topics of a cluster: how many partitions each has; made where they are missing. */
export class KafkaTopics {
  readonly #options: TopicsOptions;
  readonly #known = new Map<string, KnownTopic>();
  #admin: Promise<TopicAdmin> | undefined;
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
        const isMade = await admin.createTopic(topic, create);
        const partitions = await this.#lookUp(admin, topic);
        if (isMade) logger.info({ topic, partitions }, 'topic created');
        return partitions;
      }
    });
  }

  /** Asks the cluster anything at all. */
  async ping(): Promise<void> {
    await this.#withAdmin(async (admin) => admin.ping());
  }

  /** Has a topic looked up again at its next use. */
  forget(topic: string): void {
    this.#known.delete(topic);
  }

  /** Gives up whatever is asked. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const admin = this.#admin;
    this.#admin = undefined;
    await (await admin?.catch(() => undefined))?.close();
  }

  async #lookUp(admin: TopicAdmin, topic: string): Promise<number> {
    const partitions = await admin.countPartitions(topic);
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

  /** Asks over the one connection for such; it is thrown away after any failure that is not about a topic. */
  async #withAdmin<Result>(ask: (admin: TopicAdmin) => Promise<Result>): Promise<Result> {
    this.#admin ??= this.#options.open(this.#stopping.signal);
    const admin = this.#admin;
    try {
      return await ask(await admin);
    } catch (error) {
      const failure = failureOf(error);
      const isTopicFault = failure.kind === 'retry' && failure.reason === 'topic';
      if (this.#admin === admin && !isTopicFault) {
        this.#admin = undefined;
        void admin.then(async (open) => open.close()).catch(() => {});
      }
      throw error;
    }
  }
}
