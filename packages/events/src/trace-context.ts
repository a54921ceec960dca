/** Which trace a request is part of, as the two headers of W3C Trace Context say it. Stored as it is, as JSON, beside the event. */
export interface TraceContext {
  /** In version 00: `00-<32 hex digits>-<16 hex digits>-<2 hex digits>`. */
  readonly traceparent: string;
  /** What tracing systems add for themselves. */
  readonly tracestate?: string;
}

/** The least that the specification asks to be passed on (3.3.1.5); an event's record must not grow with what strangers send. */
const stateLengthMax = 512;
const stateMembersMax = 32;
/** Members above it are the first to go when a state is too long. */
const largeMemberLength = 128;

const versioned =
  /^(?<version>[\da-f]{2})-(?<trace>[\da-f]{32})-(?<parent>[\da-f]{16})-(?<flags>[\da-f]{2})(?<rest>-.*)?$/;
const key = String.raw`[a-z][\da-z_*/-]{0,255}|[\da-z][\da-z_*/-]{0,240}@[a-z][\da-z_*/-]{0,13}`;
const member = new RegExp(
  String.raw`^(?<key>${key})=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$`,
);

/**
 * Reads the headers of a request by the W3C's Trace Context, level 1 (https://www.w3.org/TR/trace-context/). Undefined where `traceparent`
 * is missing or malformed: then the request counts as one without a trace. A later version is read as far as this one goes, and becomes one
 * of 00. A `tracestate` that cannot be read, or has no valid `traceparent`, is left out; of one that is too long as many members stay as fit.
 */
export function readTraceContext(traceparent: string | undefined, tracestate?: string): TraceContext | undefined {
  if (traceparent === undefined) return undefined;
  const parsed = readParent(traceparent);
  if (parsed === undefined) return undefined;
  const state = tracestate === undefined ? undefined : readState(tracestate);
  return state === undefined ? { traceparent: parsed } : { traceparent: parsed, tracestate: state };
}

function readParent(text: string): string | undefined {
  const { version, trace = '', parent = '', flags = '', rest } = versioned.exec(text)?.groups ?? {};
  if (version === undefined || version === 'ff') return undefined;
  if (/^0+$/.test(trace) || /^0+$/.test(parent)) return undefined;
  if (version === '00') return rest === undefined ? text : undefined;
  // Of what a later version says only the sampled bit is known.
  return `00-${trace}-${parent}-0${Number.parseInt(flags, 16) & 1}`;
}

function readState(text: string): string | undefined {
  const members = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const keys = members.map((part) => member.exec(part)?.groups?.['key']);
  if (members.length > stateMembersMax || keys.includes(undefined) || new Set(keys).size < keys.length)
    return undefined;
  const kept =
    lengthOf(members) <= stateLengthMax ? members : members.filter((part) => part.length <= largeMemberLength);
  while (lengthOf(kept) > stateLengthMax) kept.pop();
  return kept.length === 0 ? undefined : kept.join(',');
}

function lengthOf(members: readonly string[]): number {
  return members.reduce((sum, part) => sum + part.length + 1, -1);
}
