import { createPool, type Pool } from '@daybook/postgres';
import { createLogger, openTracing, tracingSettings, type Tracing } from '@daybook/runtime';
import { createDatabase, eventually, TraceReceiver, type TestDatabase } from '@daybook/stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SentRequest } from '../../test-fixtures/send-request.ts';
import { startApi, type RunningApi } from '../../test-fixtures/start-api.ts';
import { migrate } from '../migrate.ts';

const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
const traceparent = `00-${trace}-00f067aa0ba902b7-01`;
const uuid = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[\da-f]{4}-[\da-f]{12}$/;

let database: TestDatabase;
let pool: Pool;
let api: RunningApi;

beforeAll(async () => {
  database = await createDatabase({
    template: 'lanes_1',
    migrate: async (url) => await migrate(url, { lanes: 1 }),
  });
  pool = createPool(database.databaseUrl, { size: 2, applicationName: 'observe test' });
  api = await startApi({ databaseUrl: database.ledgerUrl, logsAll: true });
});

afterAll(async () => {
  await api.stop();
  await pool.end();
  await database.drop();
});

interface Write {
  readonly source?: string;
  readonly reference?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly path?: string;
}

function write({ source = 'world', reference = '', headers = {}, path = '/main/transactions' }: Write = {}) {
  const postings = [{ source, destination: 'shop', amount: 1, asset: 'COIN' }];
  return { method: 'POST', path, headers, body: JSON.stringify({ postings, reference }) } satisfies SentRequest;
}

/** The samples of a metric now, by their labels without the service's. */
async function samplesOf(name: string): Promise<Readonly<Record<string, number>>> {
  const { body } = await api.send({ path: '/metrics' });
  return Object.fromEntries(
    body
      .split('\n')
      .map((line) => /^(?<metric>\w+)\{(?<labels>.*)\} (?<value>\S+)$/.exec(line)?.groups)
      .flatMap((sample) =>
        sample?.['metric'] === name
          ? [[sample['labels']?.replace(/,?service="test",?/, '') ?? '', Number(sample['value'])]]
          : [],
      ),
  );
}

/** By how much the samples of a metric grow while something is done. */
async function growthOf(name: string, work: () => Promise<unknown>): Promise<Readonly<Record<string, number>>> {
  const before = await samplesOf(name);
  await work();
  const grown = Object.entries(await samplesOf(name)).map(([labels, value]) => [labels, value - (before[labels] ?? 0)]);
  return Object.fromEntries(grown.filter(([, growth]) => growth !== 0));
}

async function lineOf(requestId: unknown) {
  return await eventually(() => api.log.find((line) => line['requestId'] === requestId), {
    what: `a line of the request ${String(requestId)}`,
  });
}

describe('the id of a request', () => {
  it.each(['7', 'Root=1-67891233-abcdef012345678912345678', 'a/b:c+d.e@f_g', 'x'.repeat(128)])(
    '%s is taken from it, answered and logged',
    async (id) => {
      const answer = await api.send(write({ headers: { 'x-request-id': id } }));
      expect(answer.headers['x-request-id']).toBe(id);
      expect(await lineOf(id)).toMatchObject({ level: 'info', msg: 'request answered', status: 200 });
    },
  );

  it.each(['', ' ', 'a b', 'x'.repeat(129), '"quoted"', '<b>', 'é', 'a,b'])('is made where it has %j', async (id) => {
    const answer = await api.send(write({ headers: { 'x-request-id': id } }));
    expect(answer.headers['x-request-id']).toMatch(uuid);
  });

  it.each<[string, SentRequest, number]>([
    ['a refusal', write({ source: 'nobody' }), 400],
    ['a path that is not there', { path: '/a/b/c/d/e' }, 404],
    ['a method that is not there', { method: 'PATCH', path: '/main/transactions' }, 405],
    ['a body that is too large', { ...write(), body: Buffer.alloc(200_000) }, 413],
    ['a redirect', { path: '/main/transactions/' }, 301],
    ['no content', { method: 'POST', path: '/main/accounts/shop/metadata', body: '{"a":1}' }, 204],
    ['metrics', { path: '/metrics' }, 200],
  ])('is on the answer to %s, too', async (_what, request, status) => {
    const answer = await api.send(request);
    expect([answer.status, answer.headers['x-request-id']]).toEqual([status, expect.stringMatching(uuid)]);
    expect(await lineOf(answer.headers['x-request-id'])).toMatchObject({ status });
  });
});

