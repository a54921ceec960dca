import { sampledFirst, type Span, type Tracer } from '@daybook/runtime';
import type { Failure, OutgoingRecord, Publisher } from './publisher.ts';

/** A batch may hold thousands of records; the tracer keeps fewer links than that. */
const linksMax = 64;

/**
 * Makes a span of each batch that a publisher sends, from then until the last of its records is settled, with links to the requests that
 * wrote them. The records themselves still name those requests.
 *
 * @param system in OpenTelemetry's words for messaging
 */
export function tracedPublisher(publisher: Publisher, tracer: Tracer, system: 'kafka' | 'http'): Publisher {
  return {
    async publish(records, settle) {
      if (records.length === 0) {
        await publisher.publish(records, settle);
        return;
      }
      const span = startSpan(tracer, records, system);
      let open = records.length;
      let refused = 0;
      let failure: Failure['kind'] | undefined;
      await publisher.publish(records, (settled, outcome) => {
        if (outcome.kind !== 'acknowledged') {
          refused += settled.length;
          failure = outcome.kind;
        }
        open -= settled.length;
        if (open === 0) span.end({ attributes: { 'daybook.records.refused': refused }, error: failure });
        settle(settled, outcome);
      });
    },
    check: async () => await publisher.check(),
    stop: async () => await publisher.stop(),
  };
}

function startSpan(tracer: Tracer, records: readonly OutgoingRecord[], system: string): Span {
  const topics = new Set(records.map(({ topic }) => topic));
  const [topic = ''] = topics;
  return tracer.startSpan(topics.size === 1 && system === 'kafka' ? `send ${topic}` : 'send', {
    kind: 'producer',
    links: linksOf(records),
    attributes: {
      'messaging.system': system,
      'messaging.operation.name': 'send',
      'messaging.operation.type': 'send',
      'messaging.batch.message_count': records.length,
      'daybook.topics': topics.size,
      ...(topics.size === 1 && { 'messaging.destination.name': topic }),
    },
  });
}

/** The first requests, each once, since its events are often several; those whose traces are kept before others. */
function linksOf(records: readonly OutgoingRecord[]) {
  const links = new Map<string, { readonly traceparent: string; readonly tracestate?: string }>();
  for (const { headers } of records) {
    const { traceparent, tracestate } = headers;
    if (traceparent === undefined || links.has(traceparent)) continue;
    links.set(traceparent, tracestate === undefined ? { traceparent } : { traceparent, tracestate });
  }
  return sampledFirst([...links.values()]).slice(0, linksMax);
}
