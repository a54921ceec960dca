import { TokenEndpoint } from '@daybook/stack/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AccessFault } from './access-fault.ts';
import { requestOAuthToken } from './oauth-token.ts';

const secret = 'a secret/of+the:client';
let endpoint: TokenEndpoint;

beforeAll(async () => {
  endpoint = await TokenEndpoint.open({ id: 'relay', secret });
});

beforeEach(() => {
  endpoint.mood = { kind: 'grant', lifetimeS: 300, audience: 'kafka' };
});

afterAll(async () => {
  await endpoint.close();
});

const clientOf = (changes: object = {}) => ({
  tokenUrl: endpoint.tokenUrl,
  clientId: 'relay',
  clientSecret: secret,
  scope: undefined,
  ...changes,
});

async function faultOf(changes: object = {}, signal = AbortSignal.timeout(5_000)): Promise<AccessFault> {
  const outcome = await requestOAuthToken(clientOf(changes), signal).catch((error: unknown) => error);
  if (!(outcome instanceof AccessFault)) throw new Error('no AccessFault', { cause: outcome });
  return outcome;
}

describe('a token of an OAuth endpoint', () => {
  it('is asked for by the client-credentials grant, with its scope, and comes with the end of its life', async () => {
    const askedAtMs = Date.now();
    const token = await requestOAuthToken(clientOf({ scope: 'publish describe' }), AbortSignal.timeout(5_000));
    expect(token.value).toBe(endpoint.tokens.at(-1));
    expect((token.expiresAtMs ?? 0) - askedAtMs).toBeGreaterThanOrEqual(300_000);
    expect((token.expiresAtMs ?? 0) - askedAtMs).toBeLessThan(305_000);
    expect(endpoint.scopes.at(-1)).toBe('publish describe');
  });

  it.each([
    { status: 400, body: '{"error":"invalid_scope"}', says: 'OAUTH_SCOPE', mayPass: false },
    { status: 400, body: '{"error":"unauthorized_client"}', says: 'OAUTH_CLIENT_ID', mayPass: false },
    { status: 401, body: 'no', says: 'OAUTH_CLIENT_SECRET', mayPass: false },
    {
      status: 404,
      body: 'nothing here',
      says: 'with status 404; check PUBLISHER_KAFKA_SASL_OAUTH_TOKEN_URL',
      mayPass: false,
    },
    { status: 302, body: '', says: 'with status 302; check PUBLISHER_KAFKA_SASL_OAUTH_TOKEN_URL', mayPass: false },
    {
      status: 200,
      body: '<html>',
      says: 'no bearer token; check PUBLISHER_KAFKA_SASL_OAUTH_TOKEN_URL',
      mayPass: false,
    },
    { status: 400, body: '{"error":"temporarily_unavailable"}', says: 'OAUTH_TOKEN_URL', mayPass: true },
    { status: 429, body: '', says: 'with status 429; check PUBLISHER_KAFKA_SASL_OAUTH_TOKEN_URL', mayPass: true },
    { status: 500, body: '', says: 'with status 500; check PUBLISHER_KAFKA_SASL_OAUTH_TOKEN_URL', mayPass: true },
  ])('is not had where the endpoint answers $status $body', async ({ status, body, says, mayPass }) => {
    endpoint.mood = { kind: 'answer', status, body };
    const fault = await faultOf();
    expect(fault.message).toContain(says);
    expect(fault.mayPass).toBe(mayPass);
  });

  it('is not had with another secret', async () => {
    const fault = await faultOf({ clientSecret: 'another' });
    expect(fault.message).toBe(
      'the token endpoint refuses the relay with status 401 and invalid_client; check PUBLISHER_KAFKA_SASL_OAUTH_CLIENT_ID, PUBLISHER_KAFKA_SASL_OAUTH_CLIENT_SECRET',
    );
    expect(fault.mayPass).toBe(false);
  });

  it('is not waited for longer than told', async () => {
    endpoint.mood = { kind: 'silent' };
    const fault = await faultOf({}, AbortSignal.timeout(50));
    expect(fault.message).toContain('cannot be reached (timeout)');
    expect(fault.mayPass).toBe(true);
  });

  it('is waited for while nobody listens', async () => {
    await endpoint.pause();
    const fault = await faultOf();
    await endpoint.resume();
    expect(fault.message).toContain('cannot be reached (ECONNREFUSED)');
    expect(fault.mayPass).toBe(true);
  });

  it('leaves nothing of what the endpoint said in words in its errors, which may repeat the secret', async () => {
    const body = JSON.stringify({ error: secret, error_description: secret });
    endpoint.mood = { kind: 'answer', status: 400, body };
    const fault = await faultOf();
    expect(fault.cause).toBeUndefined();
    expect(`${fault.stack} ${JSON.stringify(fault)}`).not.toContain(secret);
  });
});
