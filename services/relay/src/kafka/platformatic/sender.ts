import { Producer, type MessageToProduce } from '@platformatic/kafka';
import type { Compression } from '../../compression.ts';
import type { KafkaAccess } from '../access.ts';
import { requireStored, type PlacedRecord, type Sender, type TopicRecords } from '../sender.ts';
import { clientOptions } from './client-options.ts';
import { Connections } from './connections.ts';
import { untilStarted } from './until-started.ts';

interface SenderOptions {
  readonly access: KafkaAccess;
  readonly sendTimeoutMs: number;
  readonly compression: Compression;
  /** Gives up whatever is under way. */
  readonly signal: AbortSignal;
}

/**
 * A producer of @platformatic/kafka 2.12.1. What its source does that must not reach a topic:
 *
 * - An idempotent one retries for ever, and takes a number of retries of 0 or 1 for infinity. Here it never does (`clientOptions`).
 * - It sends again inside, with a new producer id, what was refused as out of order or of an unknown producer: repeats, which consumers
 *   drop. Losses it cannot make, since it numbers records from zero after any failure, with a new id.
 * - It takes a partition modulo the number of partitions, so that records go to a wrong one when a topic was made anew with fewer. So
 *   that number is looked at before each send, and the metadata that it was read from is used for the send, being kept for ever.
 * - With several sends under way the numbers of one are taken before those of another are known to be stored. One is under way here.
 */
export class PlatformaticSender implements Sender {
  readonly #producer: Producer;
  readonly #connections: Connections;
  readonly #options: SenderOptions;

  private constructor(options: SenderOptions) {
    this.#producer = new Producer({
      ...clientOptions(options.access),
      idempotent: true,
      repeatOnStaleMetadata: false,
      metadataMaxAge: Number.MAX_SAFE_INTEGER,
      compression: options.compression,
    });
    this.#connections = new Connections(this.#producer);
    this.#options = options;
  }

  /** Connects, and has the cluster hand out a producer id. */
  static async open(options: SenderOptions): Promise<PlatformaticSender> {
    const sender = new PlatformaticSender(options);
    try {
      await sender.#asking('connecting to Kafka', async (end) =>
        untilStarted(async () => sender.#producer.initIdempotentProducer({}), end),
      );
      return sender;
    } catch (error) {
      void sender.close();
      throw error;
    }
  }

  async send(topics: readonly TopicRecords[]): Promise<void> {
    await this.#asking('sending to Kafka', async () => {
      await this.#requirePartitions(topics);
      const { offsets } = await this.#producer.send({ messages: messagesOf(topics) });
      requireStored(topics, offsets ?? []);
    });
  }

  async close(): Promise<void> {
    this.#connections.cut();
    await this.#producer.close().catch(() => {});
  }

  async #requirePartitions(topics: readonly TopicRecords[]): Promise<void> {
    const metadata = await this.#producer.metadata({ topics: topics.map(({ topic }) => topic) });
    for (const { topic, records } of topics) {
      const partitions = metadata.topics.get(topic)?.partitionsCount ?? 0;
      const beyond = records.find(({ partition }) => partition >= partitions);
      if (beyond !== undefined) throw new Error(`${topic} has ${partitions} partitions, none is ${beyond.partition}`);
    }
  }

  async #asking<Answer>(what: string, ask: (end: AbortSignal) => Promise<Answer>): Promise<Answer> {
    const { sendTimeoutMs, signal } = this.#options;
    return await this.#connections.ask({ ms: sendTimeoutMs, what, signal }, ask);
  }
}

function messagesOf(topics: readonly TopicRecords[]): MessageToProduce[] {
  const encoded = new EncodedTexts();
  return topics.flatMap(({ topic, records }) => records.map((record) => messageOf(topic, record, encoded)));
}

function messageOf(
  topic: string,
  { key, value, headers, partition }: PlacedRecord,
  encoded: EncodedTexts,
): MessageToProduce {
  const encodedHeaders = new Map<Buffer, Buffer>();
  for (const name in headers) encodedHeaders.set(encoded.of(name), encoded.of(headers[name] ?? ''));
  return { topic, partition, key: encoded.of(key), value: Buffer.from(value), headers: encodedHeaders };
}

/** The bytes of texts of one batch, in which most come back in record after record: names of headers, types, ledgers. */
class EncodedTexts {
  readonly #known = new Map<string, Buffer>();

  of(text: string): Buffer {
    let bytes = this.#known.get(text);
    if (bytes === undefined) {
      bytes = Buffer.from(text);
      this.#known.set(text, bytes);
    }
    return bytes;
  }
}
