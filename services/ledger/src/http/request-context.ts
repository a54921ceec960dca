import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { TraceContext } from '@daybook/events';
import type { RefusalCode } from '../command/refusal.ts';
import type { Problem } from './problem.ts';

/** What is known of a request beside what it asks for: gathered on its way, told once it is over. */
export interface RequestContext {
  /** In the answer's `x-request-id` and in each log line that concerns the request. */
  readonly id: string;
  /** What its events are to pass on. */
  readonly trace: TraceContext | undefined;
  /** Why it did not get what it asked for, if so: the rules turned it down, or the service could not serve it. */
  failure: RequestFailure | undefined;
}

type RequestFailure =
  | { readonly refusal: RefusalCode }
  | { readonly unavailable: Extract<Problem, { readonly kind: 'unavailable' }>['reason'] };

/** Characters that need no escaping in a log, a URL or a shell. */
export const requestIdPattern = /^[\w.:/+=@-]{1,128}$/;

const contexts = new WeakMap<IncomingMessage, RequestContext>();

/** Takes the `X-Request-Id` of a request that has a sane one, and makes one for any other. */
export function readRequestId(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && requestIdPattern.test(given) ? given : randomUUID();
}

/** Keeps the context of a request for whoever handles it. */
export function rememberContext(request: IncomingMessage, context: RequestContext): void {
  contexts.set(request, context);
}

/** Undefined for a request that nobody observes. */
export function contextOf(request: IncomingMessage): RequestContext | undefined {
  return contexts.get(request);
}

/** Notes on a request why it failed. */
export function noteFailure(request: IncomingMessage, failure: RequestFailure): void {
  const context = contexts.get(request);
  if (context !== undefined) context.failure = failure;
}

/** A path and query have up to 16 kB, or what HTTP_HEADER_BYTES_MAX says. */
const loggedUrlLengthMax = 1_000;

export function loggedUrl(url: string): string {
  return url.slice(0, loggedUrlLengthMax);
}
