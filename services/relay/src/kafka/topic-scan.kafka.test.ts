import { randomUUID } from 'node:crypto';
import { createLogger } from '@daybook/runtime';
import { startKafka } from '@daybook/stack';
import { eventually } from '@daybook/stack/testing';
import kafkajs, { type Admin, type Kafka, type Message } from 'kafkajs';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import type { TopicRecord } from '../verify/record-facts.ts';
import type { PartitionStretch } from './reading-progress.ts';
import { scanGroupPrefix, TopicScan } from './topic-scan.ts';

const never = new AbortController().signal;

let kafka: Kafka;
let admin: Admin;
let topic: string;
let scan: TopicScan;

function scanOf(brokers: readonly string[], stallMs = 30_000): TopicScan {
  return new TopicScan({
    access: { brokers, clientId: 'test', tls: undefined, login: undefined, requestTimeoutMs: 5_000 },
    logger: createLogger({ service: 'relay', level: 'silent' }),
    timeoutMs: 10_000,
    fetchBytesMax: 20_000,
    stallMs,
  });
}

async function createTopic(name: string, partitions: number): Promise<void> {
  await admin.createTopics({ topics: [{ topic: name, numPartitions: partitions }], waitForLeaders: true });
  // The broker may hear of its new partitions a little later than the controller that made them.
  await eventually(async () => (await admin.fetchTopicOffsets(name)).length === partitions, {
    what: `the topic ${name}`,
  });
}

async function send(to: string, messages: readonly Message[]): Promise<void> {
  const producer = kafka.producer({ createPartitioner: () => (args) => args.message.partition ?? 0 });
  await producer.connect();
  await producer.send({ topic: to, messages: [...messages] });
  await producer.disconnect();
}

/** Reads all there is, or the stretches given. */
async function readAll(stretches?: readonly PartitionStretch[], of = [topic]): Promise<TopicRecord[]> {
  const records: TopicRecord[] = [];
  const ranges = await scan.ranges(of);
  await scan.read(
    stretches ??
      ranges.map(({ topic: name, partition, low, high }) => ({ topic: name, partition, from: low, end: high })),
    { visit: (record) => records.push(record), onProgress: () => {}, signal: never },
  );
  return records;
}

const offsetsOf = (records: readonly TopicRecord[], partition = 0) =>
  records.filter((record) => record.partition === partition).map(({ offset }) => offset);
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

beforeAll(async () => {
  const brokers = inject('kafkaBrokers');
  kafka = new kafkajs.Kafka({ clientId: 'test', brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING });
  admin = kafka.admin();
  await admin.connect();
  scan = scanOf(brokers);
});

afterAll(async () => {
  await admin.disconnect();
});

beforeEach(() => {
  topic = `scan-${randomUUID()}`;
});

describe('reading topics', () => {
  it('visits every record once, in order, byte for byte', async () => {
    await createTopic(topic, 3);
    const bytes = Buffer.from([0, 255, 10, 195]);
    const messages = upTo(900).map((number) => ({
      partition: number % 3,
      key: number === 0 ? null : `key ${number}`,
      value: number === 1 ? null : Buffer.concat([bytes, Buffer.alloc(100, number)]),
      headers: { number: String(number), bytes },
      timestamp: String(1_700_000_000_000 + number),
    }));
    await send(topic, messages);
    const records = await readAll();
    expect(records).toHaveLength(900);
    for (const partition of [0, 1, 2]) expect(offsetsOf(records, partition)).toEqual(upTo(300));
    for (const record of records) {
      const number = record.offset * 3 + record.partition;
      const sent = messages[number];
      expect(record).toMatchObject({ topic, timestampMs: 1_700_000_000_000 + number });
      expect(record.key?.toString() ?? null).toBe(sent?.key);
      expect(record.value).toEqual(sent?.value);
      expect(record.headers).toEqual({ number: Buffer.from(String(number)), bytes });
    }
  });

  it('reads several topics, and of each no more than was asked for', async () => {
    const other = `other-${topic}`;
    await createTopic(topic, 2);
    await createTopic(other, 1);
    for (const name of [topic, other])
      await send(
        name,
        upTo(50).map((number) => ({ partition: 0, value: `${number}` })),
      );
    await send(topic, [{ partition: 1, value: 'not asked for' }]);
    const records = await readAll([
      { topic, partition: 0, from: 20, end: 30 },
      { topic: other, partition: 0, from: 0, end: 50 },
    ]);
    expect(offsetsOf(records.filter((record) => record.topic === topic))).toEqual(
      upTo(10).map((number) => number + 20),
    );
    expect(offsetsOf(records.filter((record) => record.topic === other))).toEqual(upTo(50));
    expect(records.filter(({ partition }) => partition === 1)).toEqual([]);
  });

  it('ends behind the marks of transactions, and shows what was rolled back', async () => {
    await createTopic(topic, 1);
    const producer = kafka.producer({ transactionalId: topic, idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    for (const isKept of [true, false]) {
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: [{ value: String(isKept) }] });
      await (isKept ? transaction.commit() : transaction.abort());
    }
    await producer.disconnect();
    const [range] = await scan.ranges([topic]);
    expect(range).toMatchObject({ low: 0, high: 4 });
    expect((await readAll()).map(({ value }) => value?.toString())).toEqual(['true', 'false']);
    expect(await readAll([{ topic, partition: 0, from: 3, end: 4 }])).toEqual([]);
  });

  it('begins where the topic begins', async () => {
    await createTopic(topic, 1);
    await send(
      topic,
      upTo(10).map((number) => ({ value: `${number}` })),
    );
    await eventually(
      async () => {
        // kafkajs deletes only from topics whose leaders it has been told, and does not ask.
        await admin.fetchTopicOffsets(topic);
        const [range] = await scan.ranges([topic]);
        if (range?.low === 4) return true;
        await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '4' }] }).catch(() => {});
        return false;
      },
      { what: 'records to be deleted' },
    );
    expect(await scan.ranges([topic])).toEqual([{ topic, partition: 0, low: 4, high: 10 }]);
    expect(offsetsOf(await readAll())).toEqual([4, 5, 6, 7, 8, 9]);
  });

  it('reads nothing of an empty topic, and knows of none that does not exist', async () => {
    await createTopic(topic, 2);
    expect(await readAll()).toEqual([]);
    expect(await scan.ranges([`missing-${topic}`])).toEqual([]);
    expect(await scan.topics()).toContain(topic);
  });

  it('leaves no consumer group behind', async () => {
    await createTopic(topic, 1);
    await send(topic, [{ value: 'one' }]);
    expect(await readAll()).toHaveLength(1);
    const { groups } = await admin.listGroups();
    expect(groups.filter(({ groupId }) => groupId.startsWith(scanGroupPrefix))).toEqual([]);
  });
});

