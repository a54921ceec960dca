import { createLogger } from '@daybook/runtime';
import { createDatabase, type TestDatabase } from '@daybook/stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DocumentCheck } from '../../../test-fixtures/document-check.ts';
import { IdentityProvider, type TokenOptions } from '../../../test-fixtures/identity-provider.ts';
import type { ReceivedAnswer, SentRequest } from '../../../test-fixtures/send-request.ts';
import { startApi, type RunningApi } from '../../../test-fixtures/start-api.ts';
import { migrate } from '../../migrate.ts';
import { createAuth } from './auth.ts';

let database: TestDatabase;
let provider: IdentityProvider;
const apis = new Map<Ways, RunningApi>();
const log: string[] = [];

type Ways = 'basic' | 'bearer' | 'both' | 'unscoped' | 'off';

const off = {
  authBasicEnabled: undefined,
  authBasicCredentials: [],
  authBearerEnabled: undefined,
  authBearerIssuer: undefined,
  authBearerJwksUrl: undefined,
  authBearerAudience: [],
  authBearerAudiencesWildcard: false,
  authBearerUseScopes: false,
};

beforeAll(async () => {
  database = await createDatabase({ migrate: async (url) => await migrate(url, { lanes: 64 }) });
  provider = await IdentityProvider.start();
  const passwords = { authBasicCredentials: ['alice:secret', 'bob:hidden'] };
  const unscoped = {
    authBearerEnabled: true,
    authBearerIssuer: provider.issuer,
    authBearerAudience: [provider.audience],
  };
  const bearer = { ...unscoped, authBearerUseScopes: true };
  const logger = createLogger({
    service: 'test',
    level: 'trace',
    destination: { write: (line) => void log.push(line) },
  });
  const settings = {
    basic: passwords,
    bearer,
    both: { ...passwords, ...bearer },
    unscoped,
    off: { ...passwords, authBasicEnabled: false },
  };
  for (const ways of ['basic', 'bearer', 'both', 'unscoped', 'off'] as const) {
    const auth = createAuth({ ...off, ...settings[ways] }, logger);
    apis.set(ways, await startApi({ databaseUrl: database.ledgerUrl, ...(auth !== undefined && { auth }) }));
  }
  await send('off', { method: 'POST', path: '/main/transactions', body });
});

afterAll(async () => {
  for (const api of apis.values()) await api.stop();
  await provider.close();
  await database.drop();
});

const document = new DocumentCheck();
const body = JSON.stringify({ postings: [{ source: 'world', destination: 'a', amount: 1, asset: 'COIN' }] });

async function send(ways: Ways, { authorization, ...request }: SentRequest & { readonly authorization?: string }) {
  const api = apis.get(ways);
  if (api === undefined) throw new Error(`no API with ${ways}`);
  const answer = await api.send({ ...request, ...(authorization !== undefined && { headers: { authorization } }) });
  const faults = document.answerFaults(request, answer);
  if (faults.length > 0) throw new Error(`the OpenAPI document does not say so: ${faults.join('; ')}`);
  return answer;
}

