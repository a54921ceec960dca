import type { RefusalCode } from '../../command/refusal.ts';
import { statusOfRefusal } from '../problem-response.ts';
import { requestIdPattern } from '../request-context.ts';
import { ref } from './answer-schemas.ts';
import type { HeaderObject, Reference, ResponseObject } from './openapi-objects.ts';
import type { Answer, Method, Operation, PathDescription } from './operation.ts';

const requestId = { 'X-Request-Id': { $ref: '#/components/headers/RequestId' } };

/** Headers of all answers to what could be parsed as HTTP, by name. */
export const sharedHeaders: Readonly<Record<string, HeaderObject>> = {
  RequestId: {
    description: 'That of the request, or a UUID.',
    schema: { type: 'string', pattern: requestIdPattern.source },
  },
};

type Responses = Readonly<Record<string, ResponseObject | Reference>>;
type Code = RefusalCode | 'STORE' | 'INTERNAL';

/** Answers of many operations, by name. */
export const sharedResponses = {
  Invalid: refusal(['VALIDATION']),
  Unauthenticated: {
    description: 'The request shows nothing that counts, and authentication is on.',
    headers: { ...requestId, 'WWW-Authenticate': { required: true, schema: { type: 'string' } } },
  },
  Denied: { description: 'Who calls is not known, or may not do this.', headers: requestId },
  DeniedOrForeign: {
    description:
      'Who calls is not known, or may not do this; then without a body. Or a page of an origin that `CORS_ALLOWED_ORIGINS` does not name asks for it.',
    headers: requestId,
    ...errorContent(['VALIDATION']),
  },
  TooLarge: {
    description: 'The body is larger than `BODY_BYTES_MAX`.',
    headers: requestId,
    ...errorContent(['VALIDATION']),
  },
  Compressed: { description: 'The body is compressed.', headers: requestId, ...errorContent(['VALIDATION']) },
  Defect: { description: 'A defect, which the log tells.', headers: requestId, ...errorContent(['INTERNAL']) },
  Unavailable: {
    description: 'Not now; the message says whether a write happened.',
    headers: {
      ...requestId,
      'Retry-After': { required: true, description: 'In seconds.', schema: { type: 'integer', minimum: 1 } },
    },
    ...errorContent(['STORE']),
  },
  TooLate: { description: 'The request took too long to arrive.', ...errorContent(['VALIDATION']) },
  HeadersTooLarge: {
    description: 'URL and headers are larger than `HTTP_HEADER_BYTES_MAX`.',
    ...errorContent(['VALIDATION']),
  },
} as const satisfies Readonly<Record<string, ResponseObject>>;

/** Every answer of an operation by its status: its own, and those that follow from the kind of its route. */
export function responsesOf(method: Method, operation: Operation, { access }: PathDescription): Responses {
  const isWrite = method === 'post' || method === 'put';
  const isOfLedger = access !== undefined;
  const common: Readonly<Record<number, keyof typeof sharedResponses>> = {
    ...(isOfLedger && { 400: 'Invalid', 401: 'Unauthenticated', 403: isWrite ? 'DeniedOrForeign' : 'Denied' }),
    ...(isWrite && { 413: 'TooLarge', 415: 'Compressed' }),
    ...((isOfLedger || operation.asksDatabase === true) && { 500: 'Defect', 503: 'Unavailable' }),
    408: 'TooLate',
    431: 'HeadersTooLarge',
  };
  const answers = Object.entries(operation.answers).map(([status, answer]) => [status, responseOf(answer, isWrite)]);
  return {
    ...Object.fromEntries(Object.entries(common).map(([status, name]) => [status, sharedResponse(name, method)])),
    ...refusalsOf(operation),
    ...Object.fromEntries(answers),
  };
}

/** What is answered to HEAD has no body. */
function sharedResponse(name: keyof typeof sharedResponses, method: Method): ResponseObject | Reference {
  if (method !== 'head') return { $ref: `#/components/responses/${name}` };
  const { content: _, ...response }: ResponseObject = sharedResponses[name];
  return response;
}

function responseOf({ description, content, count }: Answer, isWrite: boolean): ResponseObject {
  const headers: NonNullable<ResponseObject['headers']> = {
    ...requestId,
    ...(count && { Count: { required: true, schema: { type: 'integer', minimum: 0 } } }),
    ...(isWrite && {
      'Idempotency-Hit': { description: 'The answer is the first one to this key.', schema: { const: 'true' } },
    }),
  };
  return {
    description,
    headers,
    ...(content !== undefined && { content: { [content.type]: { schema: content.schema } } }),
  };
}

/** What the rules refuse, with the status of the same map that answers. */
function refusalsOf({ refusals = [] }: Operation): Responses {
  if (refusals.length === 0) return {};
  const byStatus = Map.groupBy<number, RefusalCode>(['VALIDATION', ...refusals], (code) => statusOfRefusal[code]);
  return Object.fromEntries([...byStatus].map(([status, codes]) => [status, refusal(codes)]));
}

function refusal(codes: readonly Code[]): ResponseObject {
  return { description: 'Refused; the message says why.', headers: requestId, ...errorContent(codes) };
}

function errorContent(codes: readonly Code[]): Pick<ResponseObject, 'content'> {
  const schema = { allOf: [ref('Error'), { properties: { errorCode: { enum: codes } } }] };
  return { content: { 'application/json': { schema } } };
}
