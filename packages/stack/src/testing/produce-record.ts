import kafkajs from 'kafkajs';

/** Sends a record that no relay sent: by hand, as somebody with too many rights would. */
export async function produceRecord(
  brokers: readonly string[],
  topic: string,
  record: { readonly key: string; readonly value: string; readonly headers?: Record<string, string> },
): Promise<void> {
  const producer = new kafkajs.Kafka({
    clientId: 'daybook-auditor',
    brokers: [...brokers],
    logLevel: kafkajs.logLevel.NOTHING,
  }).producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await producer.connect();
  try {
    await producer.send({ topic, messages: [record] });
  } finally {
    await producer.disconnect();
  }
}
