import { randomUUID } from 'node:crypto';
import { createLogger } from '@daybook/runtime';
import { eventually, readWholeTopic } from '@daybook/stack/testing';
import { Producer } from '@platformatic/kafka';
import kafkajs, { type Admin } from 'kafkajs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { clientLibraries, type ClientLibraryName } from '../kafka-client.ts';
import { KafkaPublisher } from './publisher.ts';
import { partitionOfKey } from './partition-of-key.ts';
import { kindsOf, publishAll, publishUntilAcknowledged, recordsOf } from '../../test-fixtures/publish-all.ts';
import type { OutgoingRecord } from '../publisher.ts';

const logger = createLogger({ service: 'relay', level: 'silent' });
const sendTimeoutMs = 5_000;

let admin: Admin;
let client: ClientLibraryName;
let publisher: KafkaPublisher;
let topic: string;

function clientOf(brokers: readonly string[]): kafkajs.Kafka {
  return new kafkajs.Kafka({ clientId: 'test', brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING });
}

function publisherOf(
  brokers: readonly string[],
  options: Partial<ConstructorParameters<typeof KafkaPublisher>[0]> = {},
): KafkaPublisher {
  return new KafkaPublisher({
    client,
    access: { brokers, clientId: 'test', tls: undefined, login: undefined, requestTimeoutMs: sendTimeoutMs },
    logger,
    sendTimeoutMs,
    compression: 'none',
    createTopics: { partitions: 4, replication: 1 },
    topics: [],
    ...options,
  });
}

async function valuesIn(brokers: readonly string[], of: string): Promise<readonly number[]> {
  const records = await readWholeTopic(brokers, of);
  return records.map(({ value }) => Number(value.toString('utf8')));
}

/** The first appearance of each number, by key and in order. */
async function firstsByKey(brokers: readonly string[], of: string): Promise<ReadonlyMap<string, readonly number[]>> {
  const records = await readWholeTopic(brokers, of);
  const sorted = records.toSorted((one, other) => one.offset - other.offset);
  const byKey = Map.groupBy(sorted, ({ key }) => key ?? '');
  return new Map([...byKey].map(([key, found]) => [key, [...new Set(found.map(({ value }) => Number(value)))]]));
}

const ascending = (numbers: readonly number[]) => numbers.toSorted((one, other) => one - other);

beforeAll(async () => {
  admin = clientOf(inject('kafkaBrokers')).admin();
  await admin.connect();
});

afterAll(async () => {
  await admin.disconnect();
});

