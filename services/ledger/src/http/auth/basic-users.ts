import { createHash, timingSafeEqual } from 'node:crypto';
import type { Scheme } from './scheme.ts';

/**
 * Users with a password (RFC 7617). They hold every scope, as in v1. The same user may be given twice, so that a password can be changed
 * while both count.
 *
 * @param credentials each `user:password`
 */
export function basicUsers(credentials: readonly string[]): Scheme {
  const digests = credentials.map((pair) => digestOf(Buffer.from(pair)));
  return {
    name: 'basic',
    challenge: 'Basic realm="ledger", charset="UTF-8"',
    check(encoded) {
      const pair = Buffer.from(encoded, 'base64');
      const shown = digestOf(pair);
      // Every user is compared, and digests of one length, so that the time tells neither a user nor a part of a password.
      let isKnown = false;
      for (const digest of digests) isKnown = timingSafeEqual(digest, shown) || isKnown;
      if (!isKnown) return { kind: 'denied', reason: 'unknown user or wrong password' };
      return { kind: 'caller', scopes: undefined, subject: pair.toString().split(':', 1)[0] };
    },
  };
}

function digestOf(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