describe('reading that does not come to its end', () => {
  it('is given up when told to', async () => {
    await createTopic(topic, 1);
    await send(topic, [{ value: 'one' }]);
    const given = new AbortController();
    // Beyond the end: nothing ever comes.
    const reading = scan.read([{ topic, partition: 0, from: 0, end: 2 }], {
      visit: () => given.abort(),
      onProgress: () => {},
      signal: given.signal,
    });
    await expect(reading).rejects.toThrow('reading the topics was given up');
  });

  it('ends with what the visitor throws', async () => {
    await createTopic(topic, 1);
    await send(topic, [{ value: 'one' }]);
    const full = new RangeError('enough');
    const reading = scan.read([{ topic, partition: 0, from: 0, end: 1 }], {
      visit: () => {
        throw full;
      },
      onProgress: () => {},
      signal: never,
    });
    await expect(reading).rejects.toBe(full);
  });

  it('says where it stands still', async () => {
    await createTopic(topic, 1);
    await send(topic, [{ value: 'one' }]);
    const impatient = scanOf(inject('kafkaBrokers'), 1_500);
    const reading = impatient.read([{ topic, partition: 0, from: 0, end: 2 }], {
      visit: () => {},
      onProgress: () => {},
      signal: never,
    });
    await expect(reading).rejects.toThrow(`nothing of ${topic}/0 for 1500 ms: offset 1 is next, 2 the end`);
  });

  it('fails when the cluster cannot be reached', async () => {
    await expect(scanOf(['127.0.0.1:1']).ranges([topic])).rejects.toThrow(/127\.0\.0\.1:1/);
  });

  it('fails when the broker goes away for long, in the middle of it', async () => {
    const own = await startKafka();
    try {
      const lonely = scanOf(own.brokers, 3_000);
      const client = new kafkajs.Kafka({ brokers: [...own.brokers], logLevel: kafkajs.logLevel.NOTHING });
      const producer = client.producer({ allowAutoTopicCreation: false });
      const ownAdmin = client.admin();
      await ownAdmin.connect();
      await ownAdmin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true });
      await ownAdmin.disconnect();
      await producer.connect();
      // One fetch brings a few of these batches at most.
      for (const _ of upTo(50)) {
        await producer.send({ topic, messages: upTo(10).map(() => ({ value: 'x'.repeat(1_000) })) });
      }
      await producer.disconnect();
      const reading = lonely.read([{ topic, partition: 0, from: 0, end: 500 }], {
        visit: ({ offset }) => {
          if (offset === 10) own.signal('SIGKILL');
        },
        onProgress: () => {},
        signal: never,
      });
      // Which of the many words for it comes first depends on the moment.
      await expect(reading).rejects.toThrow(/Kafka|[Cc]onnect|retries|broker|socket/);
    } finally {
      await own.stop();
    }
  });
});
