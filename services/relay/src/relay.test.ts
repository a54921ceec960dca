import type { StoredRow } from '@daybook/outbox';
import { delay } from '@daybook/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { settleMicrotasks } from '../test-fixtures/scheduler.ts';
import type { Statement } from './position-log.ts';
import { Relay } from './relay.ts';
import { readTopicMapping } from './topic-mapping.ts';

const lane = 3;
const at = '2026-01-01 00:00:00+00';

const row = (seq: number): StoredRow => ({
  lane,
  seq,
  at,
  eventId: `event ${seq}`,
  type: 'COMMITTED_TRANSACTIONS',
  ledger: 'books',
  eventSequence: seq,
  key: 'books',
  headers: null,
  body: '{}',
  bytes: 2,
});

let statements: Statement[];
let acknowledge: (() => void)[];
let rows: StoredRow[];
let relay: Relay;
let running: Promise<void>;

beforeEach(() => {
  statements = [];
  acknowledge = [];
  rows = [];
  relay = new Relay({
    outbox: {
      readNext: async ([cursor]) => rows.filter(({ seq }) => seq > (cursor?.seq ?? 0)),
      appendPositions: async (statement) => {
        statements.push(statement);
        return [];
      },
      park: async () => 'parked',
      holdKey: async ({ seq }) => seq + 1,
      readRow: async ({ seq }) => row(seq),
      readHeld: async (_cursor, _key, until) => ({ rows: [], through: until }),
      settledAbove: async () => new Set(),
      moveHeld: async () => true,
      releaseHeld: async () => true,
      notePublished: async () => true,
    },
    publisher: {
      publish: async (records, settle) => {
        acknowledge.push(() => settle(records, { kind: 'acknowledged' }));
      },
      check: async () => undefined,
      stop: async () => {},
    },
    mapping: readTopicMapping(['*:money'], 'skip'),
    observe: () => {},
    mayPublish: () => true,
    poison: { attemptsMax: 1, policy: 'hold-key' },
    onDoubt: () => {},
    batchRows: 10,
    batchBytes: 1_000,
    retryBaseMs: 1,
    retryMaxMs: 1,
    delay,
  });
  running = relay.run();
  relay.own([{ position: { lane, seq: 0, at: '-infinity' }, held: [], setAside: [], isPaused: false }]);
});

afterEach(async () => {
  relay.stop();
  await running;
});

async function fly(seq: number, meanwhile: () => void = () => {}): Promise<void> {
  rows.push(row(seq));
  relay.wake();
  await settleMicrotasks();
  meanwhile();
  acknowledge.shift()?.();
  await settleMicrotasks();
}

describe('a position', () => {
  it('is stated over a row that must still be there, where the row was on its way while the database was away', async () => {
    await fly(1);
    expect(statements.at(-1)).toMatchObject({ positions: [{ seq: 1 }], mustExist: false });
    await fly(2, () => relay.distrust());
    expect(statements.at(-1)).toMatchObject({ positions: [{ seq: 2 }], mustExist: true });
  });
});
