import { describe, expect, it } from 'vitest';
import { basicUsers } from './basic-users.ts';

const users = basicUsers(['alice:secret', 'bob:with:colon', 'bob:another', 'zoë:pässword']);

function encode(pair: string): string {
  return Buffer.from(pair).toString('base64');
}

describe('users with a password', () => {
  it.each([
    ['alice:secret', 'alice'],
    ['bob:with:colon', 'bob'],
    ['bob:another', 'bob'],
    ['zoë:pässword', 'zoë'],
  ])('are known and hold every scope: %s', (pair, subject) => {
    expect(users.check(encode(pair))).toEqual({ kind: 'caller', scopes: undefined, subject });
  });

  it.each([
    '',
    'not base64 at all',
    ...['', ':', 'alice', 'alice:', 'alice:secre', 'alice:secrets', 'bob:secret', 'ALICE:secret', ':secret'].map(
      encode,
    ),
  ])('are denied for anything else: %j', (credentials) => {
    expect(users.check(credentials)).toEqual({ kind: 'denied', reason: 'unknown user or wrong password' });
  });
});
