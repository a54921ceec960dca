/** Where a trace goes on from, as the headers of W3C Trace Context say it. */
export interface SpanContext {
  readonly traceparent: string;
  readonly tracestate?: string;
}

type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

interface SpanStart {
  readonly kind: 'server' | 'producer' | 'internal';
  /** Without one, the span begins a trace of its own. */
  readonly parent?: SpanContext | undefined;
  /** Spans that it belongs to beside its parent; those past the tracer's limit are left out. */
  readonly links?: readonly SpanContext[];
  readonly attributes?: SpanAttributes;
  /** By `performance.now()`; now, unless given. */
  readonly startedMs?: number;
}

export interface SpanEnd {
  /** In place of the one that it was started with. */
  readonly name?: string;
  readonly attributes?: SpanAttributes;
  /** Makes it a failed one; a word or a number of a small set. */
  readonly error?: string | undefined;
}

/** Something that takes time, until it ends. Ended once. */
export interface Span {
  /** For what is done because of it. */
  readonly context: SpanContext;
  end(end?: SpanEnd): void;
}

/** Makes spans. Costs microseconds, and never throws or waits. */
export interface Tracer {
  startSpan(name: string, start: SpanStart): Span;
}
