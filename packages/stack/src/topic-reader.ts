import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import kafkajs, { type IHeaders } from 'kafkajs';

const topicPollMs = 100;

/** A record as a consumer sees it. */
export interface TopicRecord {
  partition: number;
  offset: string;
  key: string;
  headers: Record<string, string>;
  /** The body, exactly as it stands in the record. */
  value: string;
}

export interface ReadTopicOptions {
  brokers: readonly string[];
  topic: string;
  /** Reading ends once this says so of all records read so far. */
  until: (records: readonly TopicRecord[]) => boolean;
  withinMs: number;
  signal?: AbortSignal;
}

/**
 * Reads a topic from its beginning with an ordinary consumer, in a consumer group of its own.
 * @returns the records in the order in which they came; when the time is up, those that did come.
 */
export async function readTopic({ brokers, topic, until, withinMs, signal }: ReadTopicOptions): Promise<TopicRecord[]> {
  const end = AbortSignal.any([AbortSignal.timeout(withinMs), ...(signal === undefined ? [] : [signal])]);
  const kafka = new kafkajs.Kafka({
    clientId: 'daybook-reader',
    brokers: [...brokers],
    logLevel: kafkajs.logLevel.NOTHING,
  });
  if (!(await topicExists(kafka, topic, end))) {
    return [];
  }
  const records: TopicRecord[] = [];
  const consumer = kafka.consumer({ groupId: `daybook-reader-${randomUUID()}`, maxWaitTimeInMs: 100 });
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  end.addEventListener('abort', () => resolve(), { once: true });
  if (end.aborted) {
    resolve();
  }
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition, message }) => {
        records.push({
          partition,
          offset: message.offset,
          key: message.key?.toString() ?? '',
          headers: headersOf(message.headers),
          value: message.value?.toString() ?? '',
        });
        if (until(records)) {
          resolve();
        }
      },
    });
    await ended;
  } finally {
    await consumer.disconnect();
  }
  return records;
}

/** A topic that the relay has yet to make cannot be subscribed to. */
async function topicExists(kafka: kafkajs.Kafka, topic: string, end: AbortSignal): Promise<boolean> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    while (!end.aborted) {
      if ((await admin.listTopics()).includes(topic)) {
        return true;
      }
      await delay(topicPollMs);
    }
    return false;
  } finally {
    await admin.disconnect();
  }
}

function headersOf(headers: IHeaders | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, value]) => [
      name,
      // A header given twice comes as a list; ours are given once.
      Array.isArray(value) ? value.map(String).join(', ') : String(value ?? ''),
    ]),
  );
}
