import type { CompressionTypes, Producer } from 'kafkajs';
import { within } from '../../within.ts';
import { requireStored, type Sender, type TopicRecords } from '../sender.ts';
import type { KafkajsClient } from './client.ts';

interface SenderOptions {
  readonly sendTimeoutMs: number;
  readonly compression: CompressionTypes;
  /** Gives up whatever is under way. */
  readonly signal: AbortSignal;
}

const closeTimeoutMs = 1_000;

/**
 * A producer of kafkajs 2.2.4, which loses records while it reports success:
 *
 * - After a send that was rejected in part it takes back the sequence numbers of all partitions, also of those that were stored. The next
 *   batch of the same size then carries numbers that the broker has seen, is taken for a duplicate, and is dropped with a success.
 * - When a leader moves while a send is being retried, partitions may be left out, and their absence from the answer is the only sign.
 *
 * So after any failure a sender is thrown away, and a send counts only if its answer names every partition, each without an error.
 */
export class KafkajsSender implements Sender {
  readonly #client: KafkajsClient;
  readonly #producer: Producer;
  readonly #options: SenderOptions;

  private constructor(client: KafkajsClient, producer: Producer, options: SenderOptions) {
    this.#client = client;
    this.#producer = producer;
    this.#options = options;
  }

  /** Connects, and has the cluster hand out a producer id. */
  static async open(client: KafkajsClient, options: SenderOptions): Promise<KafkajsSender> {
    const producer = client.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      // Every message names its partition.
      createPartitioner: () => (args) => args.message.partition ?? 0,
    });
    const sender = new KafkajsSender(client, producer, options);
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

  async send(topics: readonly TopicRecords[]): Promise<void> {
    const answer = await within(
      { ms: this.#options.sendTimeoutMs, what: 'sending to Kafka', signal: this.#options.signal },
      this.#producer.sendBatch({
        acks: -1,
        timeout: this.#options.sendTimeoutMs,
        compression: this.#options.compression,
        topicMessages: topics.map(({ topic, records }) => ({ topic, messages: [...records] })),
      }),
    );
    requireStored(
      topics,
      answer
        .filter(({ errorCode }) => errorCode === 0)
        .map(({ topicName, partition }) => ({ topic: topicName, partition })),
    );
  }

  async close(): Promise<void> {
    const limit = { ms: closeTimeoutMs, what: 'disconnecting from Kafka' };
    await within(limit, this.#producer.disconnect()).catch(() => {});
    this.#client.cut();
  }
}
