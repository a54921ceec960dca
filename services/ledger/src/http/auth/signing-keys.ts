import type { Logger } from '@daybook/runtime';
import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { fetchJson } from './fetch-json.ts';
import { isSecureUrl } from './secure-url.ts';

/** The keys cannot be had, so nobody knows whether a token is good. */
export class KeysUnavailableError extends Error {}

interface SigningKeysOptions {
  readonly issuer: string | undefined;
  /** Where the keys are; without it the issuer is asked for that. */
  readonly jwksUrl: string | undefined;
  readonly logger: Logger;
  /** For finding and fetching the keys together. */
  readonly timeoutMs?: number;
  /** How long keys count before they are fetched again; those at hand count on meanwhile. */
  readonly freshForMs?: number;
  /** How long keys count while they cannot be fetched again. */
  readonly keptForMs?: number;
  /** How long after a fetch a key that is not among them leads to another. */
  readonly unknownKeyAfterMs?: number;
  /** How long after a fetch that failed the next one waits; meanwhile nobody waits for it. */
  readonly retryAfterMs?: number;
}

export interface SigningKeys {
  /** @throws KeysUnavailableError, or jose's error for a token whose key is not among them or no good */
  readonly find: JWTVerifyGetKey;
  /** Fetches them ahead of the first token. A failure is in the log. */
  prefetch(): Promise<void>;
}

const discovery = z.object({ issuer: z.string(), jwks_uri: z.string() });
const keySet = z.object({ keys: z.array(z.looseObject({})) });

/**
 * The public keys that an issuer signs with (RFC 7517), found by OpenID Connect Discovery 1.0 unless their URL is given. `jose` keeps them,
 * fetches them again when they lack a key, and lets concurrent requests share one fetch. When they are old they are fetched again in the
 * background, so that an issuer that fails or hangs is no failure of the ledger. Each fetch asks for their URL again, so an issuer may move them.
 */
export function signingKeys(options: SigningKeysOptions): SigningKeys {
  const { logger, freshForMs = 600_000, retryAfterMs = 1_000 } = options;
  let failure: KeysUnavailableError | undefined;
  let nextFetchMs = 0;
  /** Names among the keys of the last fetch, so there are no more than it has. */
  const unusableKids = new Set<string | undefined>();
  const fetchKeys = async (_url: string, { signal }: { readonly signal: AbortSignal }) => {
    if (failure !== undefined && performance.now() < nextFetchMs) throw failure;
    try {
      const url = await findUrl(options, signal);
      const keys = keySet.safeParse(await fetchJson(url, signal));
      if (!keys.success) throw new Error(`${url} answered with what is not a set of keys`);
      failure = undefined;
      nextFetchMs = performance.now() + freshForMs;
      unusableKids.clear();
      return Response.json(keys.data);
    } catch (cause) {
      failure = new KeysUnavailableError('the keys of bearer tokens are not available', { cause });
      nextFetchMs = performance.now() + retryAfterMs;
      logger.warn({ err: cause }, 'keys of bearer tokens not fetched');
      throw failure;
    }
  };
  const remote = createRemoteJWKSet(new URL(options.jwksUrl ?? discoveryUrl(options.issuer)), {
    [customFetch]: fetchKeys,
    timeoutDuration: options.timeoutMs ?? 5_000,
    cacheMaxAge: options.keptForMs ?? 86_400_000,
    cooldownDuration: options.unknownKeyAfterMs ?? 30_000,
  });
  // A failure is in the log, and with whoever had to wait for the keys.
  const reload = async () => await remote.reload().catch(() => undefined);
  return {
    async find(header, token) {
      if (!remote.reloading && performance.now() >= nextFetchMs) void reload();
      try {
        return await remote(header, token);
      } catch (error) {
        if (error instanceof KeysUnavailableError) throw error;
        if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) throw error;
        // A key that is there and cannot be imported: waiting does not help, and the other keys still count.
        const { kid } = header;
        if (!unusableKids.has(kid)) logger.warn({ err: error, kid }, 'key of bearer tokens cannot be used');
        unusableKids.add(kid);
        throw new errors.JWKSInvalid('the key of the token cannot be used', { cause: error });
      }
    },
    prefetch: reload,
  };
}

async function findUrl(
  { issuer, jwksUrl }: Pick<SigningKeysOptions, 'issuer' | 'jwksUrl'>,
  signal: AbortSignal,
): Promise<string> {
  if (jwksUrl !== undefined) return jwksUrl;
  const url = discoveryUrl(issuer);
  const found = discovery.safeParse(await fetchJson(url, signal));
  if (!found.success) throw new Error(`${url} answered with what does not name issuer and jwks_uri`);
  if (found.data.issuer !== issuer) {
    throw new Error(`AUTH_BEARER_ISSUER is ${issuer}, but ${url} is of the issuer ${found.data.issuer}`);
  }
  if (!isSecureUrl(found.data.jwks_uri)) throw new Error(`${url} names keys that are not at an https:// URL`);
  return found.data.jwks_uri;
}

/** OpenID Connect Discovery 1.0, section 4: a slash at the end of the issuer is not repeated. */
function discoveryUrl(issuer: string | undefined): string {
  if (issuer === undefined) throw new TypeError('neither issuer nor URL of the keys is given');
  return `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
}
