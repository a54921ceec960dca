import { joinRelays, parkRow, readNext } from '@daybook/outbox';
import { OutboxDatabase } from '@daybook/outbox/testing';
import { createLogger, createRegistry, Health, httpServer, type HttpServer } from '@daybook/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminHandler } from './handler.ts';

let database: OutboxDatabase;
let server: HttpServer;
const lines: string[] = [];
const decision = { by: 'ada', why: 'to see' };

beforeAll(async () => {
  database = await OutboxDatabase.create();
  await database.pool.query(`insert into ledger (id, name, lane, created_at) values (1, 'main', 2, clock_timestamp())`);
  await database.write(3, 4);
  await joinRelays(database.relayPool, 'relay-0');
  const [row] = await readNext(database.relayPool, [{ lane: 3, seq: 1, at: '-infinity' }], {
    rows: 1,
    rowsPerLane: 1,
    bytes: 1_000,
  });
  if (row === undefined) throw new Error('no row');
  const refusal = { topic: 'default', error: 'too large', attempts: 3, policy: 'hold-key', relay: 'relay-0' } as const;
  await parkRow(database.relayPool, { row, ...refusal });
  server = httpServer({
    bind: '127.0.0.1:0',
    handler: adminHandler({
      health: new Health(),
      registry: createRegistry('relay'),
      pool: database.relayPool,
      logger: createLogger({
        service: 'relay',
        level: 'info',
        destination: { write: (line) => void lines.push(line) },
      }),
      token: undefined,
      deadAfterMs: 10_000,
    }),
  });
  await server.start();
});

afterAll(async () => {
  await server.stop();
  await database.drop();
});

async function ask(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
  return { status: response.status, body: isJson ? parsed(text) : text };
}

/** As RFC 3339 writes it. */
const moment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

const parsed = (text: string): unknown => JSON.parse(text);

describe('the admin API', () => {
  it('shows the lanes with owner, position, lag and what is set aside', async () => {
    const { status, body } = await ask('GET', '/lanes');
    expect(status).toBe(200);
    expect(body).toMatchObject({ lanes: { length: 8 } });
    const lane = { lane: 3, owner: 'relay-0', position: 0, head: 4, isPaused: false, parkedRows: 1, heldKeys: 1 };
    expect(body).toMatchObject({ lanes: { 3: lane } });
  });

  it('shows parked rows, and has them sent again or discarded, once it is known who and why', async () => {
    expect(await ask('GET', '/parked')).toMatchObject({
      status: 200,
      body: { parked: [{ lane: 3, seq: 2, state: 'parked', error: 'too large', decidedBy: null }] },
    });
    expect(await ask('POST', '/parked/3/2/retry', { by: 'ada' })).toEqual({
      status: 400,
      body: { error: 'invalid', message: 'why must say what it is for' },
    });
    expect(await ask('POST', '/parked/3/2/retry', decision)).toMatchObject({
      status: 200,
      body: { state: 'retry', decidedBy: 'ada', decidedWhy: 'to see', decidedAt: expect.stringMatching(moment) },
    });
    expect(await ask('POST', '/parked/3/2/discard', decision)).toMatchObject({ body: { state: 'discarded' } });
    expect(await ask('POST', '/parked/3/2/discard', decision)).toMatchObject({ status: 404 });
    expect(await ask('POST', '/parked/x/y/discard', decision)).toMatchObject({ status: 404 });
    expect(await ask('GET', '/parked')).toEqual({ status: 200, body: { parked: [] } });
    expect(await ask('GET', '/parked?all=true')).toMatchObject({ body: { parked: [{ state: 'discarded' }] } });
    expect(lines.join('')).toContain('operator decided');
  });

  it('pauses and resumes everything, a lane, or a ledger', async () => {
    for (const target of [{ scope: 'all' }, { scope: 'lane', target: 5 }, { scope: 'ledger', target: 'main' }]) {
      expect(await ask('POST', '/pause', { ...target, ...decision })).toMatchObject({
        status: 200,
        body: { why: 'to see', pausedAt: expect.stringMatching(moment) },
      });
    }
    expect(await ask('GET', '/pauses')).toMatchObject({
      body: { pauses: [{ scope: 'all' }, { scope: 'lane', target: '5' }, { scope: 'ledger', target: 'main' }] },
    });
    expect(await ask('POST', '/resume', { scope: 'all', ...decision })).toMatchObject({ status: 200 });
    expect(await ask('POST', '/resume', { scope: 'all', ...decision })).toMatchObject({ status: 404 });
    expect(await ask('POST', '/pause', { scope: 'ledger', target: 'nowhere', ...decision })).toMatchObject({
      status: 404,
      body: { message: 'there is no ledger nowhere' },
    });
  });

  it('orders, shows and cancels replays', async () => {
    const ordered = await ask('POST', '/replays', { ...decision, rowsPerSecond: 10 });
    expect(ordered).toMatchObject({ status: 201, body: { state: 'running' } });
    const id = /[0-9a-f-]{36}/.exec(JSON.stringify(ordered.body))?.[0] ?? '';
    expect(await ask('GET', `/replays/${id}`)).toMatchObject({ status: 200, body: { id } });
    expect(await ask('POST', `/replays/${id}/cancel`, decision)).toMatchObject({ body: { state: 'cancelled' } });
    expect(await ask('GET', '/replays')).toMatchObject({ body: { replays: [{ id, state: 'cancelled' }] } });
    expect(await ask('POST', '/replays', { ...decision, types: ['NOTHING'] })).toMatchObject({ status: 400 });
  });

  it.each([
    ['GET', '/nothing', undefined, {}, 404],
    ['DELETE', '/lanes', undefined, {}, 405],
    ['POST', '/livez', {}, {}, 405],
    ['POST', '/pause', '{', {}, 400],
    ['POST', '/pause', {}, { 'content-type': 'text/plain' }, 415],
    ['POST', '/pause', 'x'.repeat(70_000), {}, 413],
    ['POST', '/pause', [], {}, 400],
  ])('answers %s %s as it must: %s %s', async (method, path, body, headers, status) => {
    expect((await ask(method, path, body, headers)).status).toBe(status);
  });
});