describe('the log of requests', () => {
  it('says what was asked, how it ended and how long it took, and nothing of bodies and headers', async () => {
    const headers = { 'x-request-id': 'told', authorization: 'Bearer hush', 'idempotency-key': 'hush', traceparent };
    await api.send({ ...write({ source: 'nobody', headers, path: '/main/transactions?a=b' }) });
    const line = await lineOf('told');
    expect(line).toEqual({
      level: 'info',
      time: expect.any(String),
      service: 'test',
      pid: process.pid,
      requestId: 'told',
      traceId: trace,
      method: 'POST',
      url: '/main/transactions?a=b',
      route: '/:ledger/transactions',
      status: 400,
      refusal: 'INSUFFICIENT_FUND',
      durationMs: expect.any(Number),
      msg: 'request answered',
    });
    expect(JSON.stringify(line)).not.toContain('hush');
  });

  it('says why a request could not be served', async () => {
    const full = { kind: 'unavailable', reason: 'queue-full', message: 'full', retryAfterSeconds: 1 } as const;
    const busy = await startApi({ databaseUrl: database.ledgerUrl, writer: { submit: async () => full } });
    try {
      await busy.send(write());
      await eventually(() => busy.log.length > 0, { what: 'a line' });
      expect(busy.log).toMatchObject([{ msg: 'request answered', status: 503, unavailable: 'queue-full' }]);
    } finally {
      await busy.stop();
    }
  });

  it('says that a client went away before its answer, which counts as no answer', async () => {
    const holder = await pool.connect();
    const away = new AbortController();
    const { body, path } = write({ path: '/left/transactions' });
    const growth = await growthOf('daybook_http_requests_total', async () => {
      try {
        await holder.query('begin');
        await holder.query('select from lane for update');
        const headers = { 'x-request-id': 'left' };
        const answer = fetch(`${api.url}${path}`, { method: 'POST', headers, body, signal: away.signal });
        await eventually(async () => (await samplesOf('daybook_ledger_commands_waiting'))[''] === 1, {
          what: 'the command in the queue',
        });
        away.abort();
        await expect(answer).rejects.toThrow('aborted');
        expect(await lineOf('left')).toMatchObject({ msg: 'request cut off' });
      } finally {
        await holder.query('rollback');
        holder.release();
      }
    });
    expect(Object.keys(growth).filter((labels) => !labels.includes('/metrics'))).toEqual([]);
  });

  it('cuts an address that is longer than 1,000 characters', async () => {
    await api.send({ path: `/main/transactions?x=${'y'.repeat(5_000)}`, headers: { 'x-request-id': 'long' } });
    expect(String((await lineOf('long'))['url'])).toHaveLength(1_000);
  });

  it('shows only what failed with 5xx unless all is asked for, and names the request in the line of the defect', async () => {
    const failing = await startApi({
      databaseUrl: database.ledgerUrl,
      writer: { submit: async () => await Promise.reject(new TypeError('a mistake of ours')) },
    });
    try {
      await failing.send({ path: '/main/transactions', headers: { 'x-request-id': 'fine' } });
      await failing.send(write({ source: '', headers: { 'x-request-id': 'refused' } }));
      const failed = await failing.send(write({ headers: { 'x-request-id': 'failed' } }));
      expect(failed.status).toBe(500);
      await eventually(() => failing.log.length >= 2, { what: 'both lines' });
      expect(failing.log).toMatchObject([
        {
          level: 'error',
          requestId: 'failed',
          msg: 'request failed by a defect',
          err: { message: 'a mistake of ours' },
        },
        { level: 'info', requestId: 'failed', msg: 'request answered', status: 500 },
      ]);
      expect(failing.log).toHaveLength(2);
    } finally {
      await failing.stop();
    }
  });
});

