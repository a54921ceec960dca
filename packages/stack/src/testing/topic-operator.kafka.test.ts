import kafkajs from 'kafkajs';
import { expect, inject, test } from 'vitest';
import { createTopic } from './create-topic.ts';
import { eventually } from './eventually.ts';
import { asOperator, countAppended, deleteTopic, limitRecords } from './topic-operator.ts';
import { readWholeTopic } from './topic-reader.ts';

const brokers = inject('kafkaBrokers');

async function produce(topic: string, partition: number, values: readonly string[]): Promise<void> {
  const kafka = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING, retry: { retries: 0 } });
  const producer = kafka.producer();
  await producer.connect();
  try {
    await producer.send({ topic, messages: values.map((value) => ({ partition, value })) });
  } finally {
    await producer.disconnect();
  }
}

async function valuesFrom(topic: string, from: ReadonlyMap<number, number>): Promise<string[]> {
  return (await readWholeTopic(brokers, topic, from)).map(
    ({ partition, offset, value }) => `${partition} ${offset} ${value.toString()}`,
  );
}

test('a topic is read on from given offsets, each record once, by partition and offset', async () => {
  await createTopic(brokers, 'read-on', { partitions: 2 });
  await produce('read-on', 0, ['a', 'b', 'c']);
  await produce('read-on', 1, ['d', 'e']);
  expect(await countAppended(brokers, 'read-on')).toBe(5);
  expect((await valuesFrom('read-on', new Map())).toSorted()).toEqual(['0 0 a', '0 1 b', '0 2 c', '1 0 d', '1 1 e']);
  expect(
    (
      await valuesFrom(
        'read-on',
        new Map([
          [0, 1],
          [1, 1],
        ]),
      )
    ).toSorted(),
  ).toEqual(['0 1 b', '0 2 c', '1 1 e']);
  expect(
    await valuesFrom(
      'read-on',
      new Map([
        [0, 3],
        [1, 1],
      ]),
    ),
  ).toEqual(['1 1 e']);
  expect(
    await valuesFrom(
      'read-on',
      new Map([
        [0, 3],
        [1, 2],
      ]),
    ),
  ).toEqual([]);
});

test('a lowered limit refuses larger records alone, until it is raised, and the topic keeps its timestamps', async () => {
  await createTopic(brokers, 'limited', { partitions: 1 });
  await limitRecords(brokers, 'limited', 2_000);
  await eventually(
    async () =>
      produce('limited', 0, ['x'.repeat(3_000)]).then(
        () => false,
        (error) => String(error).includes('larger'),
      ),
    {
      what: 'a record refused as too large',
    },
  );
  await produce('limited', 0, ['small']);
  await limitRecords(brokers, 'limited', undefined);
  await eventually(async () => produce('limited', 0, ['y'.repeat(3_000)]).then(() => true), {
    what: 'a large record taken',
  });
  const { resources } = await asOperator(brokers, async (admin) =>
    admin.describeConfigs({
      includeSynonyms: false,
      resources: [
        { type: kafkajs.ConfigResourceTypes.TOPIC, name: 'limited', configNames: ['message.timestamp.type'] },
      ],
    }),
  );
  expect(resources[0]?.configEntries[0]?.configValue).toBe('LogAppendTime');
});

test('a topic that was deleted and made again begins anew', async () => {
  await createTopic(brokers, 'deleted', { partitions: 1 });
  await produce('deleted', 0, ['a', 'b']);
  await deleteTopic(brokers, 'deleted');
  await eventually(async () => createTopic(brokers, 'deleted', { partitions: 1 }).then(() => true), {
    what: 'the topic made again',
  });
  await produce('deleted', 0, ['c']);
  expect(await valuesFrom('deleted', new Map())).toEqual(['0 0 c']);
});
