import { expect, test } from 'vitest';
import { LaneState } from './lane-state.ts';
import type { LedgerDirectory } from './ledger-directory.ts';

const head = { seq: 1, eventId: undefined, at: undefined };

/** A state after one batch for each of these ledgers. */
function stateWith(ledgers: number, lastLogLength: number): LaneState {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nobody asks for a ledger that is not remembered
  const directory = { peek: () => undefined } as unknown as LedgerDirectory;
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
