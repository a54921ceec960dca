import type { Span, Tracer } from '@daybook/runtime';
import { describe, expect, it } from 'vitest';
import type { OutgoingRecord, Outcome, Publisher, Settle } from './publisher.ts';
import { tracedPublisher } from './traced-publisher.ts';

type Start = Parameters<Tracer['startSpan']>[1] & { readonly name: string };

const acknowledged: Outcome = { kind: 'acknowledged' };

/** Keeps what spans are started and ended with. */
function recordingTracer() {
  const started: Start[] = [];
  const ended: Parameters<Span['end']>[0][] = [];
  const tracer: Tracer = {
    startSpan(name, start) {
      started.push({ name, ...start });
      return { context: { traceparent: '' }, end: (end) => ended.push(end) };
    },
  };
  return { tracer, started, ended };
}

/** Gives its records to whoever settles them. */
class HeldPublisher implements Publisher {
  settle: (from: number, to: number, outcome: Outcome) => void = () => {};
  isStopped = false;

  async publish<Sent extends OutgoingRecord>(records: readonly Sent[], settle: Settle<Sent>): Promise<void> {
    this.settle = (from, to, outcome) => settle(records.slice(from, to), outcome);
  }

  async check(): Promise<undefined> {
    return undefined;
  }

  async stop(): Promise<void> {
    this.isStopped = true;
  }
}

function traceparentOf(request: number): string {
  return `00-4bf92f3577b34da6a3ce929d0e0e4736-${String(request).padStart(16, '0')}-01`;
}

function record(request: number | undefined, topic = 'default'): OutgoingRecord {
  const headers = request === undefined ? {} : { traceparent: traceparentOf(request) };
  return { topic, key: 'main', value: '{}', headers };
}

describe('a publisher whose batches are traced', () => {
  it('makes a span of a batch, linked to each request that wrote it, until the last record is settled', async () => {
    const { tracer, started, ended } = recordingTracer();
    const held = new HeldPublisher();
    const settled: string[] = [];
    const records = [
      record(1),
      { ...record(1), headers: { traceparent: traceparentOf(1), id: 'x' } },
      record(undefined),
    ];
    const withState = { ...record(2), headers: { traceparent: traceparentOf(2), tracestate: 'a=1' } };
    await tracedPublisher(held, tracer, 'kafka').publish([...records, withState], (of, outcome) =>
      settled.push(`${of.length} ${outcome.kind}`),
    );
    expect(started).toEqual([
      {
        name: 'send default',
        kind: 'producer',
        links: [{ traceparent: traceparentOf(1) }, { traceparent: traceparentOf(2), tracestate: 'a=1' }],
        attributes: {
          'messaging.system': 'kafka',
          'messaging.operation.name': 'send',
          'messaging.operation.type': 'send',
          'messaging.batch.message_count': 4,
          'messaging.destination.name': 'default',
          'daybook.topics': 1,
        },
      },
    ]);
    held.settle(0, 3, acknowledged);
    expect(ended).toEqual([]);
    held.settle(3, 4, acknowledged);
    expect(ended).toEqual([{ attributes: { 'daybook.records.refused': 0 }, error: undefined }]);
    expect(settled).toEqual(['3 acknowledged', '1 acknowledged']);
  });

  it('says how many were not acknowledged, and why', async () => {
    const { tracer, ended } = recordingTracer();
    const held = new HeldPublisher();
    await tracedPublisher(held, tracer, 'kafka').publish([record(1), record(2), record(3)], () => {});
    held.settle(0, 2, { kind: 'poison', error: new Error('too large') });
    held.settle(2, 3, acknowledged);
    expect(ended).toEqual([{ attributes: { 'daybook.records.refused': 2 }, error: 'poison' }]);
  });

  it('links 64 requests at most', async () => {
    const { tracer, started } = recordingTracer();
    const records = Array.from({ length: 500 }, (_, request) => record(request + 1));
    await tracedPublisher(new HeldPublisher(), tracer, 'kafka').publish(records, () => {});
    expect(started[0]?.links).toHaveLength(64);
    expect(started[0]?.attributes).toMatchObject({ 'messaging.batch.message_count': 500 });
  });

  it('links the requests whose traces are kept before others', async () => {
    const { tracer, started } = recordingTracer();
    const dropped = Array.from({ length: 100 }, (_, request) => ({
      ...record(request + 1),
      headers: { traceparent: traceparentOf(request + 1).replace(/01$/, '00') },
    }));
    await tracedPublisher(new HeldPublisher(), tracer, 'kafka').publish([...dropped, record(101)], () => {});
    expect(started[0]?.links).toHaveLength(64);
    expect(started[0]?.links?.[0]).toEqual({ traceparent: traceparentOf(101) });
  });

  it('names no topic where there are several', async () => {
    const { tracer, started } = recordingTracer();
    await tracedPublisher(new HeldPublisher(), tracer, 'kafka').publish([record(1, 'one'), record(1, 'two')], () => {});
    expect(started[0]).toMatchObject({ name: 'send', attributes: { 'daybook.topics': 2 } });
    expect(started[0]?.attributes).not.toHaveProperty('messaging.destination.name');
  });

  it('passes on all else, and an empty batch without a span', async () => {
    const { tracer, started } = recordingTracer();
    const held = new HeldPublisher();
    const publisher = tracedPublisher(held, tracer, 'http');
    await publisher.publish([], () => {});
    expect(started).toEqual([]);
    expect(await publisher.check()).toBeUndefined();
    await publisher.stop();
    expect(held.isStopped).toBe(true);
  });
});
