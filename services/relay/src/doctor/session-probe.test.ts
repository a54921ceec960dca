import { describe, expect, it } from 'vitest';
import { judgeConnectionFailure, judgeListen, judgeSession, type SessionAnswers } from './session-probe.ts';

/** Straight to PostgreSQL. */
const direct: SessionAnswers = { setting: 'asked', firstBackend: 7, laterBackend: 7, preparedRefusal: undefined };

// As answered by PgBouncer 1.18 of Debian 12 in front of PostgreSQL 18, in the pool modes that the names say.
const withIgnoredOptions = { ...direct, setting: null };
const bouncer: Readonly<Record<string, SessionAnswers>> = {
  'transaction, a server of its own': { ...withIgnoredOptions, laterBackend: 8 },
  'transaction, one server for all': { ...withIgnoredOptions, laterBackend: undefined },
  'transaction, a server that others used': {
    ...withIgnoredOptions,
    laterBackend: undefined,
    preparedRefusal: '42P05',
  },
  'transaction, a server that others did not use': {
    ...withIgnoredOptions,
    laterBackend: undefined,
    preparedRefusal: '26000',
  },
  'session, start-up options ignored': withIgnoredOptions,
};

describe('a session', () => {
  it('is one when all is kept', () => {
    expect(judgeSession(direct)).toMatchObject({ status: 'ok' });
  });

  it.each([
    ['transaction, a server of its own', /by transaction: one connection was served by two server processes/],
    ['transaction, one server for all', /by transaction: a connection had no answer/],
    ['transaction, a server that others used', /by transaction: prepared statements .* 42P05/],
    ['transaction, a server that others did not use', /by transaction: prepared statements .* 26000/],
    ['session, start-up options ignored', /^a pooler is in between: settings .* were dropped$/],
  ])('is none behind PgBouncer in mode %s', (mode, found) => {
    expect(judgeSession(bouncer[mode] ?? direct)).toMatchObject({
      status: 'fail',
      found: expect.stringMatching(found),
      mend: expect.stringContaining('DATABASE_URL'),
    });
  });

  it('hears, or does not', () => {
    expect(judgeListen(true)).toMatchObject({ status: 'ok' });
    expect(judgeListen(false)).toMatchObject({ status: 'fail', mend: expect.stringContaining('pool_mode') });
  });
});

describe('a connection that fails', () => {
  it.each([
    // What PgBouncer says as long as it is not told to ignore them.
    [
      new Error('unsupported startup parameter: options'),
      /a pooler refuses the settings/,
      /start-up parameter options/,
    ],
    [new Error('password authentication failed for user "relay"'), /password authentication failed/, /DATABASE_URL/],
    [new AggregateError([new Error('connect ECONNREFUSED ::1:5432')], ''), /ECONNREFUSED/, /DATABASE_URL/],
    ['a text', /a text/, /DATABASE_URL/],
  ])('%#: says what to look at', (error, found, mend) => {
    expect(judgeConnectionFailure(error)).toMatchObject({
      status: 'fail',
      found: expect.stringMatching(found),
      mend: expect.stringMatching(mend),
    });
  });
});
