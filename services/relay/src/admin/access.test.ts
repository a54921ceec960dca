import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { accessFault } from './access.ts';

const token = 'a-token-of-some-length';

function request(from: string, headers: { readonly host?: string; readonly authorization?: string }): IncomingMessage {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- all that the guard looks at
  return { socket: { remoteAddress: from }, headers } as unknown as IncomingMessage;
}

describe('the guard of the admin API', () => {
  it.each([
    ['127.0.0.1', 'localhost:3069', undefined],
    ['::1', '[::1]:3069', undefined],
    ['::ffff:127.0.0.1', '127.0.0.1:3069', undefined],
    ['10.0.0.9', 'localhost:3069', 403],
    ['127.0.0.1', 'relay.example.org:3069', 403],
    ['127.0.0.1', '', 403],
  ])('without a token lets only this machine pass: %s as %s', (from, host, status) => {
    expect(accessFault(request(from, { host }), undefined)?.status).toBe(status);
  });

  it.each([
    [`Bearer ${token}`, undefined],
    [`bearer  ${token}`, undefined],
    [undefined, 401],
    ['Bearer another-token-of-it', 401],
    [`Bearer ${token}x`, 401],
    [`Basic ${token}`, 401],
  ])('with one lets those pass who show it, from anywhere: %s', (authorization, status) => {
    const headers = authorization === undefined ? {} : { authorization };
    expect(accessFault(request('10.0.0.9', headers), token)?.status).toBe(status);
    expect(accessFault(request('127.0.0.1', headers), token)?.status).toBe(status);
  });
});
