import { generateKeyPairSync, sign } from 'node:crypto';
import { createLogger } from '@daybook/runtime';
import { base64url, importJWK, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { IdentityProvider, type TokenOptions } from '../../../test-fixtures/identity-provider.ts';
import { bearerTokens } from './bearer-tokens.ts';
import type { Scheme } from './scheme.ts';
import { signingKeys } from './signing-keys.ts';

const algorithms = [
  'ES256',
  'ES384',
  'ES512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'EdDSA',
  'Ed25519',
];
const logger = createLogger({ service: 'test', level: 'silent' });

let provider: IdentityProvider;
let tokens: Scheme;

afterEach(() => {
  provider.answers.clear();
  tokens = tokensOf();
});

function tokensOf(options: Partial<Parameters<typeof bearerTokens>[0]> = {}): Scheme {
  const { issuer } = provider;
  return bearerTokens({
    keys: signingKeys({ issuer, jwksUrl: undefined, logger }),
    issuer,
    audiences: ['other', provider.audience],
    useScopes: true,
    ...options,
  });
}

beforeAll(async () => {
  provider = await IdentityProvider.start(algorithms);
  tokens = tokensOf();
});

afterAll(async () => {
  await provider.close();
});

describe('a token that is good', () => {
  it.each(algorithms)('is taken when signed with %s', async (alg) => {
    expect(await tokens.check(await provider.token({ alg }))).toMatchObject({ kind: 'caller', subject: 'someone' });
  });

  it.each<[string, TokenOptions, readonly string[]]>([
    ['no scope', {}, []],
    ['some scopes', { claims: { scope: 'accounts:read stats' } }, ['accounts:read', 'stats']],
    ['scopes that are no text', { claims: { scope: ['stats'] } }, []],
  ])('has its scopes: %s', async (_what, options, scopes) => {
    const verdict = await tokens.check(await provider.token(options));
    expect(verdict).toMatchObject({ kind: 'caller', scopes: new Set(scopes) });
  });

  it('holds every scope where none are asked for', async () => {
    const verdict = await tokensOf({ useScopes: false }).check(await provider.token());
    expect(verdict).toEqual({ kind: 'caller', scopes: undefined, subject: 'someone' });
  });

  it.each<[string, TokenOptions]>([
    ['several audiences of which one is ours', { claims: { aud: ['elsewhere', 'ledger'] } }],
    ['an end that has just passed, since clocks differ', { expiresInSeconds: -10 }],
    ['a beginning just ahead, since clocks differ', { claims: { nbf: Math.floor(Date.now() / 1_000) + 10 } }],
  ])('may have %s', async (_what, options) => {
    expect(await tokens.check(await provider.token(options))).toMatchObject({ kind: 'caller' });
  });

  it('may have any audience with the wildcard, and any issuer where only the keys are known', async () => {
    const open = tokensOf({ audiences: undefined, issuer: undefined });
    const token = await provider.token({ claims: { aud: undefined, iss: 'https://another.example' } });
    expect(await open.check(token)).toMatchObject({ kind: 'caller' });
  });
});

describe('a token is denied', () => {
  it.each<[string, TokenOptions, string]>([
    ['expired', { expiresInSeconds: -60 }, 'ERR_JWT_EXPIRED exp'],
    ['without an end', { claims: { exp: undefined } }, 'ERR_JWT_CLAIM_VALIDATION_FAILED exp'],
    ['not yet valid', { claims: { nbf: Math.floor(Date.now() / 1_000) + 90 } }, 'ERR_JWT_CLAIM_VALIDATION_FAILED nbf'],
    ['for another audience', { claims: { aud: 'elsewhere' } }, 'ERR_JWT_CLAIM_VALIDATION_FAILED aud'],
    ['for no audience', { claims: { aud: undefined } }, 'ERR_JWT_CLAIM_VALIDATION_FAILED aud'],
    ['of another issuer', { claims: { iss: 'https://evil.example' } }, 'ERR_JWT_CLAIM_VALIDATION_FAILED iss'],
    ['of no issuer', { claims: { iss: undefined } }, 'ERR_JWT_CLAIM_VALIDATION_FAILED iss'],
  ])('%s', async (_what, options, reason) => {
    expect(await tokens.check(await provider.token(options))).toEqual({ kind: 'denied', reason });
  });

  const claims = () => ({ iss: provider.issuer, aud: provider.audience, sub: 'mallory', exp: 4_102_444_800 });

  it.each<[string, () => Promise<string>, string]>([
    ['that is empty', async () => await Promise.resolve(''), 'ERR_JWS_INVALID'],
    ['that is no token', async () => await Promise.resolve('opaque'), 'ERR_JWS_INVALID'],
    [
      'with no signature (alg none)',
      async () => await Promise.resolve(new UnsecuredJWT(claims()).encode()),
      'ERR_JOSE_ALG_NOT_ALLOWED',
    ],
    [
      'signed with the public key as a shared secret (HS256)',
      async () => {
        const { kid, ...jwk } = provider.publicJwk;
        const secret = new TextEncoder().encode(JSON.stringify(jwk));
        return await new SignJWT(claims()).setProtectedHeader({ alg: 'HS256', kid: String(kid) }).sign(secret);
      },
      'ERR_JOSE_ALG_NOT_ALLOWED',
    ],
    [
      'whose claims were changed',
      async () => {
        const [header, , signature] = (await provider.token()).split('.');
        return [header, base64url.encode(JSON.stringify(claims())), signature].join('.');
      },
      'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    ],
    [
      "signed with another's key under a name of ours",
      async () => {
        const other = await IdentityProvider.start();
        await other.close();
        const kid = String(provider.publicJwk.kid);
        const [, payload = ''] = (await provider.token()).split('.');
        const forged = new SignJWT(JSON.parse(Buffer.from(payload, 'base64url').toString()));
        return await forged.setProtectedHeader({ alg: 'ES256', kid }).sign(other.privateKey);
      },
      'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    ],
    [
      'signed with a key that is too short',
      async () => {
        const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 1_024 });
        const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'short' };
        provider.answers.set('/keys', { status: 200, body: JSON.stringify({ keys: [jwk] }) });
        tokens = tokensOf();
        const part = (value: object) => base64url.encode(JSON.stringify(value));
        const unsigned = `${part({ alg: 'RS256', kid: 'short' })}.${part(claims())}`;
        return await Promise.resolve(
          `${unsigned}.${sign('RSA-SHA256', Buffer.from(unsigned), privateKey).toString('base64url')}`,
        );
      },
      'RS256 requires key modulusLength to be 2048 bits or larger',
    ],
    [
      'that brings its own key',
      async () => {
        const jwk = { kty: 'oct', k: 'c2VjcmV0', alg: 'HS256' };
        const header = { alg: 'HS256', jwk };
        return await new SignJWT(claims()).setProtectedHeader(header).sign(await importJWK(jwk));
      },
      'ERR_JOSE_ALG_NOT_ALLOWED',
    ],
  ])('%s', async (_what, forge, reason) => {
    expect(await tokens.check(await forge())).toEqual({ kind: 'denied', reason });
  });
});
