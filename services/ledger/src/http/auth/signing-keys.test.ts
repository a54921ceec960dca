import { createLogger, type Logger } from '@daybook/runtime';
import { exportJWK } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { IdentityProvider } from '../../../test-fixtures/identity-provider.ts';
import { ProblemError } from '../problem.ts';
import { bearerTokens } from './bearer-tokens.ts';
import { signingKeys } from './signing-keys.ts';

const discovery = '/.well-known/openid-configuration';
const keys = '/keys';

let provider: IdentityProvider;
let log: string[];
let logger: Logger;

beforeEach(async () => {
  // A fetch in the background may end after its test.
  const lines: string[] = [];
  log = lines;
  logger = createLogger({ service: 'test', level: 'debug', destination: { write: (line) => void lines.push(line) } });
  provider = await IdentityProvider.start();
});

afterEach(async () => {
  await provider.close();
});

/** Checks tokens with keys that are waited for shortly. */
function tokensOf(options: Partial<Parameters<typeof signingKeys>[0]> = {}) {
  const { issuer } = provider;
  const found = signingKeys({ issuer, jwksUrl: undefined, logger, timeoutMs: 250, retryAfterMs: 0, ...options });
  return bearerTokens({ keys: found, issuer, audiences: [provider.audience], useScopes: false });
}

const unavailable = {
  kind: 'unavailable',
  reason: 'keys',
  message: 'the keys that tokens are verified with are not available; nothing was written',
  retryAfterSeconds: 1,
};

async function problemOf(check: unknown): Promise<unknown> {
  const error: unknown = await Promise.resolve(check).catch((thrown: unknown) => thrown);
  return error instanceof ProblemError ? error.problem : error;
}

describe('the keys of an issuer', () => {
  it('are found by discovery, fetched once for requests at the same time, and kept', async () => {
    const tokens = tokensOf();
    const token = await provider.token();
    const verdicts = await Promise.all([1, 2, 3].map(async () => await tokens.check(token)));
    expect(verdicts.map(({ kind }) => kind)).toEqual(['caller', 'caller', 'caller']);
    expect(await tokens.check(token)).toMatchObject({ kind: 'caller' });
    expect(provider.requests).toEqual([discovery, keys]);
  });

  it('are fetched from their own URL without discovery where it is given', async () => {
    const tokens = tokensOf({ jwksUrl: provider.jwksUrl });
    expect(await tokens.check(await provider.token())).toMatchObject({ kind: 'caller' });
    expect(provider.requests).toEqual([keys]);
  });

  it('are fetched again when a token has a new one; those that are gone count no more', async () => {
    const tokens = tokensOf({ unknownKeyAfterMs: 0 });
    const old = await provider.token();
    expect(await tokens.check(old)).toMatchObject({ kind: 'caller' });
    await provider.rotate();
    expect(await tokens.check(await provider.token())).toMatchObject({ kind: 'caller' });
    expect(await tokens.check(old)).toEqual({ kind: 'denied', reason: 'ERR_JWKS_NO_MATCHING_KEY' });
  });

  it('are not fetched for each token with an unknown one', async () => {
    const tokens = tokensOf();
    const stranger = await IdentityProvider.start();
    await stranger.close();
    await tokens.check(await provider.token());
    for (let n = 0; n < 3; n += 1) {
      expect(await tokens.check(await stranger.token())).toEqual({
        kind: 'denied',
        reason: 'ERR_JWKS_NO_MATCHING_KEY',
      });
    }
    expect(provider.requests).toEqual([discovery, keys]);
  });

  it('are fetched again when they are old, from where the issuer says then', async () => {
    const tokens = tokensOf({ freshForMs: 0 });
    const token = await provider.token();
    await tokens.check(token);
    await tokens.check(token);
    await vi.waitFor(() => expect(provider.requests).toEqual([discovery, keys, discovery, keys]));
  });

  it('count on while they are old and the issuer fails, without waiting for it; each failure is in the log', async () => {
    const tokens = tokensOf({ freshForMs: 0 });
    const token = await provider.token();
    await tokens.check(token);
    provider.answers.set(discovery, { status: 500, body: '' });
    for (let failures = 1; failures <= 2; failures += 1) {
      expect(await tokens.check(token)).toMatchObject({ kind: 'caller' });
      await vi.waitFor(() => expect(log).toHaveLength(failures));
    }
    expect(log.join('')).toContain('answered with status 500');
  });

  it('count on while an issuer hangs, which is asked once at a time', async () => {
    const tokens = tokensOf({ freshForMs: 0, timeoutMs: 60_000 });
    const token = await provider.token();
    await tokens.check(token);
    provider.answers.set(discovery, 'hang');
    for (let n = 0; n < 5; n += 1) expect(await tokens.check(token)).toMatchObject({ kind: 'caller' });
    await vi.waitFor(() => expect(provider.requests).toEqual([discovery, keys, discovery]));
  });

  it('are asked for in the background once in a while only when that failed', async () => {
    const tokens = tokensOf({ freshForMs: 0, retryAfterMs: 60_000 });
    const token = await provider.token();
    await tokens.check(token);
    provider.answers.set(discovery, { status: 500, body: '' });
    await tokens.check(token);
    await vi.waitFor(() => expect(log).toHaveLength(1));
    for (let n = 0; n < 5; n += 1) expect(await tokens.check(token)).toMatchObject({ kind: 'caller' });
    expect(provider.requests).toEqual([discovery, keys, discovery]);
    expect(log).toHaveLength(1);
  });

  it('that are too old count no more while the issuer fails', async () => {
    const tokens = tokensOf({ freshForMs: 0, keptForMs: 0 });
    const token = await provider.token();
    expect(await tokens.check(token)).toMatchObject({ kind: 'caller' });
    await provider.close();
    expect(await problemOf(tokens.check(token))).toEqual(unavailable);
  });

  it('may be fetched ahead, and a failure then is in the log and no error', async () => {
    await provider.close();
    await signingKeys({ issuer: provider.issuer, jwksUrl: undefined, logger }).prefetch();
    expect(log.join('')).toContain('keys of bearer tokens not fetched');
  });
});