describe('metrics after requests', () => {
  it('time requests by route', async () => {
    const growth = await growthOf('daybook_http_request_duration_seconds_count', async () => {
      await api.send(write());
      await api.send(write());
      await api.send({ path: '/main/transactions/0' });
      await api.send({ path: '/nowhere/at/all/here/x' });
    });
    expect(growth).toEqual({
      'route="/:ledger/transactions"': 2,
      'route="/:ledger/transactions/:txid"': 1,
      'route="none"': 1,
      // The first reading.
      'route="/metrics"': 1,
    });
  });

  it('count refusals by code, also those of scripts that are answered with 200, and not their replays', async () => {
    const script = (plain: string, headers = {}) => ({
      method: 'POST',
      path: '/main/script',
      headers,
      body: JSON.stringify({ plain }),
    });
    const growth = await growthOf('daybook_http_refusals_total', async () => {
      await api.send(write({ reference: 'once' }));
      expect((await api.send(write({ reference: 'once' }))).status).toBe(409);
      await api.send(write({ source: 'nobody' }));
      await api.send({ ...write(), body: '{' });
      await api.send({ method: 'PATCH', path: '/main/transactions' });
      await api.send({ path: '/main/transactions/999999' });
      expect((await api.send(script('no script'))).status).toBe(200);
      const kept = script('fail', { 'idempotency-key': 'script' });
      expect((await api.send(kept)).headers['idempotency-hit']).toBeUndefined();
      expect((await api.send(kept)).headers['idempotency-hit']).toBe('true');
    });
    expect(growth).toEqual({
      'code="CONFLICT"': 1,
      'code="INSUFFICIENT_FUND"': 1,
      'code="VALIDATION"': 3,
      'code="NOT_FOUND"': 1,
      'code="COMPILATION_FAILED"': 1,
    });
  });

  it('show the sizes of batches, and how long each of their phases took', async () => {
    const work = async () => await Promise.all([write(), write(), write()].map(async (one) => await api.send(one)));
    expect(await growthOf('daybook_ledger_batch_commands_sum', work)).toEqual({ '': 3 });
    const count = await growthOf(
      'daybook_ledger_batch_phase_duration_seconds_count',
      async () => await api.send(write()),
    );
    expect(count).toEqual({ 'phase="load"': 1, 'phase="decide"': 1, 'phase="commit"': 1 });
    const phases = await samplesOf('daybook_ledger_batch_phase_duration_seconds_sum');
    const total = (await samplesOf('daybook_ledger_batch_duration_seconds_sum'))[''] ?? 0;
    for (const seconds of Object.values(phases)) expect(seconds).toBeGreaterThan(0);
    expect(Object.values(phases).reduce((sum, seconds) => sum + seconds, 0)).toBeLessThanOrEqual(total);
  });

  it('show what waits, in commands and in bytes', async () => {
    const waiting = async () => [
      (await samplesOf('daybook_ledger_commands_waiting'))[''],
      (await samplesOf('daybook_ledger_bytes_waiting'))[''],
    ];
    expect(await waiting()).toEqual([0, 0]);
    const requests = [write(), write({ reference: 'a longer one' })];
    const bytes = requests.reduce((sum, { body }) => sum + body.length, 0);
    const holder = await pool.connect();
    let answers;
    try {
      await holder.query('begin');
      await holder.query('select from lane for update');
      answers = requests.map(async (request) => await api.send(request));
      await eventually(async () => (await waiting()).join(' ') === `2 ${bytes}`, {
        what: 'both commands in the queue',
      });
    } finally {
      await holder.query('rollback');
      holder.release();
    }
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200]);
    expect(await waiting()).toEqual([0, 0]);
  });
});

