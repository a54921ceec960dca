import { asOperator } from './topic-operator.ts';

/** Makes a topic in which each record says when the broker appended it, so that positions can be compared with it. */
export async function createTopic(
  brokers: readonly string[],
  topic: string,
  { partitions = 6, messageBytesMax }: { partitions?: number; messageBytesMax?: number } = {},
): Promise<void> {
  await asOperator(brokers, async (admin) =>
    admin.createTopics({
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
    }),
  );
}