describe('a key that is no good', () => {
  it.each<[string, () => Promise<object>]>([
    ['a point that is not on its curve', async () => await Promise.resolve({ x: 'AAAA', y: 'AAAA' })],
    ['a private one', async () => ({ d: (await exportJWK(provider.privateKey)).d })],
  ])('denies those that name it, and the log says so once: %s', async (_what, change) => {
    const bad = { ...provider.publicJwk, ...(await change()) };
    provider.answers.set(keys, { status: 200, body: JSON.stringify({ keys: [bad] }) });
    const tokens = tokensOf();
    const token = await provider.token();
    for (let n = 0; n < 3; n += 1) {
      expect(await tokens.check(token)).toEqual({ kind: 'denied', reason: 'ERR_JWKS_INVALID' });
    }
    expect(log).toHaveLength(1);
    expect(JSON.parse(log.join(''))).toMatchObject({
      level: 'warn',
      kid: provider.publicJwk.kid,
      msg: 'key of bearer tokens cannot be used',
      err: { message: expect.any(String) },
    });
  });
});

describe('keys that cannot be had', () => {
  it('give 503 rather than a verdict, and count again once they are there', async () => {
    const tokens = tokensOf();
    const token = await provider.token();
    await provider.close();
    expect(await problemOf(tokens.check(token))).toEqual(unavailable);
    expect(log.join('')).toContain('ECONNREFUSED');
    await provider.listen();
    expect(await tokens.check(token)).toMatchObject({ kind: 'caller' });
  });

  it('are not asked for by every request: after a failure all are answered at once for a while, and the log has one line', async () => {
    const tokens = tokensOf({ retryAfterMs: 60_000 });
    const token = await provider.token();
    provider.answers.set(discovery, { status: 500, body: '' });
    for (let n = 0; n < 5; n += 1) expect(await problemOf(tokens.check(token))).toEqual(unavailable);
    expect(provider.requests).toEqual([discovery]);
    expect(log).toHaveLength(1);
  });

  const { port } = new URL('http://127.0.0.1:3068');
  it.each<[string, string, Parameters<IdentityProvider['answers']['set']>[1], string]>([
    ['no answer to discovery', discovery, 'hang', 'TimeoutError'],
    ['no answer to the keys', keys, 'hang', 'TimeoutError'],
    ['another status', keys, { status: 404, body: '' }, 'answered with status 404'],
    ['a redirect', keys, { status: 302, body: '', location: `http://127.0.0.1:${port}/` }, 'redirect'],
    ['too many bytes', keys, { status: 200, body: ' '.repeat(1_100_000) }, 'more than 1048576 bytes'],
    ['what is not JSON', keys, { status: 200, body: '<html>' }, 'what is not JSON'],
    ['what is not a set of keys', keys, { status: 200, body: '{"keys":[1]}' }, 'what is not a set of keys'],
    ['no jwks_uri', discovery, { status: 200, body: '{"issuer":"x"}' }, 'does not name issuer and jwks_uri'],
    [
      'another issuer',
      discovery,
      { status: 200, body: '{"issuer":"x","jwks_uri":"https://x/"}' },
      'is of the issuer x',
    ],
  ])('%s', async (_what, path, answer, reason) => {
    provider.answers.set(path, answer);
    const tokens = tokensOf();
    expect(await problemOf(tokens.check(await provider.token()))).toEqual(unavailable);
    expect(log.join('')).toContain(reason);
  });

  it('keys over a connection that anyone could change', async () => {
    const body = JSON.stringify({ issuer: provider.issuer, jwks_uri: 'http://keys.example/keys' });
    provider.answers.set(discovery, { status: 200, body });
    expect(await problemOf(tokensOf().check(await provider.token()))).toEqual(unavailable);
    expect(log.join('')).toContain('not at an https:// URL');
  });
});
