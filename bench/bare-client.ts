import { connect } from 'node:net';
import { Producer, stringSerializers } from '@platformatic/kafka';
import { Kafka, logLevel } from 'kafkajs';

export const kafkaClients = ['kafkajs', 'platformatic'] as const;
export type KafkaClientName = (typeof kafkaClients)[number];

export interface BareRecord {
  readonly key: string;
  readonly value: string;
  readonly headers: Record<string, string>;
  readonly partition: number;
}

/** A producer with nothing around it: idempotent, acknowledged by all replicas, one request in flight. */
export interface BareClient {
  /** Resolves when all of them are acknowledged. */
  send(records: readonly BareRecord[]): Promise<void>;
  close(): Promise<void>;
}

interface BareClientOptions {
  readonly client: KafkaClientName;
  readonly brokers: readonly string[];
  readonly topic: string;
}

const clientId = 'daybook-bench';

export async function openBareClient({ client, brokers, topic }: BareClientOptions): Promise<BareClient> {
  switch (client) {
    case 'kafkajs':
      return await openKafkajs(brokers, topic);
    case 'platformatic':
      return openPlatformatic(brokers, topic);
  }
}

async function openKafkajs(brokers: readonly string[], topic: string): Promise<BareClient> {
  const kafka = new Kafka({
    brokers: [...brokers],
    clientId,
    // What kafkajs heals from by itself is no news; what it does not is thrown.
    logLevel: logLevel.NOTHING,
    // As the relay has it: without it the last piece of a large request may wait for an acknowledgement.
    socketFactory: ({ host, port, onConnect }) => connect({ host, port }, onConnect).setNoDelay(true),
  });
  const producer = kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    createPartitioner: () => (args) => args.message.partition ?? 0,
  });
  await producer.connect();
  return {
    send: async (records) => {
      await producer.sendBatch({ acks: -1, topicMessages: [{ topic, messages: [...records] }] });
    },
    close: async () => producer.disconnect(),
  };
}

function openPlatformatic(brokers: readonly string[], topic: string): BareClient {
  // With idempotence it has one request in flight and acks=all by itself.
  const producer = new Producer({
    clientId,
    bootstrapBrokers: [...brokers],
    idempotent: true,
    autocreateTopics: false,
    serializers: stringSerializers,
  });
  return {
    send: async (records) => {
      await producer.send({ messages: records.map((record) => ({ ...record, topic })) });
    },
    close: async () => producer.close(),
  };
}