function basic(pair: string): string {
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

const stats = { status: 200, body: '{"data":{"transactions":1,"accounts":2}}' };

function shown({ status, body: received }: ReceivedAnswer): object {
  return { status, body: received };
}

describe('a caller', () => {
  const alice = basic('alice:secret');

  it.each<[Ways, string | undefined, number]>([
    ['basic', undefined, 401],
    ['basic', '', 401],
    ['basic', 'Digest username="alice"', 401],
    ['basic', 'Bearer abc', 401],
    ['basic', 'alice:secret', 401],
    ['basic', alice, 200],
    ['basic', alice.replace('Basic', 'bAsIc'), 200],
    ['basic', alice.replace(' ', '  '), 200],
    ['basic', basic('bob:hidden'), 200],
    ['basic', basic('alice:hidden'), 403],
    ['basic', basic('carol:secret'), 403],
    ['basic', 'Basic', 403],
    ['basic', 'Basic !', 403],
    ['bearer', undefined, 401],
    ['bearer', alice, 401],
    ['bearer', 'Bearer', 403],
    ['bearer', 'Bearer abc', 403],
    ['both', undefined, 401],
    ['both', 'Token abc', 401],
    ['both', alice, 200],
    ['both', basic('alice:wrong'), 403],
    ['both', 'Bearer abc', 403],
    ['off', undefined, 200],
    ['off', basic('carol:wrong'), 200],
  ])('with %s, who shows %j, gets %d', async (ways, authorization, status) => {
    const answer = await send(ways, { path: '/main/stats', ...(authorization !== undefined && { authorization }) });
    expect(shown(answer)).toEqual(status === 200 ? stats : { status, body: '' });
  });

  it.each<[Ways, string]>([
    ['basic', 'Basic realm="ledger", charset="UTF-8"'],
    ['bearer', 'Bearer realm="ledger"'],
    ['both', 'Basic realm="ledger", charset="UTF-8", Bearer realm="ledger"'],
  ])('is told by a 401 what would do: %s', async (ways, challenge) => {
    expect((await send(ways, { path: '/main/stats' })).headers['www-authenticate']).toBe(challenge);
  });

  it.each<[Ways, TokenOptions, number]>([
    ['bearer', { claims: { scope: 'stats' } }, 200],
    ['both', { claims: { scope: 'stats' } }, 200],
    ['bearer', { claims: { scope: 'a stats b' } }, 200],
    ['bearer', {}, 403],
    ['bearer', { claims: { scope: 'statsx' } }, 403],
    ['bearer', { claims: { scope: 'stats', aud: 'elsewhere' } }, 403],
    ['bearer', { claims: { scope: 'stats' }, expiresInSeconds: -60 }, 403],
    ['unscoped', {}, 200],
    ['unscoped', { claims: { aud: 'elsewhere' } }, 403],
  ])('with %s and a token of %j gets %d', async (ways, options, status) => {
    const authorization = `Bearer ${await provider.token(options)}`;
    const answer = await send(ways, { path: '/main/stats', authorization });
    expect(shown(answer)).toEqual(status === 200 ? stats : { status, body: '' });
  });

  it('is judged before name, query and body are looked at, and nothing is written', async () => {
    const refused = [
      { path: '/_wrong/stats' },
      { path: '/main/transactions?pageSize=many' },
      { method: 'POST', path: '/main/transactions', body: 'no JSON' },
      { method: 'POST', path: '/main/transactions', body },
      { method: 'POST', path: '/main/transactions', body: 'x'.repeat(200_000) },
    ];
    for (const request of refused) {
      expect(await send('basic', request)).toMatchObject({ status: 401, body: '' });
      expect(await send('basic', { ...request, authorization: basic('alice:') })).toMatchObject({
        status: 403,
        body: '',
      });
    }
    expect(shown(await send('off', { path: '/main/stats' }))).toEqual(stats);
  });

  it('leaves neither password nor token in the log, but says why', async () => {
    const token = await provider.token({ claims: { scope: 'info', aud: 'confidential' } });
    await send('both', { path: '/main/stats', authorization: `Bearer ${token}` });
    await send('both', { path: '/main/stats', authorization: basic('alice:mistyped') });
    await send('both', { path: '/main/stats', authorization: alice });
    const all = log.join('');
    expect(all).toContain('ERR_JWT_CLAIM_VALIDATION_FAILED aud');
    expect(all).toContain('unknown user or wrong password');
    expect(all).toContain('caller known');
    for (const secret of ['secret', 'mistyped', 'confidential', alice.slice(6), ...token.split('.')]) {
      expect(all).not.toContain(secret);
    }
  });
});

describe('a scope', () => {
  const reads = ['transactions:read', 'transactions:write'];
  const accounts = ['accounts:read', 'accounts:write'];
  const mapping = ['mapping:read', 'mapping:write'];
  const all = [...reads, ...accounts, ...mapping, 'info', 'stats', 'logs'];

  it.each<[string, string, readonly string[]]>([
    ['GET', '/main/transactions', reads],
    ['HEAD', '/main/transactions', reads],
    ['POST', '/main/transactions', ['transactions:write']],
    ['POST', '/main/transactions/batch', ['transactions:write']],
    ['GET', '/main/transactions/0', reads],
    ['POST', '/main/transactions/0/revert', ['transactions:write']],
    ['POST', '/main/transactions/0/metadata', ['transactions:write']],
    ['GET', '/main/accounts', accounts],
    ['HEAD', '/main/accounts', accounts],
    ['GET', '/main/accounts/a', accounts],
    ['HEAD', '/main/accounts/a', accounts],
    ['POST', '/main/accounts/a/metadata', ['accounts:write']],
    ['GET', '/main/mapping', mapping],
    ['PUT', '/main/mapping', ['mapping:write']],
    ['POST', '/main/script', ['transactions:write']],
    ['GET', '/main/balances', ['accounts:read']],
    ['GET', '/main/aggregate/balances', ['accounts:read']],
    ['GET', '/main/logs', ['logs']],
    ['GET', '/main/_info', ['info']],
    ['GET', '/main/stats', ['stats']],
  ])('%s %s is opened by the scopes of v1.10 and no other', async (method, path, opening) => {
    const opens = await Promise.all(
      all.map(async (scope) => {
        const authorization = `Bearer ${await provider.token({ claims: { scope } })}`;
        return (
          (
            await send('bearer', {
              method,
              path,
              authorization,
              body: method === 'GET' || method === 'HEAD' ? '' : 'x',
            })
          ).status !== 403
        );
      }),
    );
    expect(all.filter((_scope, index) => opens[index])).toEqual(opening);
    expect((await send('basic', { method, path, authorization: basic('alice:secret') })).status).not.toBe(403);
  });
});

describe('what is no route of a ledger', () => {
  it.each([
    '/_info',
    '/_health',
    '/_healthcheck',
    '/livez',
    '/readyz',
    '/metrics',
    '/openapi.json',
    '/swagger.json',
    '/swagger.yaml',
    '/docs',
    '/docs/swagger-ui.css',
  ])('%s is open', async (path) => {
    expect((await send('both', { path })).status).toBe(200);
  });

  it.each([
    ['GET', '/', 404],
    ['GET', '/main', 404],
    ['GET', '/main/nothing', 404],
    ['DELETE', '/main/stats', 405],
    ['GET', '/main/stats/', 301],
  ])('%s %s is answered without a look at who asks, as v1 does', async (method, path, status) => {
    expect((await send('both', { method, path })).status).toBe(status);
  });
});

it('without the keys of the issuer a token gets 503 that says so, and a password is as good as before', async () => {
  const issuer = 'http://127.0.0.1:1';
  const logger = createLogger({ service: 'test', level: 'silent' });
  const auth = createAuth(
    {
      ...off,
      authBasicCredentials: ['alice:secret'],
      authBearerEnabled: true,
      authBearerIssuer: issuer,
      authBearerAudiencesWildcard: true,
    },
    logger,
  );
  const api = await startApi({ databaseUrl: database.ledgerUrl, ...(auth !== undefined && { auth }) });
  const bearer = await api.send({
    path: '/main/stats',
    headers: { authorization: `Bearer ${await provider.token()}` },
  });
  expect(bearer).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
  expect(document.answerFaults({ path: '/main/stats' }, bearer)).toEqual([]);
  expect(JSON.parse(bearer.body)).toMatchObject({
    errorCode: 'STORE',
    errorMessage: 'the keys that tokens are verified with are not available; nothing was written',
  });
  const known = await api.send({ path: '/main/stats', headers: { authorization: basic('alice:secret') } });
  expect(known.status).toBe(200);
  await api.stop();
});
