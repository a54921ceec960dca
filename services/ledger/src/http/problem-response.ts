import type { ServerResponse } from 'node:http';
import type { RefusalCode } from '../command/refusal.ts';
import { noteFailure } from './request-context.ts';
import { sendJson } from './send-json.ts';
import type { Problem } from './problem.ts';

export const statusOfRefusal: Readonly<Record<RefusalCode, number>> = {
  VALIDATION: 400,
  INSUFFICIENT_FUND: 400,
  NOT_FOUND: 404,
  CONFLICT: 409,
  COMPILATION_FAILED: 400,
  METADATA_OVERRIDE: 400,
  NO_SCRIPT: 400,
};

interface ProblemResponse {
  readonly status: number;
  /** One of v1's: its clients switch over them, so the transport's own rules count as VALIDATION. */
  readonly code: RefusalCode | 'STORE' | 'INTERNAL';
  readonly message: string;
  readonly details?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The only map from what went wrong to status, code and headers (v1.12, and docs/API.md where we differ). */
function responseOf(problem: Problem): ProblemResponse {
  switch (problem.kind) {
    case 'refused':
      return {
        status: statusOfRefusal[problem.code],
        code: problem.code,
        message: problem.message,
        details: problem.details,
      };
    case 'body-too-large':
      // What the client still sends would have to be read before its next request.
      return { status: 413, code: 'VALIDATION', message: problem.message, headers: { connection: 'close' } };
    case 'encoding-unsupported':
      return { status: 415, code: 'VALIDATION', message: problem.message };
    case 'method-not-allowed':
      return { status: 405, code: 'VALIDATION', message: problem.message, headers: { allow: problem.allowed } };
    case 'origin-refused':
      return { status: 403, code: 'VALIDATION', message: problem.message };
    case 'unavailable':
      return {
        status: 503,
        code: 'STORE',
        message: problem.message,
        headers: { 'retry-after': String(Math.max(1, Math.ceil(problem.retryAfterSeconds))) },
      };
    case 'defect':
      // What failed is in the log; a stranger learns nothing of our insides.
      return { status: 500, code: 'INTERNAL', message: 'internal error' };
  }
}

/** v1.9 and later send each value under its new and its old name, in this order. */
function problemBody(code: string, message: string, details?: string): string {
  return JSON.stringify({ errorCode: code, errorMessage: message, details, error_code: code, error_message: message });
}

/** What a request that is not HTTP is answered with. */
export function malformedRequestBody(message: string): string {
  return problemBody('VALIDATION', message);
}

/** Answers with a problem. */
export function sendProblem(response: ServerResponse, problem: Problem): void {
  const { status, code, message, details, headers } = responseOf(problem);
  if (problem.kind === 'unavailable') noteFailure(response.req, { unavailable: problem.reason });
  else if (code !== 'STORE' && code !== 'INTERNAL') noteFailure(response.req, { refusal: code });
  sendJson(response, { status, body: problemBody(code, message, details), headers });
}
