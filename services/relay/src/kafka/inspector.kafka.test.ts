import { randomUUID } from 'node:crypto';
import { createLogger } from '@daybook/runtime';
import { readWholeTopic } from '@daybook/stack/testing';
import kafkajs, { type Admin } from 'kafkajs';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import type { KafkaAccess } from './access.ts';
import { KafkaInspector } from './inspector.ts';

const topic = `inspected-${randomUUID()}`;
const absent = `absent-${randomUUID()}`;
const size = { partitions: 3, replication: 1 };

let admin: Admin;
const opened: KafkaInspector[] = [];

beforeAll(async () => {
  admin = new kafkajs.Kafka({ brokers: inject('kafkaBrokers'), logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  const configEntries = [
    { name: 'min.insync.replicas', value: '2' },
    { name: 'cleanup.policy', value: 'compact' },
  ];
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 3, configEntries }] });
});

afterEach(async () => {
  for (const inspector of opened.splice(0)) await inspector.close();
});

afterAll(async () => {
  await admin.deleteTopics({ topics: [topic] });
  await admin.disconnect();
});

function inspect(access: Partial<KafkaAccess> = {}): KafkaInspector {
  const inspector = new KafkaInspector({
    access: {
      brokers: inject('kafkaBrokers'),
      clientId: 'test',
      tls: undefined,
      login: undefined,
      requestTimeoutMs: 5_000,
      ...access,
    },
    logger: createLogger({ service: 'relay', level: 'silent' }),
    timeoutMs: 5_000,
  });
  opened.push(inspector);
  return inspector;
}

describe('the Kafka inspector', () => {
  it('sees brokers, partitions and settings, and which topics are missing', async () => {
    const inspector = inspect();
    expect(await inspector.check()).toBeUndefined();
    expect(await inspector.topicNames()).toContain(topic);
    const { brokers, defaults, topics } = await inspector.view([topic, absent]);
    expect(brokers).toBe(1);
    expect(defaults instanceof Map && defaults.get('min.insync.replicas')).toBe('1');
    expect(topics).toMatchObject([
      { kind: 'missing', name: absent },
      { kind: 'present', name: topic },
    ]);
    const [, found] = topics;
    expect(found).toHaveProperty('partitions.length', 3);
    const config = found?.kind === 'present' && !('unreadable' in found.config) ? found.config : new Map();
    expect(config.get('cleanup.policy')).toBe('compact');
    expect(config.get('min.insync.replicas')).toBe('2');
  });

  it('asks whether it may write, produce and create, and leaves everything as it was', async () => {
    const inspector = inspect();
    expect(await inspector.mayWrite(topic)).toEqual({ kind: 'yes' });
    expect(await inspector.mayProduceIdempotently()).toEqual({ kind: 'yes' });
    expect(await inspector.mayCreate(absent, size)).toEqual({ kind: 'yes' });
    expect(await inspector.mayCreate(absent, { ...size, replication: 5 })).toMatchObject({
      kind: 'no',
      reason: expect.stringContaining('INVALID_REPLICATION_FACTOR'),
    });
    expect(await readWholeTopic(inject('kafkaBrokers'), topic)).toEqual([]);
    expect(await inspector.topicNames()).not.toContain(absent);
  });

  it('may not write to a topic that is missing, and does not make it', async () => {
    expect(await inspect().mayWrite(absent)).toMatchObject({ kind: 'no' });
    expect(await inspect().topicNames()).not.toContain(absent);
  });

  it('tells credentials that the broker does not take from a broker that is away', async () => {
    const login = { mechanism: 'PLAIN', username: 'relay', password: 'not-the-secret' } as const;
    const refusal = await inspect({ login }).check();
    expect(refusal).toMatchObject({ kind: 'fatal' });
    expect(refusal?.error.message).not.toContain('not-the-secret');
    expect(await inspect({ brokers: ['127.0.0.1:1'] }).check()).toMatchObject({ kind: 'retry', reason: 'broker' });
  });
});
