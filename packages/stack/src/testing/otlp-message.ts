/** A span as a collector gets it. */
export interface ReceivedSpan {
  readonly service: string;
  readonly name: string;
  readonly kind: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for a root. */
  readonly parentSpanId: string;
  readonly tracestate: string;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly droppedLinks: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly isError: boolean;
  readonly durationMs: number;
}

/** The fields of a protobuf message by number: each an integer, or bytes that may be a text or another message. */
type Fields = ReadonlyMap<number, readonly (bigint | Buffer)[]>;

const kinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];

/**
 * Reads an ExportTraceServiceRequest. The numbers of the fields are those of OpenTelemetry's protocol
 * (opentelemetry/proto/trace/v1/trace.proto, common/v1/common.proto).
 */
export function readExport(message: Buffer): readonly ReceivedSpan[] {
  return messagesIn(fieldsOf(message), 1).flatMap((resourceSpans) => {
    const [resource] = messagesIn(resourceSpans, 1);
    const service = String(resource === undefined ? '' : (attributesOf(resource, 1)['service.name'] ?? ''));
    return messagesIn(resourceSpans, 2).flatMap((scopeSpans) =>
      messagesIn(scopeSpans, 2).map((span) => spanOf(span, service)),
    );
  });
}

function spanOf(span: Fields, service: string): ReceivedSpan {
  const [status] = messagesIn(span, 15);
  return {
    service,
    name: textIn(span, 5),
    kind: kinds[Number(integerIn(span, 6))] ?? '',
    traceId: bytesIn(span, 1).toString('hex'),
    spanId: bytesIn(span, 2).toString('hex'),
    parentSpanId: bytesIn(span, 4).toString('hex'),
    tracestate: textIn(span, 3),
    links: messagesIn(span, 13).map((link) => ({
      traceId: bytesIn(link, 1).toString('hex'),
      spanId: bytesIn(link, 2).toString('hex'),
    })),
    droppedLinks: Number(integerIn(span, 14)),
    attributes: attributesOf(span, 9),
    isError: status !== undefined && integerIn(status, 3) === 2n,
    durationMs: Number(integerIn(span, 8) - integerIn(span, 7)) / 1_000_000,
  };
}

function attributesOf(message: Fields, field: number): ReceivedSpan['attributes'] {
  return Object.fromEntries(
    messagesIn(message, field).map((pair) => {
      const [value = new Map()] = messagesIn(pair, 2);
      return [textIn(pair, 1), valueOf(value)];
    }),
  );
}

function valueOf(value: Fields): string | number | boolean {
  if (value.has(2)) return integerIn(value, 2) === 1n;
  if (value.has(3)) return Number(BigInt.asIntN(64, integerIn(value, 3)));
  const [double] = value.get(4) ?? [];
  if (typeof double === 'bigint') return new Float64Array(new BigUint64Array([double]).buffer)[0] ?? 0;
  return textIn(value, 1);
}

function messagesIn(message: Fields, field: number): readonly Fields[] {
  return (message.get(field) ?? []).flatMap((value) => (typeof value === 'bigint' ? [] : [fieldsOf(value)]));
}

function bytesIn(message: Fields, field: number): Buffer {
  const value = message.get(field)?.at(-1);
  return value === undefined || typeof value === 'bigint' ? Buffer.alloc(0) : value;
}

function textIn(message: Fields, field: number): string {
  return bytesIn(message, field).toString('utf8');
}

function integerIn(message: Fields, field: number): bigint {
  const value = message.get(field)?.at(-1);
  return typeof value === 'bigint' ? value : 0n;
}

function fieldsOf(message: Buffer): Fields {
  const fields = new Map<number, (bigint | Buffer)[]>();
  let at = 0;
  const readVarint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = BigInt(message.readUInt8(at));
      at += 1;
      value |= (byte & 0x7fn) << shift;
      if (byte < 0x80n) return value;
    }
  };
  const readValue = (wireType: bigint): bigint | Buffer => {
    switch (wireType) {
      case 0n:
        return readVarint();
      case 1n:
        at += 8;
        return message.readBigUInt64LE(at - 8);
      case 2n: {
        const length = Number(readVarint());
        at += length;
        return message.subarray(at - length, at);
      }
      case 5n:
        at += 4;
        return BigInt(message.readUInt32LE(at - 4));
      default:
        throw new Error(`no protobuf: wire type ${wireType}`);
    }
  };
  while (at < message.length) {
    const tag = readVarint();
    const field = Number(tag >> 3n);
    const values = fields.get(field) ?? [];
    values.push(readValue(tag & 7n));
    fields.set(field, values);
  }
  return fields;
}
