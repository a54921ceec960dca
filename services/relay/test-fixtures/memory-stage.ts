import type { Failure, OutgoingRecord } from '../src/publisher.ts';
import { MemoryPublisher } from './memory-publisher.ts';
import { stageValueBytesMax, type PublisherStage } from './publisher-stage.ts';

const away: Failure = { kind: 'retry', reason: 'broker', error: new Error('away') };

/** Publishers in memory, made by `create`. They never hang: what hangs elsewhere is given up here at once. */
export function openMemoryStage(create: () => MemoryPublisher = () => new MemoryPublisher()): PublisherStage {
  const publishers: MemoryPublisher[] = [];
  const faulty = new Set<string>();
  let isAway = false;
  let opened = 0;
  const setAway = async (value: boolean) => {
    isAway = value;
    for (const publisher of publishers) publisher.failure = value ? away : undefined;
  };
  const refuse = ({ topic, value }: OutgoingRecord): Failure | undefined => {
    if (isAway) return away;
    if (faulty.has(topic)) return { kind: 'retry', reason: 'topic', error: new Error('faulty') };
    return value.length > stageValueBytesMax ? { kind: 'poison', error: new Error('too large') } : undefined;
  };
  const openTopic = async () => `topic-${(opened += 1)}`;
  return {
    openTopic,
    async openFaultyTopic() {
      const topic = await openTopic();
      faulty.add(topic);
      return topic;
    },
    async mend(topic) {
      faulty.delete(topic);
    },
    createPublisher() {
      const publisher = create();
      publisher.refuse = refuse;
      publishers.push(publisher);
      return publisher;
    },
    stored: async (topic) =>
      publishers
        .flatMap(({ records }) => records)
        .filter((record) => record.topic === topic)
        .map(({ key, value, headers }) => ({ key, value, id: headers['id'] ?? '' })),
    goAway: async () => setAway(true),
    comeBack: async () => setAway(false),
    hang: async () => setAway(true),
    goOn: async () => setAway(false),
  };
}
