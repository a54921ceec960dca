/** By OpenTelemetry's specification of environment variables, as far as they concern traces; what is not a setting here, see docs/OPERATIONS.md. */
export function tracingSettings<const Name extends string>(serviceName: Name) {
  return {
    otelSdkDisabled: {
      env: 'OTEL_SDK_DISABLED',
      format: 'boolean',
      default: false,
      doc: 'Makes no traces, whatever the other OTEL variables say.',
    },
    otelTracesExporter: {
      env: 'OTEL_TRACES_EXPORTER',
      format: 'choice',
      choices: ['otlp', 'none'],
      doc: 'otlp sends traces, none makes none. Not given, they are sent where an endpoint is given.',
    },
    otelEndpoint: {
      env: 'OTEL_EXPORTER_OTLP_ENDPOINT',
      format: 'url',
      protocols: ['http', 'https'],
      doc: 'Where an OpenTelemetry collector takes OTLP over HTTP; v1/traces is added to its path. http://localhost:4318 where OTEL_TRACES_EXPORTER is otlp and no endpoint is given.',
    },
    otelTracesEndpoint: {
      env: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
      format: 'url',
      protocols: ['http', 'https'],
      doc: 'The same for traces alone, with its whole path.',
    },
    otelProtocol: {
      env: 'OTEL_EXPORTER_OTLP_PROTOCOL',
      format: 'choice',
      choices: ['http/protobuf'],
      default: 'http/protobuf',
      doc: 'How it is spoken to.',
    },
    otelTracesProtocol: {
      env: 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL',
      format: 'choice',
      choices: ['http/protobuf'],
      doc: 'The same for traces alone.',
    },
    otelHeaders: {
      env: 'OTEL_EXPORTER_OTLP_HEADERS',
      format: 'text',
      secret: true,
      pattern: keyPairs,
      expected: expectedKeyPairs,
      doc: 'Headers of its requests, such as a key: NAME=VALUE,NAME=VALUE.',
    },
    otelTracesHeaders: {
      env: 'OTEL_EXPORTER_OTLP_TRACES_HEADERS',
      format: 'text',
      secret: true,
      pattern: keyPairs,
      expected: expectedKeyPairs,
      doc: 'Further ones for traces alone.',
    },
    otelTimeoutMs: {
      env: 'OTEL_EXPORTER_OTLP_TIMEOUT',
      format: 'integer',
      default: 10_000,
      min: 100,
      max: 600_000,
      unit: 'ms',
      doc: 'How long one sending may take, attempts after the first included.',
    },
    otelTracesTimeoutMs: {
      env: 'OTEL_EXPORTER_OTLP_TRACES_TIMEOUT',
      format: 'integer',
      min: 100,
      max: 600_000,
      unit: 'ms',
      doc: 'The same for traces alone.',
    },
    otelServiceName: {
      env: 'OTEL_SERVICE_NAME',
      format: 'text',
      default: serviceName,
      doc: 'What traces call this service.',
    },
    otelResourceAttributes: {
      env: 'OTEL_RESOURCE_ATTRIBUTES',
      format: 'text',
      pattern: keyPairs,
      expected: expectedKeyPairs,
      doc: 'What else they say of it: NAME=VALUE,NAME=VALUE.',
    },
    otelSampler: {
      env: 'OTEL_TRACES_SAMPLER',
      format: 'choice',
      choices: [
        'always_on',
        'always_off',
        'traceidratio',
        'parentbased_always_on',
        'parentbased_always_off',
        'parentbased_traceidratio',
      ],
      default: 'parentbased_always_on',
      doc: 'Which requests are traced; parentbased heeds what a traceparent of the request says.',
    },
    otelSamplerArg: {
      env: 'OTEL_TRACES_SAMPLER_ARG',
      format: 'text',
      pattern: /^(?:0|1|0?\.\d{1,15}|1\.0{1,15})$/,
      expected: 'a number from 0 to 1',
      default: '1',
      doc: 'The share of traces that traceidratio keeps.',
    },
    otelQueueSpansMax: {
      env: 'OTEL_BSP_MAX_QUEUE_SIZE',
      format: 'integer',
      default: 2_048,
      min: 1,
      max: 1_000_000,
      unit: 'spans',
      doc: 'The most spans that wait to be sent; more are dropped.',
    },
    otelBatchSpansMax: {
      env: 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE',
      format: 'integer',
      default: 512,
      min: 1,
      max: 1_000_000,
      unit: 'spans',
      doc: 'The most spans that are sent at once.',
    },
    otelDelayMs: {
      env: 'OTEL_BSP_SCHEDULE_DELAY',
      format: 'integer',
      default: 5_000,
      min: 10,
      max: 600_000,
      unit: 'ms',
      doc: 'How long a span waits for others before it is sent.',
    },
    otelTraces: {
      env: 'OTEL_TRACES',
      unsupported: 'is not needed here: give OTEL_EXPORTER_OTLP_ENDPOINT, or OTEL_TRACES_EXPORTER=otlp',
    },
    otelTracesExporterOtlp: {
      env: 'OTEL_TRACES_EXPORTER_OTLP_*',
      unsupported: 'is called OTEL_EXPORTER_OTLP_ENDPOINT here, and takes a URL of OTLP over HTTP',
    },
    otelTracesExporterJaeger: {
      env: 'OTEL_TRACES_EXPORTER_JAEGER_*',
      unsupported: 'is not supported: Jaeger takes OTLP, see OTEL_EXPORTER_OTLP_ENDPOINT',
    },
  } as const;
}

const keyPairs = /^[^=,]+=[^,]*(?:,[^=,]+=[^,]*)*$/;
const expectedKeyPairs = 'NAME=VALUE,NAME=VALUE with values percent-encoded';

/** The values of these settings, as far as tracing needs them. */
export interface TracingValues {
  readonly otelSdkDisabled: boolean;
  readonly otelTracesExporter: 'otlp' | 'none' | undefined;
  readonly otelEndpoint: string | undefined;
  readonly otelTracesEndpoint: string | undefined;
  readonly otelHeaders: string | undefined;
  readonly otelTracesHeaders: string | undefined;
  readonly otelTimeoutMs: number;
  readonly otelTracesTimeoutMs: number | undefined;
  readonly otelServiceName: string;
  readonly otelResourceAttributes: string | undefined;
  readonly otelSampler:
    | 'always_on'
    | 'always_off'
    | 'traceidratio'
    | 'parentbased_always_on'
    | 'parentbased_always_off'
    | 'parentbased_traceidratio';
  readonly otelSamplerArg: string;
  readonly otelQueueSpansMax: number;
  readonly otelBatchSpansMax: number;
  readonly otelDelayMs: number;
  readonly shutdownTimeoutMs: number;
}
