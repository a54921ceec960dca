import type { Logger } from '@daybook/runtime';
import kafkajs, { type Admin, type ConfigResourceTypes } from 'kafkajs';
import type { Failure } from '../publisher.ts';
import { within } from '../within.ts';
import type { KafkaAccess } from './access.ts';
import { KafkajsClient } from './kafkajs/client.ts';
import { codeOf, failureOf, isLeaderless, isMissingTopic } from './failure.ts';

/** A partition as the cluster tells it; brokers by their ids. */
interface PartitionView {
  readonly id: number;
  readonly replicas: readonly number[];
  readonly inSync: readonly number[];
}

/** Settings in force by name, or why they cannot be read. */
export type Config = ReadonlyMap<string, string> | { readonly unreadable: string };

/** What can be seen of a topic. */
export type TopicView =
  | {
      readonly kind: 'present';
      readonly name: string;
      readonly partitions: readonly PartitionView[];
      readonly config: Config;
    }
  | { readonly kind: 'missing'; readonly name: string }
  /** Partitions without a leader, or no right to see it, or something else that the cluster says instead. */
  | { readonly kind: 'leaderless' | 'forbidden' | 'unknown'; readonly name: string; readonly reason: string };

/** What can be seen of a cluster. */
export interface ClusterView {
  readonly brokers: number;
  /** Of a broker: what topics get that are created without saying. */
  readonly defaults: Config;
  readonly topics: readonly TopicView[];
}

/** A question that is answered by yes, or by a refusal. */
export type Answer = { readonly kind: 'yes' } | { readonly kind: 'no'; readonly reason: string };

interface InspectorOptions {
  readonly access: KafkaAccess;
  readonly logger: Logger;
  readonly timeoutMs: number;
}

const yes: Answer = { kind: 'yes' };
const closeTimeoutMs = 1_000;
const topicsAtOnceMax = 8;

/** Kafka's word for acks that are none of 0, 1 and all. */
const impossibleAcks = 2;

/** Looks at a cluster and changes nothing. */
export class KafkaInspector {
  readonly #options: InspectorOptions;
  readonly #client: KafkajsClient;
  readonly #admin: Admin;
  #connected: Promise<void> | undefined;

  constructor(options: InspectorOptions) {
    this.#options = options;
    this.#client = new KafkajsClient(options.access, options.logger);
    this.#admin = this.#client.kafka.admin();
  }

  /** Undefined when the cluster answers and takes the credentials. */
  async check(): Promise<Failure | undefined> {
    try {
      await this.#brokerIds();
      return undefined;
    } catch (error) {
      return failureOf(error);
    }
  }

  /** The names of the topics that may be seen. */
  async topicNames(): Promise<readonly string[]> {
    await this.#connect();
    return await this.#asking(this.#admin.listTopics());
  }

  /** The cluster and the topics, in the order of their names. */
  async view(topicNames: readonly string[]): Promise<ClusterView> {
    const brokers = await this.#brokerIds();
    const defaults = await this.#config(kafkajs.ConfigResourceTypes.BROKER, String(brokers[0] ?? 0));
    const names = topicNames.toSorted();
    const topics: TopicView[] = [];
    for (let start = 0; start < names.length; start += topicsAtOnceMax) {
      const some = names.slice(start, start + topicsAtOnceMax);
      topics.push(...(await Promise.all(some.map(async (name) => this.#topic(name)))));
    }
    return { brokers: brokers.length, defaults, topics };
  }

  /**
   * Whether records may be written to the topic, without writing one: a broker looks at the right first, and then refuses a request
   * whose acks are none that it knows (KafkaApis.handleProduceRequest, then ReplicaManager.appendRecords).
   */
  async mayWrite(topic: string): Promise<Answer> {
    const producer = this.#client.kafka.producer({ allowAutoTopicCreation: false });
    try {
      await this.#asking(producer.connect());
      await this.#asking(
        producer.send({ topic, acks: impossibleAcks, messages: [{ key: null, value: '', partition: 0 }] }),
      );
      return { kind: 'no', reason: 'the broker took acks that Kafka does not know' };
    } catch (error) {
      return codeOf(error) === 'INVALID_REQUIRED_ACKS' ? yes : { kind: 'no', reason: reasonOf(error) };
    } finally {
      await closed(producer.disconnect());
    }
  }

  /** Whether the cluster hands out an id for an idempotent producer. */
  async mayProduceIdempotently(): Promise<Answer> {
    const producer = this.#client.kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
    try {
      await this.#asking(producer.connect());
      return yes;
    } catch (error) {
      return { kind: 'no', reason: reasonOf(error) };
    } finally {
      await closed(producer.disconnect());
    }
  }

  /** Whether the topic could be created so; it is not. -1 leaves a number to the broker. */
  async mayCreate(topic: string, size: { readonly partitions: number; readonly replication: number }): Promise<Answer> {
    await this.#connect();
    try {
      await this.#asking(
        this.#admin.createTopics({
          validateOnly: true,
          waitForLeaders: false,
          timeout: this.#options.timeoutMs,
          topics: [{ topic, numPartitions: size.partitions, replicationFactor: size.replication }],
        }),
      );
      return yes;
    } catch (error) {
      return { kind: 'no', reason: reasonOf(error) };
    }
  }

  async close(): Promise<void> {
    if (this.#connected !== undefined) await closed(this.#admin.disconnect());
    this.#client.cut();
  }

  async #connect(): Promise<void> {
    this.#connected ??= this.#asking(this.#admin.connect());
    await this.#connected;
  }

  async #brokerIds(): Promise<readonly number[]> {
    await this.#connect();
    const { brokers } = await this.#asking(this.#admin.describeCluster());
    return brokers.map(({ nodeId }) => nodeId);
  }

  async #topic(name: string): Promise<TopicView> {
    try {
      const { topics } = await this.#asking(this.#admin.fetchTopicMetadata({ topics: [name] }));
      const partitions = topics
        .flatMap((topic) => topic.partitions)
        .map(({ partitionId, replicas, isr }) => ({ id: partitionId, replicas, inSync: isr }));
      return { kind: 'present', name, partitions, config: await this.#config(kafkajs.ConfigResourceTypes.TOPIC, name) };
    } catch (error) {
      if (isMissingTopic(error)) return { kind: 'missing', name };
      const reason = reasonOf(error);
      if (isLeaderless(error)) return { kind: 'leaderless', name, reason };
      return { kind: codeOf(error) === 'TOPIC_AUTHORIZATION_FAILED' ? 'forbidden' : 'unknown', name, reason };
    }
  }

  async #config(type: ConfigResourceTypes, name: string): Promise<Config> {
    try {
      const { resources } = await this.#asking(
        this.#admin.describeConfigs({
          includeSynonyms: false,
          resources: [{ type, name }],
        }),
      );
      const entries = resources.flatMap(({ configEntries }) => configEntries);
      return new Map(entries.map(({ configName, configValue }) => [configName, configValue]));
    } catch (error) {
      return { unreadable: reasonOf(error) };
    }
  }

  async #asking<Result>(question: Promise<Result>): Promise<Result> {
    return await within({ ms: this.#options.timeoutMs, what: 'asking Kafka' }, question);
  }
}

function reasonOf(error: unknown): string {
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  return code === '' || message.includes(code) ? message : `${message} (${code})`;
}

async function closed(disconnecting: Promise<void>): Promise<void> {
  await within({ ms: closeTimeoutMs, what: 'disconnecting from Kafka' }, disconnecting).catch(() => {});
}
