import type { SpanContext } from './tracer.ts';

/** Puts the traces that are kept before those that are not, each in their order, so that a limit or a parent takes from those someone will see. */
export function sampledFirst<Context extends SpanContext>(contexts: readonly Context[]): Context[] {
  const sampled = contexts.filter(isSampled);
  return sampled.length === contexts.length
    ? sampled
    : [...sampled, ...contexts.filter((context) => !isSampled(context))];
}

/** W3C Trace Context, section 3.2.2.5: the lowest bit of the flags, which are the fourth part. */
function isSampled({ traceparent }: SpanContext): boolean {
  return Number.parseInt(traceparent.slice(53, 55), 16) % 2 === 1;
}
