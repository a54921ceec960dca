import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type SpanContext as OtelSpanContext } from '@opentelemetry/api';
import {
  ExportResultCode,
  type ExportResult,
  parseKeyPairsIntoRecord,
  parseTraceParent,
  TraceState,
} from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type Sampler,
  type SpanExporter,
} from '@opentelemetry/sdk-trace';
import type { Logger } from './logger.ts';
import type { Span, SpanContext, SpanEnd, Tracer } from './tracer.ts';
import type { Tracing } from './tracing.ts';
import type { TracingValues } from './tracing-settings.ts';

/** A batch may stand for hundreds of requests. */
const linksMax = 64;

/** At a stop, spans that wait have this long, and at most a quarter of the stop: a collector that hangs must not make it late. */
const flushMsMax = 2_000;

const kinds = {
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  internal: SpanKind.INTERNAL,
} as const;

interface TracingOptions {
  readonly values: TracingValues;
  readonly version: string;
  /** Where spans are posted. */
  readonly url: string;
  readonly logger: Logger;
}

/**
 * Makes spans by OpenTelemetry's SDK and posts them in the background. Nothing here is global, and nothing is instrumented but what asks for a
 * span. Spans that cannot be sent wait in a bounded queue, then are dropped, and the log says so once.
 */
export function startTracing(options: TracingOptions): Tracing {
  const { values, version, logger } = options;
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      ...parseKeyPairsIntoRecord(values.otelResourceAttributes),
      'service.name': values.otelServiceName,
      'service.version': version,
    }),
    sampler: samplerOf(values),
    spanLimits: { linkCountLimit: linksMax },
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: createExporter(options),
        maxQueueSize: values.otelQueueSpansMax,
        maxExportBatchSize: Math.min(values.otelBatchSpansMax, values.otelQueueSpansMax),
        scheduledDelayMillis: values.otelDelayMs,
        // The exporter below gives up by itself: until then the next batch waits.
        exportTimeoutMillis: timeoutMsOf(values) + 1_000,
      }),
    ],
  });
  const tracer = provider.getTracer('daybook', version);
  return {
    name: 'tracing',
    tracer: { startSpan: (name, start) => startSpan(tracer, name, start) },
    start: () => logger.info({ endpoint: shownUrl(options.url), sampler: values.otelSampler }, 'traces are sent'),
    async stop(deadline) {
      const flushMs = Math.min(flushMsMax, values.shutdownTimeoutMs / 4);
      await within(provider.shutdown(), { ms: flushMs, signal: deadline }).catch((error: unknown) =>
        logger.warn({ err: error }, 'the last traces were not sent'),
      );
    },
  };
}

function createExporter({ values, url, logger }: TracingOptions): SpanExporter {
  const timeoutMs = timeoutMsOf(values);
  const exporter = new OTLPTraceExporter({
    url,
    headers: {
      ...parseKeyPairsIntoRecord(values.otelHeaders),
      ...parseKeyPairsIntoRecord(values.otelTracesHeaders),
    },
    timeoutMillis: timeoutMs,
  });
  let isFailing = false;
  const tell = ({ code, error }: ExportResult) => {
    const failed = code !== ExportResultCode.SUCCESS;
    if (failed && !isFailing) {
      logger.warn({ err: error, endpoint: shownUrl(url) }, 'traces cannot be sent, they are dropped meanwhile');
    }
    if (!failed && isFailing) logger.info('traces are sent again');
    isFailing = failed;
  };
  return {
    export(spans, done) {
      let isOver = false;
      const finish = (result: ExportResult) => {
        if (isOver) return;
        isOver = true;
        clearTimeout(timer);
        tell(result);
        // It was told here; the SDK would tell it once more for each batch.
        done({ code: ExportResultCode.SUCCESS });
      };
      // The exporter's own timeout is one of silence once there is a connection: it does not end the wait for one.
      const timer = setTimeout(() => {
        finish({ code: ExportResultCode.FAILED, error: new Error(`no answer within ${timeoutMs} ms`) });
      }, timeoutMs).unref();
      exporter.export(spans, finish);
    },
    forceFlush: async () => await exporter.forceFlush(),
    shutdown: async () => await exporter.shutdown(),
  };
}

function timeoutMsOf({ otelTracesTimeoutMs, otelTimeoutMs }: TracingValues): number {
  return otelTracesTimeoutMs ?? otelTimeoutMs;
}

function startSpan(
  tracer: ReturnType<TracerProvider['getTracer']>,
  name: string,
  { kind, parent, links = [], attributes = {}, startedMs }: Parameters<Tracer['startSpan']>[1],
): Span {
  const remote = parent === undefined ? undefined : contextOf(parent);
  const span = tracer.startSpan(
    name,
    {
      kind: kinds[kind],
      attributes,
      // The SDK would keep the last ones and drop those in front of them one by one.
      links: links.slice(0, linksMax).flatMap((link) => {
        const context = contextOf(link);
        return context === undefined ? [] : [{ context }];
      }),
      ...(startedMs !== undefined && { startTime: startedMs }),
    },
    remote === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, remote),
  );
  return {
    context: headersOf(span.spanContext()),
    end({ name: finalName, attributes: further, error }: SpanEnd = {}) {
      // A span that is not kept takes all of this without doing anything.
      if (finalName !== undefined) span.updateName(finalName);
      if (further !== undefined) span.setAttributes(further);
      if (error !== undefined) {
        span.setAttribute('error.type', error);
        span.setStatus({ code: SpanStatusCode.ERROR });
      }
      // By the clock that counts on; the SDK would take whole milliseconds where a start was given.
      span.end(performance.now());
    },
  };
}

function contextOf({ traceparent, tracestate }: SpanContext): OtelSpanContext | undefined {
  const parsed = parseTraceParent(traceparent);
  if (parsed === null) return undefined;
  return {
    ...parsed,
    isRemote: true,
    ...(tracestate !== undefined && { traceState: new TraceState(tracestate) }),
  };
}

function headersOf({ traceId, spanId, traceFlags, traceState }: OtelSpanContext): SpanContext {
  const traceparent = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
  const tracestate = traceState?.serialize();
  return tracestate === undefined || tracestate === '' ? { traceparent } : { traceparent, tracestate };
}

function samplerOf({ otelSampler, otelSamplerArg }: TracingValues): Sampler {
  switch (otelSampler) {
    case 'always_on':
      return new AlwaysOnSampler();
    case 'always_off':
      return new AlwaysOffSampler();
    case 'traceidratio':
      return new TraceIdRatioBasedSampler(Number(otelSamplerArg));
    case 'parentbased_always_on':
      return new ParentBasedSampler({ root: new AlwaysOnSampler() });
    case 'parentbased_always_off':
      return new ParentBasedSampler({ root: new AlwaysOffSampler() });
    case 'parentbased_traceidratio':
      return new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(Number(otelSamplerArg)) });
  }
}

/** Without what may be a secret in it. */
function shownUrl(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}

async function within(
  work: Promise<unknown>,
  { ms, signal }: { readonly ms: number; readonly signal: AbortSignal },
): Promise<void> {
  const over = Promise.withResolvers<never>();
  const giveUp = () => over.reject(new Error(`given up after ${ms} ms`));
  const timer = setTimeout(giveUp, ms);
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    await Promise.race([work, over.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', giveUp);
  }
}
