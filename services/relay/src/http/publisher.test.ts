import { eventually, HttpReceiver, type ReceivedRecord } from '@daybook/stack/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openHttpStage } from '../../test-fixtures/http-stage.ts';
import { kindsOf, publishAll, publishUntilAcknowledged, recordsOf } from '../../test-fixtures/publish-all.ts';
import { publisherContract } from '../../test-fixtures/publisher-contract.ts';
import type { OutgoingRecord, Outcome } from '../publisher.ts';
import { HttpPublisher } from './publisher.ts';
import { UrlTargets } from './url-targets.ts';

describe('publishing over HTTP', () => {
  let stage: Awaited<ReturnType<typeof openHttpStage>>;

  beforeAll(async () => {
    stage = await openHttpStage();
  });

  afterAll(async () => {
    await stage.close();
  });

  it.each(publisherContract)('$promise', { timeout: 30_000 }, async ({ check }) => {
    await expect(check(stage)).resolves.toBeUndefined();
  });
});

describe('a publisher over HTTP', () => {
  let receiver: HttpReceiver;
  let publisher: HttpPublisher;
  let urls: UrlTargets;

  beforeEach(async () => {
    receiver = await HttpReceiver.start();
    urls = new UrlTargets();
    publisher = new HttpPublisher({ urls, sendTimeoutMs: 2_000, restMaxMs: 400 });
  });

  afterEach(async () => {
    await publisher.stop();
    await receiver.goAway();
  });

  /** Takes a target that is a path of the receiver, with the credentials that its URL may have. */
  const topicOf = (path: string, credentials = '') =>
    urls.read(`${receiver.origin.replace('//', `//${credentials}`)}${path}`);
  const uuidsOf = (records: readonly ReceivedRecord[]) => records.map(({ headers }) => headers['message-uuid']);

  it('posts what the publisher of v1 posts, the credentials of the URL, and the trace', async () => {
    const headers = {
      id: 'f00d',
      sequence: '7',
      type: 'SAVED_METADATA',
      ledger: 'b\u00fccher',
      traceparent: '00-aa-bb-01',
      tracestate: 'a=1',
    };
    const record: OutgoingRecord = {
      topic: topicOf('/events?a=b', 'us:er@'),
      key: 'b',
      value: '{"\u00fc":1}',
      headers,
    };
    expect(kindsOf(await publishAll(publisher, [record]))).toEqual(['acknowledged']);
    expect(receiver.records).toMatchObject([
      {
        path: '/events?a=b',
        value: '{"\u00fc":1}',
        metadata: headers,
        headers: {
          'content-type': 'application/json',
          'content-length': '8',
          'message-uuid': 'f00d',
          traceparent: '00-aa-bb-01',
          tracestate: 'a=1',
          authorization: `Basic ${Buffer.from('us:er').toString('base64')}`,
        },
      },
    ]);
  });

  it('leaves out a trace that no header could carry', async () => {
    const headers = { id: 'f00d', traceparent: 'a\nb' };
    const outcomes = await publishAll(publisher, [{ topic: topicOf('/'), key: 'a', value: '1', headers }]);
    expect(kindsOf(outcomes)).toEqual(['acknowledged']);
    expect(receiver.records[0]?.headers).not.toHaveProperty('traceparent');
    expect(receiver.records[0]?.metadata).toEqual(headers);
  });

  it('has one request of a key in flight, and sixteen of a URL', async () => {
    const keys = Array.from({ length: 40 }, (_, index) => `key-${index}`);
    const records = recordsOf(topicOf('/'), 80, { keys });
    receiver.answer = () => 'hang';
    const outcomes: Outcome[] = [];
    await publisher.publish(records, (settled, outcome) => void outcomes.push(...settled.map(() => outcome)));
    await eventually(() => receiver.requests === 16, { what: 'sixteen requests' });
    await eventually(() => outcomes.length === 80, { what: 'all given up' });
    // What waited failed along, and was not tried after it for as long again.
    expect(receiver.requests).toBe(16);
    expect(kindsOf(outcomes)).toEqual(['retry']);
    receiver.answer = () => ({ status: 204 });
    await publishUntilAcknowledged(publisher, records);
    expect(new Set(uuidsOf(receiver.records)).size).toBe(80);
  });

  it('lets a URL that hangs hold up no other, nor the caller', async () => {
    const patient = new HttpPublisher({ urls, sendTimeoutMs: 60_000, restMaxMs: 400 });
    const [hanging, good] = [topicOf('/hanging'), topicOf('/good')];
    receiver.answer = ({ path }) => (path === '/hanging' ? 'hang' : { status: 204 });
    const outcomes = new Map<OutgoingRecord, Outcome>();
    const records = [...recordsOf(hanging, 40), ...recordsOf(good, 40)];
    await patient.publish(records, (settled, outcome) => {
      for (const record of settled) outcomes.set(record, outcome);
    });
    await eventually(() => outcomes.size === 40, { what: 'what the other URL takes' });
    expect(records.filter((record) => outcomes.has(record))).toEqual(records.slice(40));
    await patient.stop();
    expect(records.map((record) => outcomes.get(record)?.kind)).toEqual([
      ...Array.from({ length: 40 }, () => 'retry'),
      ...Array.from({ length: 40 }, () => 'acknowledged'),
    ]);
  });

  it('does not keep the caller at all for a URL that failed the last time', async () => {
    const topic = topicOf('/');
    receiver.answer = () => ({ status: 503 });
    expect(kindsOf(await publishAll(publisher, recordsOf(topic, 1)))).toEqual(['retry']);
    receiver.answer = () => 'hang';
    let hasReturned = false;
    void publisher.publish(recordsOf(topic, 1), () => {}).then(() => (hasReturned = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(hasReturned).toBe(true);
  });

  it('leaves a receiver alone for as long as it asks, within the longest wait between two tries', async () => {
    const topic = topicOf('/');
    receiver.answer = () => ({ status: 503, headers: { 'retry-after': '3600' } });
    expect(kindsOf(await publishAll(publisher, recordsOf(topic, 1)))).toEqual(['retry']);
    receiver.answer = () => ({ status: 204 });
    const startedAtMs = performance.now();
    await publishUntilAcknowledged(publisher, recordsOf(topic, 1));
    expect(performance.now() - startedAtMs).toBeGreaterThan(300);
  });

  it('sends once more when the receiver closed an idle connection under it, and only then', async () => {
    const topic = topicOf('/');
    receiver.answer = () => (receiver.requests === 2 ? 'reset' : { status: 204 });
    for (const record of recordsOf(topic, 2)) {
      expect(kindsOf(await publishAll(publisher, [record]))).toEqual(['acknowledged']);
    }
    expect(receiver.requests).toBe(3);
    receiver.answer = () => 'reset';
    expect(kindsOf(await publishAll(publisher, recordsOf(topic, 1)))).toEqual(['retry']);
    expect(receiver.requests).toBe(5);
  });

  it('reads no more of an answer than it needs', async () => {
    receiver.answer = () => ({ status: 200, body: 'x'.repeat(20_000_000) });
    const outcomes = await publishAll(publisher, recordsOf(topicOf('/'), 5, { keys: ['a'] }));
    expect(kindsOf(outcomes)).toEqual(['acknowledged']);
    expect(uuidsOf(receiver.records)).toEqual(Array.from({ length: 5 }, (_, number) => `id-${number}`));
  });

  it('refuses what is not a URL', async () => {
    const outcomes = await publishAll(publisher, recordsOf('default', 1));
    expect(outcomes).toMatchObject([{ kind: 'poison', error: { message: expect.stringContaining('not a URL') } }]);
  });

  it('refuses a URL of which a ledger named .. makes another one', async () => {
    topicOf('/{ledger}/events');
    const outcomes = await publishAll(publisher, recordsOf(`${receiver.origin}/../events`, 1));
    expect(kindsOf(outcomes)).toEqual(['poison']);
    expect(receiver.requests).toBe(0);
  });
});
