import { errors, jwtVerify, type JWTVerifyOptions } from 'jose';
import { ProblemError } from '../problem.ts';
import type { Scheme, Verdict } from './scheme.ts';
import { KeysUnavailableError, type SigningKeys } from './signing-keys.ts';

interface BearerTokensOptions {
  readonly keys: Pick<SigningKeys, 'find'>;
  /** What `iss` must be; undefined for any issuer that signs with these keys. */
  readonly issuer: string | undefined;
  /** One of which must be in `aud`; undefined for any. */
  readonly audiences: readonly string[] | undefined;
  /** Without it a good token holds every scope, as in v1. */
  readonly useScopes: boolean;
}

/** Asymmetric ones alone: with a symmetric one the public key would be the secret, and `none` is no signature. */
const algorithms = 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' ');

const clockToleranceSeconds = 30;

/** JSON Web Tokens (RFC 7519, RFC 6750) that someone else hands out. v1 had them introspected and did not verify signatures. */
export function bearerTokens({ keys, issuer, audiences, useScopes }: BearerTokensOptions): Scheme {
  const options: JWTVerifyOptions = {
    algorithms,
    clockTolerance: clockToleranceSeconds,
    // A token without an end could not be taken back.
    requiredClaims: ['exp'],
    ...(issuer !== undefined && { issuer }),
    ...(audiences !== undefined && { audience: [...audiences] }),
  };
  return {
    name: 'bearer',
    challenge: 'Bearer realm="ledger"',
    async check(token) {
      try {
        const { payload } = await jwtVerify(token, keys.find, options);
        const scopes = useScopes ? scopesOf(payload['scope']) : undefined;
        return { kind: 'caller', scopes, subject: payload.sub };
      } catch (error) {
        return verdictOf(error);
      }
    },
  };
}

/** RFC 6749, section 3.3: words with blanks between. */
function scopesOf(claim: unknown): ReadonlySet<string> {
  return new Set(typeof claim === 'string' ? claim.split(' ') : []);
}

/** jose's errors may carry the claims of the token, so of them only the code and the claim's name get on. */
function verdictOf(error: unknown): Verdict {
  if (error instanceof KeysUnavailableError) {
    throw new ProblemError({
      kind: 'unavailable',
      reason: 'keys',
      message: 'the keys that tokens are verified with are not available; nothing was written',
      retryAfterSeconds: 1,
    });
  }
  // jose's answer to a key that it takes no signature of, such as one of RSA with fewer than 2,048 bits.
  if (error instanceof TypeError) return { kind: 'denied', reason: error.message };
  if (!(error instanceof errors.JOSEError)) throw error;
  const isOfClaim = error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWTExpired;
  return { kind: 'denied', reason: isOfClaim ? `${error.code} ${error.claim}` : error.code };
}
