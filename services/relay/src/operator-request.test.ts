import { describe, expect, it } from 'vitest';
import { parseDecision, parsePause } from './operator-request.ts';

const least = { by: 'ada', why: 'to see' };

describe('parseDecision', () => {
  it('wants to know who and why, and nothing else', () => {
    expect(parseDecision(least)).toEqual({ kind: 'request', request: least });
    expect(parseDecision({ by: 'ada' })).toMatchObject({ kind: 'invalid', field: 'why' });
    expect(parseDecision({ ...least, id: 5 })).toMatchObject({ kind: 'invalid', field: 'id' });
    expect(parseDecision(undefined)).toMatchObject({ kind: 'invalid', field: '' });
  });
});

describe('parsePause', () => {
  it.each([
    [{ scope: 'all' }, { scope: 'all', target: '' }],
    [
      { scope: 'lane', target: 3 },
      { scope: 'lane', target: '3' },
    ],
    [
      { scope: 'ledger', target: 'main' },
      { scope: 'ledger', target: 'main' },
    ],
  ])('reads %j', (input, request) => {
    expect(parsePause({ ...input, ...least })).toEqual({ kind: 'request', request: { ...request, ...least } });
  });

  it.each([
    [{ scope: 'some' }, 'scope'],
    [{ scope: 'all', target: 'main' }, 'target'],
    [{ scope: 'lane' }, 'target'],
    [{ scope: 'ledger', target: '' }, 'target'],
    [{ scope: 'ledger', target: ['main'] }, 'target'],
    [{}, 'scope'],
  ])('refuses %j', (input, field) => {
    expect(parsePause({ ...input, ...least })).toMatchObject({ kind: 'invalid', field });
  });
});
