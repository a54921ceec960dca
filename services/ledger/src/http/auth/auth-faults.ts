import type { SettingFault } from '@daybook/config';
import type { LedgerConfig, ledgerSettings } from '../../config.ts';
import { isSecureUrl } from './secure-url.ts';

type Fault = SettingFault<typeof ledgerSettings>;

/** What is missing or does not go together among the settings of authentication. No message repeats a credential. */
export function authFaults(config: LedgerConfig): readonly Fault[] {
  return [...basicFaults(config), ...bearerFaults(config)];
}

function basicFaults({ authBasicEnabled, authBasicCredentials: credentials }: LedgerConfig): readonly Fault[] {
  if (authBasicEnabled === true && credentials.length === 0) {
    return [{ setting: 'authBasicEnabled', message: 'needs AUTH_BASIC_CREDENTIALS' }];
  }
  const at = credentials.findIndex((pair) => !/^[^:]+:./.test(pair));
  const message = `must be a list of user:password, split by commas or white space; number ${at + 1} is not`;
  return at === -1 ? [] : [{ setting: 'authBasicCredentials', message }];
}

function bearerFaults(config: LedgerConfig): readonly Fault[] {
  const { authBearerEnabled: isEnabled, authBearerIssuer: issuer, authBearerJwksUrl: jwksUrl } = config;
  const faults: Fault[] = [];
  const isMeant =
    (issuer ?? jwksUrl) !== undefined ||
    config.authBearerAudience.length > 0 ||
    config.authBearerAudiencesWildcard ||
    config.authBearerUseScopes;
  if (isEnabled === undefined && isMeant) {
    const message = 'must be said, true or false, where another AUTH_BEARER_* is given';
    faults.push({ setting: 'authBearerEnabled', message });
  }
  if (isEnabled !== true) return faults;
  if ((issuer ?? jwksUrl) === undefined) {
    faults.push({ setting: 'authBearerEnabled', message: 'needs AUTH_BEARER_ISSUER or AUTH_BEARER_JWKS_URL' });
  }
  const hasAudience = config.authBearerAudience.length > 0;
  if (hasAudience && config.authBearerAudiencesWildcard) {
    faults.push({ setting: 'authBearerAudience', message: 'and AUTH_BEARER_AUDIENCES_WILDCARD exclude each other' });
  } else if (!hasAudience && !config.authBearerAudiencesWildcard) {
    const message = 'is needed with AUTH_BEARER_ENABLED, unless AUTH_BEARER_AUDIENCES_WILDCARD is true';
    faults.push({ setting: 'authBearerAudience', message });
  }
  if (issuer !== undefined && !isIssuer(issuer)) {
    const message = 'must be an https:// URL, or http:// on this machine, without user, query and fragment';
    faults.push({ setting: 'authBearerIssuer', message });
  }
  if (jwksUrl !== undefined && (!isSecureUrl(jwksUrl) || hasUser(jwksUrl))) {
    const message = 'must be an https:// URL, or http:// on this machine, without a user';
    faults.push({ setting: 'authBearerJwksUrl', message });
  }
  return faults;
}

/** OpenID Connect Core 1.0, section 2: an issuer has neither query nor fragment. */
function isIssuer(text: string): boolean {
  return isSecureUrl(text) && !hasUser(text) && !/[?#]/.test(text);
}

function hasUser(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && (url.username !== '' || url.password !== '');
}
