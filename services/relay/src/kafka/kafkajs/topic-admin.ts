import type { Admin } from 'kafkajs';
import { within } from '../../within.ts';
import { isExistingTopic } from '../failure.ts';
import type { TopicAdmin, TopicSize } from '../topic-admin.ts';
import type { KafkajsClient } from './client.ts';

interface TopicAdminOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const closeTimeoutMs = 1_000;

export class KafkajsTopicAdmin implements TopicAdmin {
  readonly #client: KafkajsClient;
  readonly #admin: Admin;
  readonly #options: TopicAdminOptions;

  private constructor(client: KafkajsClient, options: TopicAdminOptions) {
    this.#client = client;
    this.#admin = client.kafka.admin();
    this.#options = options;
  }

  static async open(client: KafkajsClient, options: TopicAdminOptions): Promise<KafkajsTopicAdmin> {
    const admin = new KafkajsTopicAdmin(client, options);
    try {
      await within(
        { ms: options.timeoutMs, what: 'connecting to Kafka', signal: options.signal },
        admin.#admin.connect(),
      );
      return admin;
    } catch (error) {
      void admin.close();
      throw error;
    }
  }

  async ping(): Promise<void> {
    await this.#asking(this.#admin.describeCluster());
  }

  async countPartitions(topic: string): Promise<number> {
    const { topics } = await this.#asking(this.#admin.fetchTopicMetadata({ topics: [topic] }));
    return topics.find(({ name }) => name === topic)?.partitions.length ?? 0;
  }

  async createTopic(topic: string, { partitions, replication }: TopicSize): Promise<boolean> {
    try {
      return await this.#asking(
        this.#admin.createTopics({
          topics: [{ topic, numPartitions: partitions, replicationFactor: replication }],
          timeout: this.#options.timeoutMs,
          waitForLeaders: true,
        }),
      );
    } catch (error) {
      if (isExistingTopic(error)) return false;
      throw error;
    }
  }

  async close(): Promise<void> {
    await within({ ms: closeTimeoutMs, what: 'disconnecting from Kafka' }, this.#admin.disconnect()).catch(() => {});
    this.#client.cut();
  }

  async #asking<Answer>(question: Promise<Answer>): Promise<Answer> {
    const { timeoutMs, signal } = this.#options;
    return await within({ ms: timeoutMs, what: 'asking Kafka', signal }, question);
  }
}
