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

describe('the settings of the ledger', () => {
  it.each<[string, Readonly<Record<string, string>>, object]>([
    ['any origin', { CORS_ALLOWED_ORIGINS: '*' }, { corsAllowedOrigins: ['*'] }],
    ['the limits', {}, { httpHeaderBytesMax: 16_384, httpConnectionsMax: 4_096, httpRequestTimeoutMs: 30_000 }],
  ])('take %s', (_what, environment, values) => {
    expect(read(environment)).toMatchObject({ kind: 'run', values });
  });

  it.each<[Readonly<Record<string, string>>, string]>([
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
  });
});
