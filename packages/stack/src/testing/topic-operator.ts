import kafkajs, { type Admin } from 'kafkajs';

const { ConfigResourceTypes } = kafkajs;

/** Runs a piece of work as the cluster's operator. */
export async function asOperator<Result>(
  brokers: readonly string[],
  work: (admin: Admin) => Promise<Result>,
): Promise<Result> {
  const admin = new kafkajs.Kafka({
    clientId: 'daybook-operator',
    brokers: [...brokers],
    logLevel: kafkajs.logLevel.NOTHING,
  }).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Deletes a topic with all that is in it. */
export async function deleteTopic(brokers: readonly string[], topic: string): Promise<void> {
  await asOperator(brokers, async (admin) => admin.deleteTopics({ topics: [topic] }));
}

/** Sets the largest record that a topic made by `createTopic` takes; without a number, it is the broker's again. */
export async function limitRecords(
  brokers: readonly string[],
  topic: string,
  recordBytesMax: number | undefined,
): Promise<void> {
  // The request replaces all settings of the topic.
  const configEntries = [
    { name: 'message.timestamp.type', value: 'LogAppendTime' },
    ...(recordBytesMax === undefined ? [] : [{ name: 'max.message.bytes', value: String(recordBytesMax) }]),
  ];
  await asOperator(brokers, async (admin) =>
    admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }],
    }),
  );
}

/** The sum of the end offsets of a topic. */
export async function countAppended(brokers: readonly string[], topic: string): Promise<number> {
  const partitions = await asOperator(brokers, async (admin) => admin.fetchTopicOffsets(topic));
  return partitions.reduce((sum, { high }) => sum + Number(high), 0);
}
