import { createServer as createTlsServer } from 'node:https';
import { createServer } from 'node:net';
import { HttpReceiver, type ReceiverAnswer } from '@daybook/stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publishAll, recordsOf } from '../../test-fixtures/publish-all.ts';
import { selfSigned } from '../../test-fixtures/self-signed.ts';
import type { Outcome } from '../publisher.ts';
import { HttpPublisher } from './publisher.ts';
import { UrlTargets } from './url-targets.ts';

type Sorted = 'acknowledged' | 'broker' | 'topic' | 'poison' | 'fatal';

const sortedOf = (outcome: Outcome): Sorted => (outcome.kind === 'retry' ? outcome.reason : outcome.kind);
const messageOf = (outcome: Outcome) => ('error' in outcome ? outcome.error.message : '');

let receiver: HttpReceiver;

beforeAll(async () => {
  receiver = await HttpReceiver.start();
});

afterAll(async () => {
  await receiver.goAway();
});

/** What becomes of a record that is posted to this URL by a publisher of its own, and what that publisher says of the URL. */
async function publishTo(
  target: string,
  sendTimeoutMs = 5_000,
): Promise<{ readonly outcome: Outcome; readonly checked: Outcome }> {
  const urls = new UrlTargets();
  const topic = urls.read(target);
  const publisher = new HttpPublisher({ urls, sendTimeoutMs, restMaxMs: 50 });
  try {
    const checked = (await publisher.check()) ?? { kind: 'acknowledged' };
    const [outcome] = await publishAll(publisher, recordsOf(topic, 1));
    if (outcome === undefined) throw new Error('no outcome');
    return { outcome, checked };
  } finally {
    await publisher.stop();
  }
}

const statuses: readonly { readonly status: number; readonly sorted: Sorted }[] = [
  ...[200, 201, 202, 204, 299].map((status) => ({ status, sorted: 'acknowledged' as const })),
  ...[300, 301, 302, 303, 304, 307, 308].map((status) => ({ status, sorted: 'topic' as const })),
  ...[401, 403].map((status) => ({ status, sorted: 'fatal' as const })),
  ...[400, 404, 405, 409, 410, 413, 415, 422, 451].map((status) => ({ status, sorted: 'poison' as const })),
  ...[408, 425, 429, 500, 501, 502, 503, 504, 599, 600].map((status) => ({ status, sorted: 'broker' as const })),
];

describe('an answer', () => {
  it.each(statuses)('with $status comes to: $sorted', async ({ status, sorted }) => {
    receiver.answer = () => ({ status });
    const { outcome, checked } = await publishTo(`${receiver.origin}/events`);
    expect(sortedOf(outcome)).toBe(sorted);
    expect(checked.kind).toBe('acknowledged');
    const said = sorted === 'acknowledged' ? '' : `${receiver.origin}/events answered ${status}`;
    expect(messageOf(outcome).startsWith(said)).toBe(true);
  });

  it('is quoted from its beginning, on one line, however long it is', async () => {
    receiver.answer = () => ({ status: 422, body: `no\r\n\u0007 such ${'x'.repeat(1_000_000)}` });
    const { outcome } = await publishTo(`${receiver.origin}/events`);
    expect(messageOf(outcome)).toMatch(/answered 422: no such x+$/);
    expect(messageOf(outcome).length).toBeLessThan(300);
  });

  it('that is a redirect is not followed, and says where it leads', async () => {
    receiver.answer = ({ path }) =>
      path === '/events' ? { status: 307, headers: { location: `http://a:hush@127.0.0.1/x` } } : { status: 204 };
    const before = receiver.records.length;
    const { outcome } = await publishTo(`${receiver.origin}/events`);
    expect(messageOf(outcome)).toContain('a redirect to http://***@127.0.0.1/x is not followed');
    expect(receiver.records).toHaveLength(before);
  });

  it('of 401 shows no credentials', async () => {
    const answers: ReceiverAnswer = { status: 401, body: 'who are you?' };
    receiver.answer = () => answers;
    const { outcome } = await publishTo(`${receiver.origin.replace('//', '//user:hush@')}/events`);
    expect(messageOf(outcome)).toContain('check the credentials in the URL in PUBLISHER_TOPIC_MAPPING');
    expect(messageOf(outcome)).not.toContain('hush');
  });
});

describe('no answer', () => {
  it('since nobody listens: broker', async () => {
    const gone = await HttpReceiver.start();
    await gone.goAway();
    const { outcome, checked } = await publishTo(`${gone.origin}/`);
    expect([sortedOf(outcome), sortedOf(checked)]).toEqual(['broker', 'broker']);
    expect(messageOf(outcome)).toContain('ECONNREFUSED');
  });

  it('since the host has no address: broker', async () => {
    const { outcome, checked } = await publishTo('http://receiver.invalid/');
    expect([sortedOf(outcome), sortedOf(checked)]).toEqual(['broker', 'broker']);
  });

  it('since the connection was cut: broker', async () => {
    receiver.answer = () => 'reset';
    const { outcome } = await publishTo(`${receiver.origin}/`);
    expect(sortedOf(outcome)).toBe('broker');
    expect(messageOf(outcome)).toContain('cannot be reached');
  });

  it('in time: broker', async () => {
    receiver.answer = () => 'hang';
    const { outcome } = await publishTo(`${receiver.origin}/`, 300);
    expect(sortedOf(outcome)).toBe('broker');
    expect(messageOf(outcome)).toContain('no answer within 300 ms');
  });

  it('but what is not HTTP: broker', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.end('hello\r\n');
    });
    const port = await listen(server);
    const { outcome } = await publishTo(`http://127.0.0.1:${port}/`);
    server.close();
    expect(sortedOf(outcome)).toBe('broker');
  });

  it('since the certificate is not trusted: fatal', async () => {
    const server = createTlsServer(selfSigned, (_, response) => response.end());
    const port = await listen(server);
    const { outcome, checked } = await publishTo(`https://127.0.0.1:${port}/`);
    server.close();
    expect([sortedOf(outcome), sortedOf(checked)]).toEqual(['fatal', 'fatal']);
    expect(messageOf(checked)).toContain('self-signed certificate');
  });

  it('since there is no TLS: fatal', async () => {
    const { outcome, checked } = await publishTo(`${receiver.origin.replace('http:', 'https:')}/`);
    expect([sortedOf(outcome), sortedOf(checked)]).toEqual(['fatal', 'fatal']);
  });
});

async function listen(server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
