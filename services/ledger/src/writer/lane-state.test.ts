import { expect, test } from 'vitest';
import { LaneState } from './lane-state.ts';
import type { LedgerDirectory } from './ledger-directory.ts';

const head = { seq: 1, eventId: undefined, at: undefined };

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nobody asks for a ledger that is not remembered
const directory = { peek: () => undefined } as unknown as LedgerDirectory;

/** A state after one batch for each of these ledgers. */
function stateWith(ledgers: number, lastLogLength: number): LaneState {
  const state = new LaneState(0, directory);
  const ledgerHead = {
    nextTxid: 1,
    lastTimestamp: undefined,
    nextLogId: 1,
    lastLog: 'x'.repeat(lastLogLength),
    lastEventSequence: 1,
    mappingVersion: 0,
  };
  for (let id = 1; id <= ledgers; id += 1) {
    state.beginBatch();
    state.ledger(`ledger-${id}`).loadHead(id, { head: ledgerHead, mapping: { contracts: null } });
    state.decided(head);
  }
  state.beginBatch();
  return state;
}

test.each([
  { ledgers: 3_000, lastLogLength: 500, remembered: 3_000 },
  { ledgers: 5_000, lastLogLength: 500, remembered: 4_000 },
  { ledgers: 4, lastLogLength: 900_000, remembered: 4 },
  { ledgers: 50, lastLogLength: 900_000, remembered: 4 },
])(
  'of $ledgers ledgers with last log rows of $lastLogLength characters a lane remembers the last $remembered',
  ({ ledgers, lastLogLength, remembered }) => {
    const state = stateWith(ledgers, lastLogLength);
    const isKnown = (id: number) => state.ledger(`ledger-${id}`).isLoaded;
    const known = Array.from({ length: ledgers }, (_, index) => isKnown(index + 1));
    expect(known.filter(Boolean).length).toBe(remembered);
    expect(known.lastIndexOf(false)).toBe(ledgers - remembered - 1);
  },
);

const written = { seq: 7, eventId: 'a', at: '2024-01-01T00:00:00.000000000Z' };
const next = { ...written, seq: 8, eventId: 'b' };

/** A state whose last batch under the lock left `written`, which the lock then found again. */
function confirmedState(): LaneState {
  const state = new LaneState(0, directory);
  state.beginBatch();
  state.decided(written);
  state.confirm(written);
  return state;
}

test('a batch counts on no head before the lock has found one as it was left', () => {
  const state = new LaneState(0, directory);
  expect(state.headAhead).toBeUndefined();
  state.confirm(written);
  expect(state.headAhead).toBeUndefined();
  state.decided(written);
  expect([state.head, state.headAhead]).toEqual([written, undefined]);
  state.confirm(written);
  expect(state.headAhead).toEqual(written);
  state.decided(next);
  expect(state.headAhead).toEqual(next);
});

test.each([
  ['has another sequence', next],
  ['has the same sequence and another event', { ...written, eventId: 'b' }],
  ['is the floor', { seq: written.seq, eventId: undefined, at: undefined }],
])(
  'nothing is counted on or remembered where the head %s, until it was found as it was left 16 times in a row',
  (_, found) => {
    const state = confirmedState();
    state.confirm(found);
    expect([state.head, state.headAhead]).toEqual([undefined, undefined]);
    state.decided(next);
    for (let time = 1; time < 16; time += 1) state.confirm(next);
    expect([state.head, state.headAhead]).toEqual([next, undefined]);
    state.confirm(next);
    expect(state.headAhead).toEqual(next);
  },
);

test('another writer that is met again is waited for anew, and nothing that was loaded behind the lock is forgotten', () => {
  const state = confirmedState();
  state.shared();
  state.decided(next);
  for (let time = 1; time < 16; time += 1) state.confirm(next);
  state.confirm(written);
  expect(state.head).toEqual(next);
  for (let time = 1; time < 16; time += 1) state.confirm(next);
  expect(state.headAhead).toBeUndefined();
  state.confirm(next);
  expect(state.headAhead).toEqual(next);
});

test('of a lane that others write too, a batch begins with the head alone', () => {
  const state = stateWith(3, 10);
  state.shared();
  state.decided(written);
  const loaded = state.ledger('ledger-1');
  loaded.loadHead(1, {
    head: {
      nextTxid: 1,
      lastTimestamp: undefined,
      nextLogId: 1,
      lastLog: 'x',
      lastEventSequence: 1,
      mappingVersion: 0,
    },
    mapping: { contracts: null },
  });
  state.decided(written);
  state.beginBatch();
  expect(state.head).toEqual(written);
  expect(state.ledger('ledger-1').isLoaded).toBe(false);
});

test('no batch counts on a lane without rows', () => {
  const state = new LaneState(0, directory);
  state.decided(head);
  state.confirm(head);
  expect(state.headAhead).toBeUndefined();
});

test('what came in between is forgotten, head and all', () => {
  const state = confirmedState();
  state.notAlone();
  expect([state.head, state.headAhead]).toEqual([undefined, undefined]);
});