describe.each(clientLibraries)('by %s', (given) => {
  beforeEach(() => {
    client = given;
    topic = `test-${randomUUID()}`;
    publisher = publisherOf(inject('kafkaBrokers'));
  });

  afterEach(async () => {
    await publisher.stop();
  });

  describe('publishing', () => {
    it('stores key, value, headers and partition as given, in order, and makes the topic', async () => {
      const records = recordsOf(topic, 200);
      expect(kindsOf(await publishAll(publisher, records))).toEqual(['acknowledged']);
      const stored = await readWholeTopic(inject('kafkaBrokers'), topic);
      expect(stored).toHaveLength(200);
      for (const record of stored) {
        const number = Number(record.value);
        const sent = records[number];
        expect(record).toMatchObject({ key: sent?.key, headers: sent?.headers });
        expect(record.value.toString('utf8')).toBe(sent?.value);
        expect(record.partition).toBe(partitionOfKey(sent?.key ?? '', 4));
      }
      for (const numbers of (await firstsByKey(inject('kafkaBrokers'), topic)).values()) {
        expect(numbers).toEqual(ascending(numbers));
      }
    });

    it('hands on every character as its UTF-8 bytes, in values, keys and headers', async () => {
      const text = 'naïve € 𝄞 \u0000 {"ß":"漢字"}';
      await publishAll(publisher, [{ topic, key: 'größe', value: text, headers: { id: '1', note: text } }]);
      const [stored] = await readWholeTopic(inject('kafkaBrokers'), topic);
      expect(stored?.value).toEqual(Buffer.from(text));
      expect(stored).toMatchObject({ key: 'größe', headers: { id: '1', note: text } });
      expect(stored?.partition).toBe(partitionOfKey('größe', 4));
    });

    it('stores an empty value and an empty header as they are', async () => {
      await publishAll(publisher, [{ topic, key: 'a', value: '', headers: { id: '' } }, ...recordsOf(topic, 3)]);
      const stored = await readWholeTopic(inject('kafkaBrokers'), topic);
      expect(stored.find(({ headers }) => headers['id'] === '')?.value).toEqual(Buffer.alloc(0));
      expect(stored).toHaveLength(4);
    });

    it('goes on with one producer, batch after batch', async () => {
      for (let batch = 0; batch < 10; batch += 1)
        await publishAll(publisher, recordsOf(topic, 50, { from: batch * 50 }));
      expect(ascending(await valuesIn(inject('kafkaBrokers'), topic))).toEqual(
        Array.from({ length: 500 }, (_, n) => n),
      );
    });

    it('stores full batches, each of which goes out in two sends, once and in order for each key', async () => {
      for (let batch = 0; batch < 6; batch += 1)
        await publishAll(publisher, recordsOf(topic, 500, { from: batch * 500 }));
      const stored = await readWholeTopic(inject('kafkaBrokers'), topic);
      expect(new Set(stored.map(({ partition }) => partition % 2)).size).toBe(2);
      expect(stored).toHaveLength(3_000);
      for (const numbers of (await firstsByKey(inject('kafkaBrokers'), topic)).values()) {
        expect(numbers).toEqual(ascending(numbers));
        expect(numbers).toHaveLength(375);
      }
    });

    it('compresses when told to', async () => {
      const compressing = publisherOf(inject('kafkaBrokers'), { compression: 'gzip' });
      await publishAll(compressing, recordsOf(topic, 20));
      await compressing.stop();
      expect(await valuesIn(inject('kafkaBrokers'), topic)).toHaveLength(20);
    });
  });

  describe('a topic at fault', () => {
    it('holds its own records and no others, until it is put right', async () => {
      const careful = publisherOf(inject('kafkaBrokers'), { createTopics: undefined });
      const missing = `missing-${topic}`;
      await admin.createTopics({ topics: [{ topic, numPartitions: 4 }], waitForLeaders: true });
      const good = recordsOf(topic, 20);
      const bad = recordsOf(missing, 5);
      const outcomes = await publishAll(careful, [...good, ...bad]);
      expect(kindsOf(outcomes.slice(0, 20))).toEqual(['acknowledged']);
      for (const outcome of outcomes.slice(20)) expect(outcome).toMatchObject({ kind: 'retry', reason: 'topic' });
      const [, message] = outcomes.slice(20).map((outcome) => ('error' in outcome ? outcome.error.message : ''));
      expect(message).toContain(`${missing} does not exist, and PUBLISHER_KAFKA_CREATE_TOPICS is false`);
      await admin.createTopics({ topics: [{ topic: missing, numPartitions: 1 }], waitForLeaders: true });
      await publishUntilAcknowledged(careful, bad);
      await careful.stop();
      expect(await valuesIn(inject('kafkaBrokers'), missing)).toHaveLength(5);
    });

    it('counts as not reachable when the mapping names it', async () => {
      const careful = publisherOf(inject('kafkaBrokers'), { createTopics: undefined, topics: [topic] });
      expect(await careful.check()).toMatchObject({ kind: 'retry', reason: 'topic' });
      await admin.createTopics({ topics: [{ topic }], waitForLeaders: true });
      await eventually(async () => (await careful.check()) === undefined, { what: 'the topic to be seen' });
      await careful.stop();
    });
  });

  describe('records that are too large', () => {
    async function createSmallTopic(name: string, bytesMax: number): Promise<void> {
      const configEntries = [{ name: 'max.message.bytes', value: String(bytesMax) }];
      await admin.createTopics({ topics: [{ topic: name, numPartitions: 1, configEntries }], waitForLeaders: true });
    }

    it('together are sent in parts, in order', async () => {
      await createSmallTopic(topic, 5_000);
      expect(kindsOf(await publishAll(publisher, recordsOf(topic, 100, { bytes: 500 })))).toEqual(['acknowledged']);
      expect(kindsOf(await publishAll(publisher, recordsOf(topic, 100, { from: 100, bytes: 500 })))).toEqual([
        'acknowledged',
      ]);
      expect(await valuesIn(inject('kafkaBrokers'), topic)).toEqual(Array.from({ length: 200 }, (_, n) => n));
    });
  });

  describe('a full batch of which one record is refused', () => {
    it('is stored but for that record and those behind it, and the half without it is sent once', async () => {
      const configEntries = [{ name: 'max.message.bytes', value: '100000' }];
      await admin.createTopics({ topics: [{ topic, numPartitions: 4, configEntries }], waitForLeaders: true });
      // From then on the publisher knows the topic's partitions.
      const before = recordsOf(topic, 8);
      await publishAll(publisher, before);
      const [large] = recordsOf(topic, 1, { from: 16, bytes: 200_000 });
      const records = recordsOf(topic, 500, { from: 8 }).map((record, at) => (at === 8 ? (large ?? record) : record));
      const outcomes = await publishAll(publisher, records);
      for (const [at, { kind }] of outcomes.entries()) {
        const isBehind = records[at]?.key === large?.key && at > 8;
        expect(kind, `record ${at}`).toBe(at === 8 ? 'poison' : isBehind ? 'retry' : 'acknowledged');
      }
      const stored = await readWholeTopic(inject('kafkaBrokers'), topic);
      const half = partitionOfKey(large?.key ?? '', 4) % 2;
      const others = [...before, ...records].filter(({ key }) => partitionOfKey(key, 4) % 2 !== half);
      expect(others.length).toBeGreaterThan(0);
      expect(stored.filter(({ partition }) => partition % 2 !== half)).toHaveLength(others.length);
      for (const numbers of (await firstsByKey(inject('kafkaBrokers'), topic)).values()) {
        expect(numbers).toEqual(ascending(numbers));
      }
    });
  });

  // Each case first shows that the stage brings about what a library does by itself.
  describe('what loses or misplaces records while success is reported', () => {
    it('a send rejected in part, and then a batch of the same size, which kafkajs loses as a duplicate', async () => {
      const small = `small-${topic}`;
      const configEntries = [{ name: 'max.message.bytes', value: '1000' }];
      await admin.createTopics({
        topics: [
          { topic, numPartitions: 1 },
          { topic: small, numPartitions: 1, configEntries },
        ],
        waitForLeaders: true,
      });
      const asMessages = (records: readonly OutgoingRecord[]) => records.map(({ key, value }) => ({ key, value }));
      const naive = clientOf(inject('kafkaBrokers')).producer({
        idempotent: true,
        maxInFlightRequests: 1,
        createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      });
      await naive.connect();
      const tooLarge = recordsOf(small, 1, { bytes: 2_000 });
      await expect(
        naive.sendBatch({
          topicMessages: [
            { topic, messages: asMessages(recordsOf(topic, 3)) },
            { topic: small, messages: asMessages(tooLarge) },
          ],
        }),
      ).rejects.toThrow(/larger than the max message size/);
      await naive.send({ topic, messages: asMessages(recordsOf(topic, 3, { from: 3 })) });
      await naive.disconnect();
      expect(await valuesIn(inject('kafkaBrokers'), topic)).toEqual([0, 1, 2]);

      const outcomes = await publishAll(publisher, [...recordsOf(topic, 3, { from: 10 }), ...tooLarge]);
      expect(outcomes.map(({ kind }) => kind)).toEqual(['acknowledged', 'acknowledged', 'acknowledged', 'poison']);
      expect(kindsOf(await publishAll(publisher, recordsOf(topic, 3, { from: 13 })))).toEqual(['acknowledged']);
      const stored = new Set(await valuesIn(inject('kafkaBrokers'), topic));
      expect([10, 11, 12, 13, 14, 15].every((number) => stored.has(number))).toBe(true);
    });

    it('a partition that is gone, which kafkajs leaves out of the answer and @platformatic/kafka replaces by another', async () => {
      await admin.createTopics({ topics: [{ topic, numPartitions: 8 }], waitForLeaders: true });
      await publishAll(publisher, recordsOf(topic, 40));
      // The topic is made anew with fewer partitions, behind the back of those who know eight.
      await admin.deleteTopics({ topics: [topic] });
      await eventually(
        async () => {
          await admin.createTopics({ topics: [{ topic, numPartitions: 3 }], waitForLeaders: true });
          const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
          return topics[0]?.partitions.length === 3;
        },
        { what: 'the topic made anew', withinMs: 30_000 },
      );
      const naive = clientOf(inject('kafkaBrokers')).producer({ idempotent: true, createPartitioner: () => () => 7 });
      await naive.connect();
      const answer = await naive.send({ topic, messages: [{ value: 'lost' }] });
      await naive.disconnect();
      expect(answer).toEqual([]);
      expect(await valuesIn(inject('kafkaBrokers'), topic)).toEqual([]);

      const misled = new Producer({
        clientId: 'test',
        bootstrapBrokers: [...inject('kafkaBrokers')],
        idempotent: true,
      });
      const value = Buffer.from('misplaced');
      const { offsets } = await misled.send({ messages: [{ topic, partition: 7, key: value, value }] });
      await misled.close();
      expect(offsets).toMatchObject([{ topic, partition: 1 }]);

      const records = recordsOf(topic, 40, { from: 40 });
      await publishUntilAcknowledged(publisher, records);
      const stored = (await readWholeTopic(inject('kafkaBrokers'), topic)).filter(({ key }) => key !== 'misplaced');
      const numbers = new Set(stored.map(({ value: text }) => Number(text.toString('utf8'))));
      expect(records.every((record) => numbers.has(Number(record.value)))).toBe(true);
      // By the number of partitions before or after, and never by something between the two.
      for (const { key, partition } of stored) {
        expect([partitionOfKey(key ?? '', 8), partitionOfKey(key ?? '', 3)]).toContain(partition);
      }
    });
  });

  describe('a cluster that was never there', () => {
    it('is a broker to be waited for', async () => {
      const lost = publisherOf(['127.0.0.1:1']);
      expect(await lost.check()).toMatchObject({ kind: 'retry', reason: 'broker' });
      expect((await publishAll(lost, recordsOf(topic, 1)))[0]).toMatchObject({ kind: 'retry', reason: 'broker' });
      await lost.stop();
    });
  });
});

it('@platformatic/kafka tells nothing of the topics of Kafka itself, which are therefore not written to', async () => {
  client = 'platformatic';
  const careful = publisherOf(inject('kafkaBrokers'));
  // Whoever reads as a group has it made.
  await readWholeTopic(inject('kafkaBrokers'), topic).catch(() => []);
  const [outcome] = await publishAll(careful, recordsOf('__consumer_offsets', 1));
  await careful.stop();
  expect(outcome).toMatchObject({ kind: 'retry' });
});
