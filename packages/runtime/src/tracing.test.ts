import { eventually, TraceReceiver } from '@daybook/stack/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from './logger.ts';
import type { TracingValues } from './tracing-settings.ts';
import { openTracing, type Tracing } from './tracing.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const spanId = '00f067aa0ba902b7';
const parent = { traceparent: `00-${traceId}-${spanId}-01`, tracestate: 'vendor=1' };
const unsampled = { traceparent: `00-${traceId}-${spanId}-00` };

const off: TracingValues = {
  otelSdkDisabled: false,
  otelTracesExporter: undefined,
  otelEndpoint: undefined,
  otelTracesEndpoint: undefined,
  otelHeaders: undefined,
  otelTracesHeaders: undefined,
  otelTimeoutMs: 10_000,
  otelTracesTimeoutMs: undefined,
  otelServiceName: 'daybook-test',
  otelResourceAttributes: undefined,
  otelSampler: 'parentbased_always_on',
  otelSamplerArg: '1',
  otelQueueSpansMax: 2_048,
  otelBatchSpansMax: 512,
  otelDelayMs: 10,
  shutdownTimeoutMs: 10_000,
};

let receiver: TraceReceiver;
let opened: Tracing | undefined;
let lines: string[];

beforeEach(async () => {
  receiver = await TraceReceiver.start();
  lines = [];
});

afterEach(async () => {
  await opened?.stop?.(new AbortController().signal);
  opened = undefined;
  await receiver.stop();
});

async function open(values: Partial<TracingValues>): Promise<Tracing | undefined> {
  const logger = createLogger({ service: 'test', level: 'info', destination: { write: (line) => lines.push(line) } });
  opened = await openTracing({ ...off, ...values }, { version: '1.2.3', logger });
  return opened;
}

async function tracerTo(values: Partial<TracingValues> = {}) {
  const tracing = await open({ otelEndpoint: receiver.url, ...values });
  if (tracing === undefined) throw new Error('no traces are made');
  return tracing.tracer;
}

async function received(count: number) {
  await eventually(() => receiver.spans.length >= count, { what: `${count} spans` });
  return receiver.spans;
}

