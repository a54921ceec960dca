import type { Tracer } from '@daybook/runtime';
import { expect, test } from 'vitest';
import { batchSpans } from './batch-spans.ts';

type Start = Parameters<Tracer['startSpan']>[1];

function trace(request: number, flags: string) {
  return { traceparent: `00-4bf92f3577b34da6a3ce929d0e0e4736-${String(request).padStart(16, '0')}-${flags}` };
}

/** The span of a batch that failed whose requests were part of these traces. */
function spanOf(traces: readonly ReturnType<typeof trace>[]): Start | undefined {
  const started: Start[] = [];
  const tracer: Tracer = {
    startSpan(_name, start) {
      started.push(start);
      return { context: { traceparent: '' }, end: () => {} };
    },
  };
  const failed = { lanes: [3], commands: traces.length, traces, startedMs: 0, error: new Error('refused') };
  batchSpans(tracer).batchFailed({ ...failed, failure: 'busy', next: 'again' });
  return started[0];
}

test('the span of a batch is part of the first trace that is kept, with links to the other kept ones before the rest', () => {
  expect(spanOf([trace(1, '00'), trace(2, '01'), trace(3, '02'), trace(4, '03')])).toMatchObject({
    parent: trace(2, '01'),
    links: [trace(4, '03'), trace(1, '00'), trace(3, '02')],
  });
});

test('the span of a batch is part of the first trace where none is kept', () => {
  expect(spanOf([trace(1, '00'), trace(2, '00')])).toMatchObject({ parent: trace(1, '00'), links: [trace(2, '00')] });
});

test('a batch without traces has no span', () => {
  expect(spanOf([])).toBeUndefined();
});
