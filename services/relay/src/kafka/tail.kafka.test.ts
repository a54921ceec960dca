import { randomUUID } from 'node:crypto';
import { createLogger } from '@daybook/runtime';
import { eventually } from '@daybook/stack/testing';
import kafkajs from 'kafkajs';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { KafkaTail } from './tail.ts';

const topic = `tail-${randomUUID()}`;
const kafka = new kafkajs.Kafka({ brokers: [...inject('kafkaBrokers')], logLevel: kafkajs.logLevel.NOTHING });
const admin = kafka.admin();
const producer = kafka.producer();
const ids = Array.from({ length: 20 }, () => randomUUID());
const tail = new KafkaTail({
  access: {
    brokers: inject('kafkaBrokers'),
    clientId: 'test',
    tls: undefined,
    login: undefined,
    requestTimeoutMs: 10_000,
  },
  logger: createLogger({ service: 'relay', level: 'silent' }),
  timeoutMs: 20_000,
});

beforeAll(async () => {
  await Promise.all([admin.connect(), producer.connect()]);
  await admin.createTopics({ topics: [{ topic, numPartitions: 2 }], waitForLeaders: true });
  // The broker may hear of its new partitions a little later than the controller that made them.
  await eventually(async () => (await admin.fetchTopicOffsets(topic)).length === 2, { what: 'the topic' });
  const event = (index: number) => ({
    partition: index % 2,
    key: 'main',
    value: '{}',
    timestamp: String(1_000_000 + index * 1_000),
    headers: { id: ids[index] ?? '', sequence: String(index + 1), ledger: 'main', type: 'SAVED_METADATA' },
  });
  const messages = [
    ...ids.map((_, index) => event(index)),
    { partition: 0, key: 'main', value: 'of somebody else', timestamp: '2000000' },
    { ...event(0), timestamp: '2000000', headers: { ...event(0).headers, replay: randomUUID() } },
  ];
  await producer.send({ topic, messages });
});

afterAll(async () => {
  await Promise.all([admin.disconnect(), producer.disconnect()]);
});

const sequencesOf = async (bounds: { readonly sinceMs?: number; readonly recordsMax?: number }) => {
  const records = await tail.read([topic, `missing-${topic}`], { sinceMs: undefined, recordsMax: 1_000, ...bounds });
  return records.map(({ sequence }) => sequence).toSorted((one, other) => one - other);
};

it('reads the events of all partitions, without what is no event and what was replayed', async () => {
  expect(await sequencesOf({})).toEqual(ids.map((_, index) => index + 1));
  const records = await tail.read([topic], { sinceMs: undefined, recordsMax: 1_000 });
  expect(new Set(records.map(({ id }) => id))).toEqual(new Set(ids));
  expect(records[0]).toMatchObject({ topic, ledger: 'main' });
});

it('begins at a moment, and so many records before the end of each partition', async () => {
  expect(await sequencesOf({ sinceMs: 1_016_000 })).toEqual([17, 18, 19, 20]);
  expect(await sequencesOf({ recordsMax: 4 })).toEqual([14, 16, 17, 18, 19, 20]);
});

it('leaves no consumer group behind', async () => {
  const groups = async () => (await admin.listGroups()).groups.map(({ groupId }) => groupId).toSorted();
  const before = await groups();
  await sequencesOf({});
  expect(await groups()).toEqual(before);
});
