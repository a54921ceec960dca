import { HttpReceiver, type ReceivedRecord, type ReceiverAnswer } from '@daybook/stack/testing';
import { HttpPublisher } from '../src/http/publisher.ts';
import { UrlTargets } from '../src/http/url-targets.ts';
import type { PublisherStage } from './publisher-stage.ts';
import { stageValueBytesMax } from './publisher-stage.ts';

/** A receiver on this machine whose paths are topics. */
export async function openHttpStage(): Promise<PublisherStage & { close(): Promise<void> }> {
  const receiver = await HttpReceiver.start();
  const faulty = new Set<string>();
  let opened = 0;
  const answer = ({ path, value }: ReceivedRecord): ReceiverAnswer => {
    if (faulty.has(`${receiver.origin}${path}`)) return { status: 307, headers: { location: 'https://elsewhere/' } };
    return { status: value.length > stageValueBytesMax ? 413 : 204 };
  };
  receiver.answer = answer;
  const openTopic = async () => `${receiver.origin}/topic-${(opened += 1)}`;
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
    createPublisher({ sendTimeoutMs }) {
      const urls = new UrlTargets();
      urls.read(`${receiver.origin}/`);
      return new HttpPublisher({ urls, sendTimeoutMs, restMaxMs: 1_000 });
    },
    stored: async (topic) =>
      receiver.records
        .filter(({ path }) => `${receiver.origin}${path}` === topic)
        .map(({ metadata, value, headers }) => ({
          key: String(metadata['ledger']),
          value,
          id: String(headers['message-uuid']),
        })),
    goAway: async () => receiver.goAway(),
    comeBack: async () => receiver.comeBack(),
    async hang() {
      receiver.answer = () => 'hang';
    },
    async goOn() {
      receiver.answer = answer;
    },
    close: async () => receiver.goAway(),
  };
}
