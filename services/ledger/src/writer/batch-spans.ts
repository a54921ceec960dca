import { sampledFirst, type Tracer } from '@daybook/runtime';
import type { BatchEnd, BatchFail, WriterObserver } from './writer-observer.ts';

/**
 * Gives the observer that makes a span of each batch whose requests are part of traces: a child of the first that is sampled, without which
 * nobody would see it, with links to all others.
 */
export function batchSpans(tracer: Tracer): Required<Pick<WriterObserver, 'batchEnded' | 'batchFailed'>> {
  const start = ({ lanes, commands, traces, startedMs }: BatchEnd | BatchFail) => {
    const [parent, ...links] = sampledFirst(traces);
    if (parent === undefined) return undefined;
    const attributes = { 'daybook.lanes': lanes.length, 'daybook.batch.commands': commands };
    return tracer.startSpan('batch', { kind: 'internal', parent, links, attributes, startedMs });
  };
  return {
    batchEnded(report) {
      const { roundTrips, committed, phases } = report;
      start(report)?.end({
        attributes: {
          'daybook.batch.round_trips': roundTrips,
          'daybook.batch.committed': committed,
          'daybook.batch.load_ms': phases.loadMs,
          'daybook.batch.decide_ms': phases.decideMs,
          'daybook.batch.commit_ms': phases.commitMs,
        },
      });
    },
    batchFailed(report) {
      start(report)?.end({ attributes: { 'daybook.batch.next': report.next }, error: report.failure });
    },
  };
}
