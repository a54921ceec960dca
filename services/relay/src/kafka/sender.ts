import type { CompressionTypes, Message, Producer } from 'kafkajs';
import type { KafkaClient } from './client.ts';
import { within } from '../within.ts';

interface SenderOptions {
  readonly sendTimeoutMs: number;
  readonly compression: CompressionTypes;
  /** Gives up whatever is under way. */
  readonly signal: AbortSignal;
}

/** A message whose partition was chosen. */
export interface PlacedMessage extends Message {
  readonly partition: number;
}

const closeTimeoutMs = 1_000;

/**
 * An idempotent producer that lives only as long as every send succeeds. kafkajs 2.2.4 loses records while it reports success:
 *
 * - After a send that was rejected in part it takes back the sequence numbers of all partitions, also of those that were stored. The next
 *   batch of the same size then carries numbers that the broker has seen, is taken for a duplicate, and is dropped with a success.
 * - When a leader moves while a send is being retried, partitions may be left out, and their absence from the answer is the only sign.
 *
 * So after any failure a sender is thrown away, and a send counts only if its answer names every partition, each without an error.
 */
export class KafkaSender {
  readonly #client: KafkaClient;
  readonly #producer: Producer;
  readonly #options: SenderOptions;

  private constructor(client: KafkaClient, producer: Producer, options: SenderOptions) {
    this.#client = client;
    this.#producer = producer;
    this.#options = options;
  }

  /** Connects, and has the cluster hand out a producer id. */
  static async open(client: KafkaClient, options: SenderOptions): Promise<KafkaSender> {
    const producer = client.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      // Every message names its partition.
      createPartitioner: () => (args) => args.message.partition ?? 0,
    });
    const sender = new KafkaSender(client, producer, options);
    try {
      await within(
        { ms: options.sendTimeoutMs, what: 'connecting to Kafka', signal: options.signal },
        producer.connect(),
      );
      return sender;
    } catch (error) {
      void sender.close();
      throw error;
    }
  }

  /** Resolves when every message was stored by all in-sync replicas. After a rejection some may be stored, and the sender must be closed. */
  async send(topics: { readonly topic: string; readonly messages: PlacedMessage[] }[]): Promise<void> {
    const answer = await within(
      { ms: this.#options.sendTimeoutMs, what: 'sending to Kafka', signal: this.#options.signal },
      this.#producer.sendBatch({
        acks: -1,
        timeout: this.#options.sendTimeoutMs,
        compression: this.#options.compression,
        topicMessages: topics,
      }),
    );
    const stored = new Set(
      answer.filter((entry) => entry.errorCode === 0).map((entry) => `${entry.topicName}/${entry.partition}`),
    );
    for (const { topic, messages } of topics) {
      const partitions = new Set(messages.map(({ partition }) => partition));
      for (const partition of partitions) {
        if (!stored.has(`${topic}/${partition}`)) {
          throw new Error(`the answer of Kafka does not say that ${topic}/${partition} was stored`);
        }
      }
    }
  }

  /** Never rejects. */
  async close(): Promise<void> {
    const limit = { ms: closeTimeoutMs, what: 'disconnecting from Kafka' };
    await within(limit, this.#producer.disconnect()).catch(() => {});
    this.#client.cut();
  }
}
