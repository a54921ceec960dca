import { randomUUID } from 'node:crypto';
import { createLogger } from '@daybook/runtime';
import { startKafka } from '@daybook/stack';
import { createTopic, eventually, readWholeTopic } from '@daybook/stack/testing';
import type { ClientLibraryName } from '../src/kafka-client.ts';
import { KafkaPublisher } from '../src/kafka/publisher.ts';
import { stageValueBytesMax, type PublisherStage } from './publisher-stage.ts';

/** What the broker counts beside the value of a single record. */
const batchOverheadBytes = 500;

/** A Kafka of its own, which can be killed and stopped. */
export async function openKafkaStage(client: ClientLibraryName): Promise<PublisherStage & { close(): Promise<void> }> {
  const kafka = await startKafka();
  const logger = createLogger({ service: 'relay', level: 'silent' });
  const nameTopic = () => `test-${randomUUID()}`;
  const create = async (topic: string) =>
    createTopic(kafka.brokers, topic, { partitions: 4, messageBytesMax: stageValueBytesMax + batchOverheadBytes });
  return {
    async openTopic() {
      const topic = nameTopic();
      await create(topic);
      return topic;
    },
    openFaultyTopic: async () => nameTopic(),
    mend: create,
    createPublisher: ({ sendTimeoutMs }) =>
      new KafkaPublisher({
        client,
        access: {
          brokers: kafka.brokers,
          clientId: 'test',
          tls: undefined,
          login: undefined,
          requestTimeoutMs: sendTimeoutMs,
        },
        logger,
        sendTimeoutMs,
        compression: 'none',
        createTopics: undefined,
        topics: [],
      }),
    async stored(topic) {
      // Just after a restart the partitions still wait for their leader.
      const records = await eventually(async () => readWholeTopic(kafka.brokers, topic), {
        what: `the whole of ${topic}`,
        withinMs: 30_000,
      });
      return records
        .toSorted((one, other) => one.offset - other.offset)
        .map(({ key, value, headers }) => ({
          key: key ?? '',
          value: value.toString('utf8'),
          id: headers['id'] ?? '',
        }));
    },
    async goAway() {
      kafka.signal('SIGKILL');
    },
    comeBack: async () => kafka.restart(),
    async hang() {
      kafka.signal('SIGSTOP');
    },
    async goOn() {
      kafka.signal('SIGCONT');
    },
    close: async () => kafka.stop(),
  };
}
