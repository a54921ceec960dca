import {
  allowInsecureRequests,
  ClientSecretBasic,
  clientCredentialsGrantRequest,
  processClientCredentialsResponse,
  ResponseBodyError,
} from 'oauth4webapi';
import { AccessFault } from './access-fault.ts';
import type { BearerToken } from './bearer-token.ts';
import { isCertificateFault } from './refusal.ts';

export interface OAuthClient {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope: string | undefined;
}

const tokenUrl = 'PUBLISHER_KAFKA_SASL_OAUTH_TOKEN_URL';
const clientId = 'PUBLISHER_KAFKA_SASL_OAUTH_CLIENT_ID';
const clientSecret = 'PUBLISHER_KAFKA_SASL_OAUTH_CLIENT_SECRET';
const scope = 'PUBLISHER_KAFKA_SASL_OAUTH_SCOPE';

/** Settings that decide on the token. */
export const oauthSettings: readonly string[] = [tokenUrl, clientId, clientSecret, scope];

/** Which settings an error code of a token endpoint points at (RFC 6749, section 5.2). */
const settingsByCode: Readonly<Record<string, readonly string[]>> = {
  invalid_client: [clientId, clientSecret],
  unauthorized_client: [clientId],
  invalid_scope: [scope],
};

/**
 * Asks a token endpoint for a token by the client-credentials grant (RFC 6749, section 4.4), with the secret in the Authorization header.
 *
 * @throws AccessFault that names the settings. It shows the status and the code of the answer, and nothing else of it: what an endpoint
 * says in words may repeat what it was sent.
 */
export async function requestOAuthToken(client: OAuthClient, signal: AbortSignal): Promise<BearerToken> {
  const server = { issuer: new URL(client.tokenUrl).origin, token_endpoint: client.tokenUrl };
  const self = { client_id: client.clientId };
  let response: Response;
  try {
    response = await clientCredentialsGrantRequest(
      server,
      self,
      ClientSecretBasic(client.clientSecret),
      client.scope === undefined ? {} : { scope: client.scope },
      // Whether plain HTTP is safe enough depends on the network between; the documentation of the setting says so.
      { [allowInsecureRequests]: true, signal },
    );
  } catch (error) {
    throw unreachable(error);
  }
  const { status } = response;
  try {
    const { access_token: value, expires_in: lifetimeS } = await processClientCredentialsResponse(
      server,
      self,
      response,
    );
    return { value, expiresAtMs: lifetimeS === undefined ? undefined : Date.now() + lifetimeS * 1_000 };
  } catch (error) {
    throw signal.aborted ? unreachable(signal.reason) : refused(status, error);
  }
}

function unreachable(error: unknown): AccessFault {
  const reason = codeOf(error);
  return isCertificateFault(error)
    ? new AccessFault(`the certificate of the token endpoint is not trusted (${reason})`, {
        settings: [tokenUrl, 'NODE_EXTRA_CA_CERTS'],
        mayPass: false,
      })
    : new AccessFault(`the token endpoint cannot be reached (${reason})`, { settings: [tokenUrl], mayPass: true });
}

function refused(status: number, error: unknown): AccessFault {
  const code = error instanceof ResponseBodyError && /^[a-z_]{1,50}$/.test(error.error) ? error.error : undefined;
  const answer = `with status ${status}${code === undefined ? '' : ` and ${code}`}`;
  const isOverload = status >= 500 || status === 429 || status === 408;
  if (isOverload || code === 'server_error' || code === 'temporarily_unavailable') {
    return new AccessFault(`the token endpoint answers ${answer}`, { settings: [tokenUrl], mayPass: true });
  }
  if (status === 200) {
    return new AccessFault('the token endpoint answers with something that is no bearer token', {
      settings: [tokenUrl],
      mayPass: false,
    });
  }
  const settings = settingsByCode[code ?? (status === 401 ? 'invalid_client' : '')] ?? oauthSettings;
  return new AccessFault(`the token endpoint refuses the relay ${answer}`, { settings, mayPass: false });
}

/** The code of a failed fetch, which wraps it. */
function codeOf(error: unknown): string {
  for (let link = error; link instanceof Error; link = link.cause) {
    if ('code' in link && typeof link.code === 'string') return link.code;
    if (link.name === 'TimeoutError') return 'timeout';
  }
  return 'unknown reason';
}
