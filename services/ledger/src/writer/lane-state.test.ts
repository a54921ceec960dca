import { expect, test } from 'vitest';
import { LaneState } from './lane-state.ts';
import { LedgerDirectory } from './ledger-directory.ts';

const head = { seq: 1, eventId: undefined, at: undefined };

function stateWith(ledgers: number, lastLogLength: number): LaneState {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nobody asks for a ledger that is not remembered
  const state = new LaneState(new LedgerDirectory(undefined as never));
  const ledgerHead = {
    nextTxid: 1,
    lastTimestamp: undefined,
    nextLogId: 1,
    lastLog: 'x'.repeat(lastLogLength),
    lastEventSequence: 1,
    mappingVersion: 0,
  };
  for (let id = 1; id <= ledgers; id += 1) {
    state.ledger(`ledger-${id}`).loadHead(id, { head: ledgerHead, mapping: { contracts: null } });
  }
  state.read(head);
  return state;
}

test.each([
  { ledgers: 3_000, lastLogLength: 500, isRemembered: true },
  { ledgers: 5_000, lastLogLength: 500, isRemembered: false },
  { ledgers: 4, lastLogLength: 900_000, isRemembered: true },
  { ledgers: 5, lastLogLength: 900_000, isRemembered: false },
])(
  'a lane remembers $ledgers ledgers with last log rows of $lastLogLength characters: $isRemembered',
  ({ ledgers, lastLogLength, isRemembered }) => {
    expect(stateWith(ledgers, lastLogLength).head).toEqual(isRemembered ? head : undefined);
  },
);
