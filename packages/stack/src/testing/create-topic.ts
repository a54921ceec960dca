import kafkajs from 'kafkajs';

/** Makes a topic in which each record says when the broker appended it, so that positions can be compared with it. */
export async function createTopic(
  brokers: readonly string[],
  topic: string,
  { partitions = 6, messageBytesMax }: { partitions?: number; messageBytesMax?: number } = {},
): Promise<void> {
  const admin = new kafkajs.Kafka({
    clientId: 'daybook-auditor',
    brokers: [...brokers],
    logLevel: kafkajs.logLevel.NOTHING,
  }).admin();
  await admin.connect();
  try {
    await admin.createTopics({
      waitForLeaders: true,
      topics: [
        {
          topic,
          numPartitions: partitions,
          configEntries: [
            { name: 'message.timestamp.type', value: 'LogAppendTime' },
            ...(messageBytesMax === undefined ? [] : [{ name: 'max.message.bytes', value: String(messageBytesMax) }]),
          ],
        },
      ],
    });
  } finally {
    await admin.disconnect();
  }
}