describe('traces', () => {
  it.each<[string, Partial<TracingValues>]>([
    ['nothing is set', {}],
    ['the SDK is disabled', { otelEndpoint: 'http://127.0.0.1:1', otelSdkDisabled: true }],
    ['the exporter is none', { otelEndpoint: 'http://127.0.0.1:1', otelTracesExporter: 'none' }],
  ])('are not made when %s', async (_what, values) => {
    expect(await open(values)).toBeUndefined();
  });

  it.each<[string, (url: string) => Partial<TracingValues>, string]>([
    ['v1/traces below the general endpoint', (url) => ({ otelEndpoint: url }), '/v1/traces'],
    ['also below a path of its own', (url) => ({ otelEndpoint: `${url}/otlp/` }), '/otlp/v1/traces'],
    ['the path of the endpoint for traces as it is', (url) => ({ otelTracesEndpoint: `${url}/mine` }), '/mine'],
  ])('are posted to %s', async (_what, values, path) => {
    const tracing = await open(values(receiver.url));
    tracing?.tracer.startSpan('work', { kind: 'internal' }).end();
    await received(1);
    expect(receiver.requests.map((request) => request.path)).toEqual([path]);
  });

  it('carry the name of the service, what else is said of it, and the headers that a collector asks for', async () => {
    const tracer = await tracerTo({
      otelHeaders: 'x-key=hush%20hush,x-other=1',
      otelTracesHeaders: 'x-other=2',
      otelResourceAttributes: 'deployment.environment=test',
    });
    tracer.startSpan('work', { kind: 'internal' }).end();
    const [span] = await received(1);
    expect(span).toMatchObject({ service: 'daybook-test', name: 'work', kind: 'internal', parentSpanId: '' });
    expect(receiver.requests[0]?.headers).toMatchObject({
      'content-type': 'application/x-protobuf',
      'x-key': 'hush hush',
      'x-other': '2',
    });
  });

  it('go on from the parent, and what is done because of a span goes on from that', async () => {
    const tracer = await tracerTo();
    const span = tracer.startSpan('POST', { kind: 'server', parent, attributes: { path: '/x' } });
    expect(span.context).toEqual({
      traceparent: expect.stringMatching(new RegExp(`^00-${traceId}-(?!${spanId})[0-9a-f]{16}-01$`)),
      tracestate: 'vendor=1',
    });
    tracer.startSpan('batch', { kind: 'internal', parent: span.context, startedMs: performance.now() - 40 }).end();
    span.end({ name: 'POST /:ledger', attributes: { status: 503 }, error: '503' });
    await received(2);
    const [server] = receiver.named('POST /:ledger');
    expect(server).toMatchObject({
      kind: 'server',
      traceId,
      parentSpanId: spanId,
      tracestate: 'vendor=1',
      attributes: { path: '/x', status: 503, 'error.type': '503' },
      isError: true,
    });
    const [batch] = receiver.named('batch');
    expect(batch).toMatchObject({ traceId, parentSpanId: server?.spanId, isError: false });
    expect(batch?.durationMs).toBeGreaterThan(39);
    expect(batch?.durationMs).toBeLessThan(5_000);
  });

  it('keep the first 64 links of a span', async () => {
    const tracer = await tracerTo();
    const links = Array.from({ length: 100 }, (_, index) => ({
      traceparent: `00-${traceId}-${String(index + 1).padStart(16, '0')}-01`,
    }));
    tracer.startSpan('send', { kind: 'producer', links }).end();
    const [span] = await received(1);
    expect(span?.links).toHaveLength(64);
    expect(span?.links[0]).toEqual({ traceId, spanId: '0000000000000001' });
  });

  it.each<[TracingValues['otelSampler'], string, { readonly root: boolean; readonly unsampled: boolean }]>([
    ['parentbased_always_on', '1', { root: true, unsampled: false }],
    ['parentbased_always_off', '1', { root: false, unsampled: false }],
    ['parentbased_traceidratio', '0', { root: false, unsampled: false }],
    ['traceidratio', '1', { root: true, unsampled: true }],
    ['traceidratio', '0', { root: false, unsampled: false }],
    ['always_on', '1', { root: true, unsampled: true }],
    ['always_off', '1', { root: false, unsampled: false }],
  ])('are sampled by %s with %s as the specification says', async (otelSampler, otelSamplerArg, expected) => {
    const tracer = await tracerTo({ otelSampler, otelSamplerArg });
    const isKept = (start: object) => {
      const span = tracer.startSpan('work', { kind: 'server', ...start });
      span.end();
      return span.context.traceparent.endsWith('-01');
    };
    expect({ root: isKept({}), unsampled: isKept({ parent: unsampled }) }).toEqual(expected);
  });

  it('that are not sampled keep the trace of the request', async () => {
    const tracer = await tracerTo();
    const span = tracer.startSpan('work', { kind: 'server', parent: unsampled });
    expect(span.context.traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`));
    span.end();
  });

  it('are dropped, with one line in the log, while the collector refuses them, and sent again once it does not', async () => {
    receiver.answer = 400;
    const tracer = await tracerTo();
    const isLogged = (text: string) => lines.filter((line) => line.includes(text)).length;
    for (let requests = 1; requests <= 3; requests += 1) {
      tracer.startSpan('lost', { kind: 'internal' }).end();
      await eventually(() => receiver.requests.length === requests, { what: 'a refused request' });
    }
    await eventually(() => isLogged('traces cannot be sent') === 1, { what: 'a line that says so' });
    receiver.answer = 200;
    tracer.startSpan('kept', { kind: 'internal' }).end();
    await received(1);
    await eventually(() => isLogged('traces are sent again') === 1, { what: 'a line that says so' });
    expect(isLogged('traces cannot be sent')).toBe(1);
    expect(receiver.spans.map(({ name }) => name)).toEqual(['kept']);
  });

  it('are dropped, with one line in the log, while a collector does not come to an end of its answer in time', async () => {
    receiver.answer = 'trickle';
    const tracer = await tracerTo({ otelTimeoutMs: 100, shutdownTimeoutMs: 400 });
    for (let requests = 1; requests <= 3; requests += 1) {
      tracer.startSpan('lost', { kind: 'internal' }).end();
      await eventually(() => receiver.requests.length === requests, { what: 'a request' });
    }
    const told = () => lines.filter((line) => line.includes('traces cannot be sent'));
    await eventually(() => told().length > 0, { what: 'a line that says so' });
    expect(told()).toEqual([expect.stringContaining('no answer within 100 ms')]);
  });

  it('that wait are bounded: past the queue they are dropped', async () => {
    receiver.answer = 'hang';
    const tracer = await tracerTo({ otelQueueSpansMax: 5, otelBatchSpansMax: 5, otelTimeoutMs: 300 });
    for (let span = 0; span < 5; span += 1) tracer.startSpan('first', { kind: 'internal' }).end();
    await eventually(() => receiver.requests.length === 1, { what: 'the first batch under way' });
    receiver.answer = 200;
    for (let span = 0; span < 50; span += 1) tracer.startSpan('more', { kind: 'internal' }).end();
    await eventually(() => receiver.named('more').length > 0, { what: 'the second batch' });
    expect(receiver.named('more')).toHaveLength(5);
  });

  it('that wait are sent at a stop', async () => {
    const tracer = await tracerTo({ otelDelayMs: 60_000 });
    tracer.startSpan('last', { kind: 'internal' }).end();
    await opened?.stop?.(new AbortController().signal);
    expect(receiver.named('last')).toHaveLength(1);
  });

  it('do not hold up a stop when the collector hangs', async () => {
    receiver.answer = 'hang';
    const tracer = await tracerTo({ otelDelayMs: 60_000, otelTimeoutMs: 500, shutdownTimeoutMs: 400 });
    tracer.startSpan('last', { kind: 'internal' }).end();
    const beganMs = performance.now();
    await opened?.stop?.(new AbortController().signal);
    expect(performance.now() - beganMs).toBeLessThan(400);
    expect(lines.join('')).toContain('the last traces were not sent');
  });
});
