import { randomUUID } from 'node:crypto';
import kafkajs, { type IHeaders } from 'kafkajs';
import type { TopicRecord } from './auditor-history.ts';

const withinMs = 60_000;

/** Offsets by partition. */
export type Offsets = ReadonlyMap<number, number>;

/**
 * Reads all that is in a topic now, from its beginning to its end, byte for byte.
 * @param from the first offset to read of each partition, where not all is wanted
 * @returns the records of each partition by offset
 * @throws Error when the end is not reached within a minute, or records are gone from the beginning
 */
export async function readWholeTopic(
  brokers: readonly string[],
  topic: string,
  from: Offsets = new Map(),
): Promise<TopicRecord[]> {
  const kafka = new kafkajs.Kafka({
    clientId: 'daybook-auditor',
    brokers: [...brokers],
    logLevel: kafkajs.logLevel.NOTHING,
  });
  const lastOffsets = await readLastOffsets(kafka, topic, from);
  const records: TopicRecord[] = [];
  const next = new Map(from);
  if (lastOffsets.size === 0) {
    return records;
  }
  const consumer = kafka.consumer({ groupId: `daybook-auditor-${randomUUID()}`, maxWaitTimeInMs: 100 });
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => {
    const left = [...lastOffsets.keys()].join(', ');
    reject(new Error(`Not within ${withinMs} ms: the ends of partitions ${left} of ${topic}`));
  }, withinMs);
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch: { partition, messages } }) => {
        for (const { offset, key, value, headers, timestamp } of messages) {
          // The first fetch may come before the seek, and the seek makes the same come again.
          if (Number(offset) < (next.get(partition) ?? 0)) continue;
          next.set(partition, Number(offset) + 1);
          records.push({
            partition,
            offset: Number(offset),
            key: key === null ? null : key.toString('utf8'),
            headers: headersOf(headers),
            value: value ?? Buffer.alloc(0),
            timestampMs: Number(timestamp),
          });
        }
        if (Number(messages.at(-1)?.offset ?? -1) >= (lastOffsets.get(partition) ?? Infinity)) {
          lastOffsets.delete(partition);
        }
        if (lastOffsets.size === 0) {
          resolve();
        }
      },
    });
    for (const partition of lastOffsets.keys()) {
      const offset = from.get(partition);
      if (offset !== undefined) consumer.seek({ topic, partition, offset: String(offset) });
    }
    await ended;
  } finally {
    clearTimeout(timer);
    await consumer.disconnect();
  }
  return records;
}

/** The offset of the last record of each partition that has one to read. */
async function readLastOffsets(kafka: kafkajs.Kafka, topic: string, from: Offsets): Promise<Map<number, number>> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const partitions = await admin.fetchTopicOffsets(topic);
    const gone = partitions.filter(({ low }) => low !== '0');
    if (gone.length > 0) {
      throw new Error(`${topic} has lost its beginning: ${JSON.stringify(gone)}`);
    }
    return new Map(
      partitions
        .filter(({ partition, high }) => Number(high) > (from.get(partition) ?? 0))
        .map(({ partition, high }) => [partition, Number(high) - 1]),
    );
  } finally {
    await admin.disconnect();
  }
}

function headersOf(headers: IHeaders | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map(String).join(', ') : String(value ?? ''),
    ]),
  );
}
