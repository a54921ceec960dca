import type { Component } from './lifecycle.ts';
import type { Logger } from './logger.ts';
import type { Tracer } from './tracer.ts';
import type { TracingValues } from './tracing-settings.ts';

/** A tracer, and as a component what sends its spans: to be started first, so that it is stopped last. */
export interface Tracing extends Component {
  readonly tracer: Tracer;
}

/**
 * Sets up traces where the settings ask for them; undefined where they do not. OpenTelemetry's packages are loaded only then: some 100 ms and
 * 10 MB that nobody else pays.
 */
export async function openTracing(
  values: TracingValues,
  options: { readonly version: string; readonly logger: Logger },
): Promise<Tracing | undefined> {
  if (values.otelSdkDisabled || values.otelTracesExporter === 'none') return undefined;
  const url = tracesUrlOf(values);
  if (url === undefined) return undefined;
  const { startTracing } = await import('./otel-tracing.ts');
  return startTracing({ ...options, values, url });
}

/** As the specification of the OTLP exporter says: the traces' own URL is taken as it is, the general one is the root of all signals. */
function tracesUrlOf({ otelTracesExporter, otelEndpoint, otelTracesEndpoint }: TracingValues): string | undefined {
  if (otelTracesEndpoint !== undefined) return otelTracesEndpoint;
  const root = otelEndpoint ?? (otelTracesExporter === 'otlp' ? 'http://localhost:4318' : undefined);
  if (root === undefined) return undefined;
  const url = new URL(root);
  url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/traces`;
  return url.href;
}
