import type { Logger } from '@daybook/runtime';
import type { RequestHandler } from 'express';
import type { LedgerConfig } from '../../config.ts';
import { contextOf } from '../request-context.ts';
import { basicUsers } from './basic-users.ts';
import { bearerTokens } from './bearer-tokens.ts';
import type { Scheme, Verdict } from './scheme.ts';
import { signingKeys } from './signing-keys.ts';

/** Who may use the API. */
export interface Auth {
  /**
   * Passes on a request whose caller is known and holds one of the scopes. Otherwise it answers as v1.10 does, with an empty body: 401
   * where no scheme of ours was used, 403 where it was in vain.
   */
  guard(scopes: readonly string[]): RequestHandler<never>;
  /** Gets ahead what checking will need. Never rejects. */
  prefetch(): Promise<void>;
}

type AuthConfig = Pick<
  LedgerConfig,
  | 'authBasicEnabled'
  | 'authBasicCredentials'
  | 'authBearerEnabled'
  | 'authBearerIssuer'
  | 'authBearerJwksUrl'
  | 'authBearerAudience'
  | 'authBearerAudiencesWildcard'
  | 'authBearerUseScopes'
>;

/** @returns undefined when neither way is on, and so the API open */
export function createAuth(config: AuthConfig, logger: Logger): Auth | undefined {
  const schemes: Scheme[] = [];
  if (config.authBasicCredentials.length > 0 && config.authBasicEnabled !== false) {
    schemes.push(basicUsers(config.authBasicCredentials));
  }
  const { authBearerIssuer: issuer, authBearerJwksUrl: jwksUrl } = config;
  const keys = config.authBearerEnabled === true ? signingKeys({ issuer, jwksUrl, logger }) : undefined;
  if (keys !== undefined) {
    schemes.push(
      bearerTokens({
        keys,
        issuer,
        audiences: config.authBearerAudiencesWildcard ? undefined : config.authBearerAudience,
        useScopes: config.authBearerUseScopes,
      }),
    );
  }
  if (schemes.length === 0) return undefined;
  return {
    guard: guardOf(schemes, logger),
    prefetch: async () => await keys?.prefetch(),
  };
}

/** Makes guards that ask for one of these schemes. */
function guardOf(schemes: readonly Scheme[], logger: Logger): Auth['guard'] {
  const challenges = schemes.map(({ challenge }) => challenge);
  return (scopes) => async (request, response, next) => {
    const [name, ...rest] = (request.headers.authorization ?? '').split(' ');
    const scheme = schemes.find((known) => known.name === name?.toLowerCase());
    if (scheme === undefined) {
      response.writeHead(401, { 'www-authenticate': challenges, 'content-length': 0 }).end();
      return;
    }
    const verdict = await scheme.check(rest.join(' ').trim());
    const reason = reasonToDeny(verdict, scopes);
    if (logger.isLevelEnabled('debug')) {
      const subject = verdict.kind === 'caller' ? verdict.subject : undefined;
      const requestId = contextOf(request)?.id;
      logger.debug(
        { requestId, scheme: scheme.name, subject, reason },
        reason === undefined ? 'caller known' : 'caller denied',
      );
    }
    if (reason === undefined) next();
    else response.writeHead(403, { 'content-length': 0 }).end();
  };
}

/** Undefined for a caller who is known and holds one of the scopes. */
function reasonToDeny(verdict: Verdict, scopes: readonly string[]): string | undefined {
  if (verdict.kind === 'denied') return verdict.reason;
  const { scopes: held } = verdict;
  const isEnough = held === undefined || scopes.some((scope) => held.has(scope));
  return isEnough ? undefined : `holds none of the scopes ${scopes.join(', ')}`;
}