describe('the trace of a request', () => {
  /** The stored headers of a ledger's events, in order. */
  async function storedHeaders(ledger: string): Promise<unknown[]> {
    const found = await pool.query<{ headers: string | null }>(
      'select headers::text as headers from outbox where ledger = $1 order by event_sequence',
      [ledger],
    );
    return found.rows.map(({ headers }) => (headers === null ? null : JSON.parse(headers)));
  }

  it('is stored with each of its events, and a malformed one is not', async () => {
    const path = '/traced/transactions';
    await api.send(write({ path, headers: { traceparent, tracestate: 'a=1, b=2' } }));
    await api.send(write({ path, headers: { traceparent: `${traceparent}-x`, tracestate: 'a=1' } }));
    await api.send(write({ path, headers: { tracestate: 'a=1' } }));
    await api.send(write({ path, headers: { traceparent, tracestate: 'A=1' } }));
    await api.send({ method: 'POST', path: `${path}/0/revert`, headers: { traceparent } });
    await api.send({ method: 'PUT', path: '/traced/mapping', headers: { traceparent }, body: '{"contracts":[]}' });
    const metadata = { method: 'POST', path: '/traced/accounts/shop/metadata', body: '{"a":1}' };
    await api.send({ ...metadata, headers: { traceparent } });
    const plain = { traceparent };
    expect(await storedHeaders('traced')).toEqual([
      { traceparent, tracestate: 'a=1,b=2' },
      null,
      null,
      plain,
      plain,
      plain,
      plain,
      plain,
    ]);
  });

  it('is that of the write itself, whoever asks again with its idempotency key', async () => {
    const path = '/again/transactions';
    const other = traceparent.replace(trace, 'a'.repeat(32));
    const headers = { 'idempotency-key': 'again' };
    await api.send(write({ path, headers: { ...headers, traceparent } }));
    const again = await api.send(write({ path, headers: { ...headers, traceparent: other } }));
    expect(again.headers['idempotency-hit']).toBe('true');
    expect(await storedHeaders('again')).toEqual([{ traceparent }]);
  });

  it('goes on in spans of the request and of its batch, where traces are switched on', async () => {
    const receiver = await TraceReceiver.start();
    const tracing = await startTracing(receiver);
    const traced = await startApi({ databaseUrl: database.ledgerUrl, tracer: tracing.tracer });
    const path = '/spans/transactions';
    const holder = await pool.connect();
    try {
      await traced.send({ path: '/livez' });
      await holder.query('begin');
      await holder.query('select from lane for update');
      const waiting = async (count: number) => {
        await eventually(
          async () => (await traced.send({ path: '/metrics' })).body.includes(`waiting{service="test"} ${count}\n`),
          { what: `${count} commands that wait` },
        );
      };
      // It holds up the two, so that they go together.
      const answers = [traced.send(write({ path: '/ahead/transactions' }))];
      await waiting(1);
      answers.push(
        traced.send(write({ path, headers: { traceparent, tracestate: 'a=1' } })),
        traced.send(write({ path: `${path}?secret=hush`, headers: { authorization: 'hush' } })),
      );
      await waiting(3);
      await holder.query('rollback');
      expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200, 200]);
      await traced.send({ path: '/nowhere/at/all/here/x' });
      await eventually(() => receiver.named('GET').length === 1 && receiver.named('batch').length === 2, {
        what: 'all spans',
      });
    } finally {
      holder.release();
      await traced.stop();
      await tracing.stop?.(new AbortController().signal);
      await receiver.stop();
    }
    expect(new Set(receiver.spans.map(({ name }) => name))).toEqual(
      new Set(['POST /:ledger/transactions', 'batch', 'GET']),
    );
    const servers = receiver
      .named('POST /:ledger/transactions')
      .filter(({ attributes }) => attributes['url.path'] === path);
    const child = servers.find(({ traceId }) => traceId === trace);
    const root = servers.find(({ traceId }) => traceId !== trace);
    expect(child).toMatchObject({
      kind: 'server',
      parentSpanId: '00f067aa0ba902b7',
      tracestate: 'a=1',
      isError: false,
    });
    expect(child?.attributes).toEqual({
      'http.request.method': 'POST',
      'url.path': path,
      'url.scheme': 'http',
      'http.route': '/:ledger/transactions',
      'http.response.status_code': 200,
    });
    expect(root).toMatchObject({ parentSpanId: '', attributes: { 'url.path': path } });
    expect(JSON.stringify(receiver.spans)).not.toContain('hush');
    // What stands in the outbox is the span of the request, whose child the batch is too.
    const nameOf = (span: typeof root) => `00-${span?.traceId}-${span?.spanId}-01`;
    expect(new Set(await storedHeaders('spans'))).toEqual(
      new Set([{ traceparent: nameOf(child), tracestate: 'a=1' }, { traceparent: nameOf(root) }]),
    );
    // Which of the two is told first is chance.
    const isOfOne = ({ attributes }: { readonly attributes: Readonly<Record<string, unknown>> }) =>
      attributes['daybook.batch.commands'] === 1;
    const alone = receiver.named('batch').find(isOfOne);
    const both = receiver.named('batch').find((batch) => !isOfOne(batch));
    expect(alone).toMatchObject({ links: [], attributes: { 'daybook.batch.commands': 1 } });
    const [first, second] = both?.traceId === trace ? [child, root] : [root, child];
    expect(both).toMatchObject({
      kind: 'internal',
      traceId: first?.traceId,
      parentSpanId: first?.spanId,
      links: [{ traceId: second?.traceId, spanId: second?.spanId }],
      attributes: { 'daybook.lanes': 1, 'daybook.batch.commands': 2, 'daybook.batch.committed': true },
    });
  });

  async function startTracing(receiver: TraceReceiver): Promise<Tracing> {
    const { otelSampler, otelServiceName } = tracingSettings('daybook-ledger');
    const tracing = await openTracing(
      {
        otelSdkDisabled: false,
        otelTracesExporter: undefined,
        otelEndpoint: receiver.url,
        otelTracesEndpoint: undefined,
        otelHeaders: undefined,
        otelTracesHeaders: undefined,
        otelTimeoutMs: 10_000,
        otelTracesTimeoutMs: undefined,
        otelServiceName: otelServiceName.default,
        otelResourceAttributes: undefined,
        otelSampler: otelSampler.default,
        otelSamplerArg: '1',
        otelQueueSpansMax: 2_048,
        otelBatchSpansMax: 512,
        otelDelayMs: 10,
        shutdownTimeoutMs: 10_000,
      },
      { version: '0.1.0', logger: createLogger({ service: 'test', level: 'silent' }) },
    );
    if (tracing === undefined) throw new Error('no traces are made');
    return tracing;
  }
});
