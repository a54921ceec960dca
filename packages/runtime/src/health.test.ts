import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Health } from './health.ts';

describe('checks', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    assert.equal(vi.getTimerCount(), 0);
    vi.useRealTimers();
  });

  test('live asks the live ones, ready asks all', async () => {
    const health = new Health()
      .add('live', 'loop', () => 'turning')
      .add('ready', 'database', () => Promise.reject(new Error('connection refused')))
      .add('ready', 'publisher', () => {});
    expect(await health.examine('live')).toEqual({ ok: true, checks: { loop: { ok: true, message: 'turning' } } });
    expect(await health.examine('ready')).toEqual({
      ok: false,
      checks: {
        loop: { ok: true, message: 'turning' },
        database: { ok: false, message: 'connection refused' },
        publisher: { ok: true, message: 'ok' },
      },
    });
  });

  test('a check never runs twice at once, whoever asks', async () => {
    const answer = Promise.withResolvers<string>();
    const check = vi.fn<() => Promise<string>>(() => answer.promise);
    const health = new Health().add('ready', 'database', check);
    const asked = Promise.all([health.examine('ready'), health.examine('ready')]);
    answer.resolve('reachable');
    const [first, second] = await asked;
    expect(first.checks).toEqual({ database: { ok: true, message: 'reachable' } });
    expect(second).toEqual(first);
    expect(check).toHaveBeenCalledTimes(1);
    await health.examine('ready');
    expect(check).toHaveBeenCalledTimes(2);
  });

  test('a check beyond its timeout fails, is told so, and is not started again until it settles', async () => {
    const answer = Promise.withResolvers<string>();
    let timedOut: AbortSignal | undefined;
    const check = vi.fn<(signal: AbortSignal) => Promise<string>>((signal) => {
      timedOut = signal;
      return answer.promise;
    });
    const health = new Health({ checkTimeoutMs: 100 }).add('ready', 'database', check);
    const failing = { ok: false, checks: { database: { ok: false, message: 'no answer within 100 ms' } } };
    const first = health.examine('ready');
    await vi.advanceTimersByTimeAsync(100);
    expect(await first).toEqual(failing);
    expect(timedOut?.aborted).toBe(true);
    expect(await health.examine('ready')).toEqual(failing);
    expect(check).toHaveBeenCalledTimes(1);
    answer.resolve('late');
    await vi.advanceTimersByTimeAsync(0);
    expect(await health.examine('ready')).toMatchObject({ ok: true });
    expect(check).toHaveBeenCalledTimes(2);
  });

  test('a message is bounded', async () => {
    const health = new Health().add('live', 'loop', () => {
      throw new Error('x'.repeat(100_000));
    });
    expect((await health.examine('live')).checks['loop']?.message).toHaveLength(501);
  });

  test('a process that stops is live but not ready', async () => {
    const health = new Health();
    health.markStopping();
    expect(await health.examine('live')).toMatchObject({ ok: true });
    expect(await health.examine('ready')).toEqual({
      ok: false,
      checks: { process: { ok: false, message: 'shutting down' } },
    });
  });

  test('a name is taken once', () => {
    expect(() => new Health().add('live', 'loop', () => {}).add('ready', 'loop', () => {})).toThrow('exists already');
  });
});

test.each([
  [200, 'ok', () => {}],
  [
    503,
    'failing',
    () => {
      throw new Error('down');
    },
  ],
])('a probe answers %d with status %s', async (status, word, check) => {
  const server = createServer((request, response) => {
    void new Health().add('ready', 'database', check).handler('ready')(request, response);
  });
  await using _ = { [Symbol.asyncDispose]: async () => void (server.close(), await once(server, 'close')) };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening');
  const response = await fetch(`http://127.0.0.1:${address.port}/readyz`, { headers: { connection: 'close' } });
  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject({ status: word, checks: { database: { ok: status === 200 } } });
});
