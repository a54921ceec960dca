import { describe, expect, it } from 'vitest';
import { parseReplayOrder } from './replay-request.ts';

const least = { by: 'ada', why: 'a new consumer' };

describe('parseReplayOrder', () => {
  it('takes what names only who and why for everything, a thousand rows a second', () => {
    const parsed = parseReplayOrder({ ...least, ledgers: null });
    expect(parsed).toEqual({
      kind: 'request',
      request: {
        ...least,
        ledgers: undefined,
        types: undefined,
        fromTime: undefined,
        toTime: undefined,
        fromSequence: undefined,
        toSequence: undefined,
        mapping: undefined,
        rowsPerSecond: 1_000,
      },
    });
  });

  it('takes every field', () => {
    const all = {
      ledgers: ['books', 'a.b-c_d'],
      types: ['SAVED_METADATA'],
      fromTime: '2026-11-24T09:30:00.123456+01:00',
      toTime: '2026-11-24T09:30:00Z',
      fromSequence: 1,
      toSequence: 1,
      mapping: ['*:again', 'SAVED_METADATA:https://host/{ledger}'],
      rowsPerSecond: 100_000,
      ...least,
    };
    expect(parseReplayOrder(all)).toEqual({ kind: 'request', request: all });
  });

  it.each([
    ['', 'text', 'must be a JSON object'],
    ['', null, 'must be a JSON object'],
    ['', [], 'must be a JSON object'],
    ['colour', { ...least, colour: 'red' }, 'is not known'],
    ['by', { why: 'test' }, 'must say who asks for it'],
    ['by', { by: ' ', why: 'test' }, 'must say who asks for it'],
    ['by', { by: 'a\0', why: 'test' }, 'must not hold a NUL or half a character'],
    ['why', { by: 'ada', why: '' }, 'must say what it is for'],
    ['why', { by: 'ada', why: 'x'.repeat(1_001) }, 'must not be longer than 1000 characters'],
    ['ledgers', { ...least, ledgers: 'books' }, 'must be a list'],
    ['ledgers', { ...least, ledgers: [] }, 'must not be empty: leave it out to choose all'],
    ['ledgers', { ...least, ledgers: ['_x'] }, 'must hold names of ledgers'],
    ['ledgers', { ...least, ledgers: [5] }, 'must hold names'],
    ['types', { ...least, types: ['COMMITTED'] }, expect.stringMatching(/^must hold types of events: COMMITTED_TRANS/)],
    ['fromTime', { ...least, fromTime: 5 }, 'must be a text'],
    ['fromTime', { ...least, fromTime: '2026-02-30T00:00:00Z' }, expect.stringMatching(/^must be a moment/)],
    ['fromTime', { ...least, fromTime: '2026-11-24' }, expect.stringMatching(/^must be a moment/)],
    ['toTime', { ...least, toTime: '0000-01-01T00:00:00Z' }, expect.stringMatching(/^must be a moment/)],
    [
      'toTime',
      { ...least, fromTime: '2026-11-24T00:00:00Z', toTime: '2026-11-24T00:00:00+01:00' },
      'must not be before the beginning',
    ],
    ['fromSequence', { ...least, fromSequence: 0 }, 'must be at least 1'],
    ['fromSequence', { ...least, fromSequence: 1.5 }, 'must be a whole number'],
    ['fromSequence', { ...least, fromSequence: '1' }, 'must be a whole number'],
    ['toSequence', { ...least, fromSequence: 5, toSequence: 4 }, 'must not be below the first one'],
    ['mapping', { ...least, mapping: ['again'] }, expect.stringMatching(/^has an entry without a colon/)],
    ['mapping', { ...least, mapping: ['NOTHING:again'] }, expect.stringMatching(/^names an unknown type/)],
    ['mapping', { ...least, mapping: ['*:a b'] }, expect.stringMatching(/^names an illegal topic/)],
    ['mapping', { ...least, mapping: ['*:http://host:x/'] }, expect.stringMatching(/^names an illegal URL/)],
    [
      'mapping',
      { ...least, mapping: ['*:http://user:hush@host/'] },
      expect.stringMatching(/^names an illegal URL, "http:\/\/\*\*\*@host\/": credentials are taken from/),
    ],
    ['rowsPerSecond', { ...least, rowsPerSecond: 0 }, 'must be at least 1'],
    ['rowsPerSecond', { ...least, rowsPerSecond: 100_001 }, 'must be at most 100000'],
  ])('refuses for %j: %j', (field, input, message) => {
    expect(parseReplayOrder(input)).toEqual({ kind: 'invalid', field, message });
  });
});
