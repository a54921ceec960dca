import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCommandLine } from '@daybook/config';
import { describe, expect, it } from 'vitest';
import { checkLedgerSettings, ledgerSettings } from './config.ts';

function read(environment: Readonly<Record<string, string>>) {
  return readCommandLine({
    program: 'ledger',
    summary: '',
    version: '0.0.0',
    settings: ledgerSettings,
    commands: { serve: { doc: '' } },
    defaultCommand: 'serve',
    check: checkLedgerSettings,
    argv: [],
    environment: { DATABASE_URL: 'postgresql://daybook@localhost/daybook', ...environment },
  });
}

const bearer = {
  AUTH_BEARER_ENABLED: 'true',
  AUTH_BEARER_ISSUER: 'https://id.example/realms/books',
  AUTH_BEARER_AUDIENCE: 'ledger',
};

describe('the settings of the ledger', () => {
  it('take users from a file with a line for each', () => {
    const folder = mkdtempSync(join(tmpdir(), 'daybook-'));
    const path = join(folder, 'users');
    writeFileSync(path, 'alice:secret\nbob:hidden\n');
    const outcome = read({ AUTH_BASIC_CREDENTIALS_FILE: path });
    rmSync(folder, { recursive: true });
    expect(outcome).toMatchObject({ values: { authBasicCredentials: ['alice:secret', 'bob:hidden'] } });
  });

  it.each<[string, Readonly<Record<string, string>>, object]>([
    [
      'nothing, so nobody is asked',
      {},
      { authBasicCredentials: [], authBearerEnabled: undefined, corsAllowedOrigins: [] },
    ],
    [
      "v1's names, split on white space",
      { NUMARY_AUTH_BASIC_CREDENTIALS: 'alice:secret bob:with:colon' },
      { authBasicCredentials: ['alice:secret', 'bob:with:colon'] },
    ],
    [
      'credentials that are turned off',
      { AUTH_BASIC_CREDENTIALS: 'a:b', AUTH_BASIC_ENABLED: 'false' },
      { authBasicEnabled: false },
    ],
    ['an issuer', bearer, { authBearerEnabled: true, authBearerAudience: ['ledger'] }],
    [
      'an issuer on this machine',
      { ...bearer, AUTH_BEARER_ISSUER: 'http://localhost:8080/' },
      { authBearerIssuer: 'http://localhost:8080/' },
    ],
    [
      'keys alone, for any audience',
      {
        AUTH_BEARER_ENABLED: 'true',
        AUTH_BEARER_JWKS_URL: 'https://id.example/keys?v=2',
        AUTH_BEARER_AUDIENCES_WILDCARD: 'true',
      },
      { authBearerAudiencesWildcard: true },
    ],
    ['an issuer that is turned off', { ...bearer, AUTH_BEARER_ENABLED: 'false' }, { authBearerEnabled: false }],
    ['what v1 had and left empty', { NUMARY_SERVER_HTTP_BASIC_AUTH: '', NUMARY_AUTH_BEARER_INTROSPECT_URL: '' }, {}],
    ['any origin', { CORS_ALLOWED_ORIGINS: '*' }, { corsAllowedOrigins: ['*'] }],
    ['the limits', {}, { httpHeaderBytesMax: 16_384, httpConnectionsMax: 4_096, httpRequestTimeoutMs: 30_000 }],
  ])('take %s', (_what, environment, values) => {
    expect(read(environment)).toMatchObject({ kind: 'run', values });
  });

  it.each<[Readonly<Record<string, string>>, string]>([
    [{ AUTH_BASIC_ENABLED: 'true' }, 'AUTH_BASIC_ENABLED (--auth-basic-enabled) needs AUTH_BASIC_CREDENTIALS'],
    [
      { AUTH_BASIC_CREDENTIALS: 'a:b,hidden' },
      'AUTH_BASIC_CREDENTIALS (--auth-basic-credentials) must be a list of user:password, split by commas or white space; number 2 is not',
    ],
    [{ AUTH_BASIC_CREDENTIALS: ':hidden' }, 'number 1 is not'],
    [{ AUTH_BASIC_CREDENTIALS: 'hidden:' }, 'number 1 is not'],
    [{ SERVER_HTTP_BASIC_AUTH: 'a:hidden' }, 'SERVER_HTTP_BASIC_AUTH is called AUTH_BASIC_CREDENTIALS here'],
    [
      { NUMARY_AUTH_BEARER_INTROSPECT_URL: 'https://id.example/introspect' },
      'AUTH_BEARER_INTROSPECT_URL is not supported: signatures of tokens are verified instead, with the keys of AUTH_BEARER_ISSUER or AUTH_BEARER_JWKS_URL',
    ],
    [
      { ...bearer, AUTH_BEARER_ISSUER: '' },
      'AUTH_BEARER_ENABLED (--auth-bearer-enabled) needs AUTH_BEARER_ISSUER or AUTH_BEARER_JWKS_URL',
    ],
    [
      { ...bearer, AUTH_BEARER_ENABLED: '' },
      'AUTH_BEARER_ENABLED (--auth-bearer-enabled) must be said, true or false, where another AUTH_BEARER_* is given',
    ],
    [
      { ...bearer, AUTH_BEARER_AUDIENCE: '' },
      'AUTH_BEARER_AUDIENCE (--auth-bearer-audience) is needed with AUTH_BEARER_ENABLED, unless AUTH_BEARER_AUDIENCES_WILDCARD is true',
    ],
    [
      { ...bearer, AUTH_BEARER_AUDIENCES_WILDCARD: 'true' },
      'AUTH_BEARER_AUDIENCE (--auth-bearer-audience) and AUTH_BEARER_AUDIENCES_WILDCARD exclude each other',
    ],
    ...[
      'http://id.example',
      'ftp://id.example',
      'https://user:hidden@id.example',
      'https://id.example?a',
      'https://id.example#a',
    ].map((url): [Readonly<Record<string, string>>, string] => [
      { ...bearer, AUTH_BEARER_ISSUER: url },
      'AUTH_BEARER_ISSUER (--auth-bearer-issuer) must be an https:// URL, or http:// on this machine, without user, query and fragment',
    ]),
    [{ ...bearer, AUTH_BEARER_ISSUER: 'id.example' }, 'AUTH_BEARER_ISSUER (--auth-bearer-issuer) must be a URL'],
    [
      { ...bearer, AUTH_BEARER_JWKS_URL: 'http://id.example/keys' },
      'AUTH_BEARER_JWKS_URL (--auth-bearer-jwks-url) must be an https:// URL, or http:// on this machine, without a user',
    ],
    [
      { CORS_ALLOWED_ORIGINS: 'https://app.example/' },
      'CORS_ALLOWED_ORIGINS (--cors-allowed-origins) must be * alone, or origins such as https://app.example: "https://app.example/" is none',
    ],
    [
      { HTTP_HEADER_BYTES_MAX: '10' },
      'HTTP_HEADER_BYTES_MAX (--http-header-bytes-max) must be an integer from 1024 to 1048576',
    ],
    [
      { HTTP_CONNECTIONS_MAX: '0' },
      'HTTP_CONNECTIONS_MAX (--http-connections-max) must be an integer from 1 to 1000000',
    ],
    [
      { HTTP_REQUEST_TIMEOUT_MS: '0' },
      'HTTP_REQUEST_TIMEOUT_MS (--http-request-timeout-ms) must be an integer from 100 to 3600000',
    ],
  ])('refuse %j', (environment, message) => {
    const outcome = read(environment);
    if (outcome.kind !== 'exit') throw new Error('it started');
    expect(outcome).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
    expect(outcome.stderr).not.toContain('hidden');
  });
});
