import type { Replay } from '@daybook/outbox';
import { expect, it } from 'vitest';
import { progressText, renderReplays } from './replay-table.ts';

const replay: Replay = {
  id: '5b1c54cd-7d0e-4c7b-a0f0-2f7ac5de1e3a',
  state: 'running',
  error: null,
  ledgers: null,
  types: null,
  fromTime: null,
  toTime: null,
  fromSequence: null,
  toSequence: null,
  mapping: null,
  rowsPerSecond: 1_000,
  createdBy: 'ada',
  why: 'a new consumer',
  createdAt: '2026-11-24T09:30:00.000000Z',
  decidedBy: null,
  decidedWhy: null,
  decidedAt: null,
  finishedAt: null,
  sentRows: 420,
  passedRows: 999,
  totalRows: 1_000,
  secondsLeft: 8_130,
};

it('shows what is replayed, how far it is and why', () => {
  const narrowed: Replay = {
    ...replay,
    ledgers: ['a', 'b', 'c', 'd', 'e'],
    types: ['SAVED_METADATA'],
    toSequence: 9,
    mapping: ['*:again'],
    error: 'no broker',
    secondsLeft: null,
  };
  expect(renderReplays([replay, narrowed])).toBe(
    [
      'REPLAY                                STATE    PASSED  SENT  ROWS/S MAX  LEFT        WHAT                                                            WHY',
      '5b1c54cd-7d0e-4c7b-a0f0-2f7ac5de1e3a  running  99%     420   1000        2 h 16 min  all ledgers                                                     a new consumer',
      '5b1c54cd-7d0e-4c7b-a0f0-2f7ac5de1e3a  running  99%     420   1000        -           a b c and 2 more, SAVED_METADATA, sequences 1 to 9, by *:again  a new consumer (no broker)',
    ].join('\n'),
  );
  expect(renderReplays([])).toBe('There are no replays.');
});

it.each([
  [{}, 'running: 99% passed, 420 sent, 2 h 16 min left'],
  [{ secondsLeft: 0.2 }, 'running: 99% passed, 420 sent, 1 s left'],
  [{ secondsLeft: 61 }, 'running: 99% passed, 420 sent, 2 min left'],
  [{ secondsLeft: null, error: 'no broker' }, 'running: 99% passed, 420 sent; no broker'],
  [{ state: 'done', secondsLeft: null, passedRows: 0, totalRows: 0 } as const, 'done: 100% passed, 420 sent'],
])('says of %j: %s', (change, text) => {
  expect(progressText({ ...replay, ...change })).toBe(text);
});
