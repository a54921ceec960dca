import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { IdempotencyKey } from '../command/command.ts';
import { invalid } from './problem.ts';

/** Printable ASCII; at most what fits an index row beside the ledger, with room. */
export const idempotencyKeyPattern = /^[\x20-\x7e]{1,255}$/;

/**
 * The `Idempotency-Key` of a request with v1's hash of what it asks for, or undefined where there is none.
 *
 * @param url path and query as they came
 * @throws ProblemError VALIDATION for a key that cannot be kept
 */
export function readIdempotencyKey(request: IncomingMessage, url: string, body: Buffer): IdempotencyKey | undefined {
  const key = request.headers['idempotency-key'];
  if (key === undefined || key === '') return undefined;
  if (typeof key !== 'string' || !idempotencyKeyPattern.test(key)) {
    throw invalid('invalid Idempotency-Key: 1 to 255 printable ASCII characters');
  }
  return { key, requestHash: createHash('sha256').update(url).update(body).digest('base64url') };
}
