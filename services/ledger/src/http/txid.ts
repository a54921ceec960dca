import { invalid } from './problem.ts';

const uint64Max = 18_446_744_073_709_551_615n;

/**
 * A transaction's id as v1 reads it: digits that fit 64 bits. What passes 2^53 names no transaction that can exist, and
 * becomes the highest number, which none has.
 *
 * @throws ProblemError VALIDATION otherwise
 */
export function parseTxid(text: string): number {
  if (!/^\d{1,40}$/.test(text) || BigInt(text) > uint64Max) throw invalid('invalid transaction ID');
  return Math.min(Number(text), Number.MAX_SAFE_INTEGER);
}
