import { Admin, ListOffsetTimestamps } from '@platformatic/kafka';
import type { KafkaAccess } from '../access.ts';
import { isExistingTopic } from '../failure.ts';
import type { TopicAdmin, TopicSize } from '../topic-admin.ts';
import { clientOptions } from './client-options.ts';
import { Connections } from './connections.ts';
import { untilStarted } from './until-started.ts';

interface TopicAdminOptions {
  readonly access: KafkaAccess;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export class PlatformaticTopicAdmin implements TopicAdmin {
  readonly #admin: Admin;
  readonly #connections: Connections;
  readonly #options: TopicAdminOptions;

  constructor(options: TopicAdminOptions) {
    this.#admin = new Admin(clientOptions(options.access));
    this.#connections = new Connections(this.#admin);
    this.#options = options;
  }

  async ping(): Promise<void> {
    await this.#asking(async () => this.#admin.metadata({ topics: [], forceUpdate: true }));
  }

  async countPartitions(topic: string): Promise<number> {
    return await this.#asking(async () => (await this.#partitionsOf(topic)).length);
  }

  async createTopic(topic: string, { partitions, replication }: TopicSize): Promise<boolean> {
    try {
      return await this.#asking(async (end) => {
        await this.#admin.createTopics({ topics: [topic], partitions, replicas: replication });
        await untilStarted(async () => this.#requireLeaders(topic), end);
        return true;
      });
    } catch (error) {
      if (isExistingTopic(error)) return false;
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#connections.cut();
    await this.#admin.close().catch(() => {});
  }

  async #partitionsOf(topic: string) {
    const { topics } = await this.#admin.metadata({ topics: [topic], forceUpdate: true });
    return topics.get(topic)?.partitions ?? [];
  }

  /** Brokers hear of a new topic a moment after it was made, and of leading its partitions later still: only a leader tells offsets. */
  async #requireLeaders(topic: string): Promise<void> {
    const partitions = (await this.#partitionsOf(topic)).map((_, index) => ({
      partitionIndex: index,
      timestamp: ListOffsetTimestamps.LATEST,
    }));
    await this.#admin.listOffsets({ topics: [{ name: topic, partitions }] });
  }

  async #asking<Answer>(ask: (end: AbortSignal) => Promise<Answer>): Promise<Answer> {
    const { timeoutMs, signal } = this.#options;
    return await this.#connections.ask({ ms: timeoutMs, what: 'asking Kafka', signal }, ask);
  }
}
