import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  appendPositions,
  decideParked,
  heldKeys,
  holdKey,
  listParked,
  notePassedHalts,
  notePublished,
  parkRow,
  readNext,
  type PoisonPolicy,
} from './index.ts';
import { OutboxDatabase } from './testing/outbox-database.ts';

let database: OutboxDatabase;

beforeAll(async () => {
  database = await OutboxDatabase.create();
  await database.write(0, 3);
});

afterAll(async () => {
  await database.drop();
});

const limits = { rows: 10, rowsPerLane: 10, bytes: 1_000_000 };

async function park(seq: number, policy: PoisonPolicy) {
  const rows = await readNext(database.relayPool, [{ lane: 0, seq: 0, at: '-infinity' }], limits);
  const row = rows.find((each) => each.seq === seq);
  if (row === undefined) throw new Error(`no row ${seq}`);
  const state = await parkRow(database.relayPool, {
    row,
    topic: 'money',
    error: 'staged',
    attempts: 1,
    policy,
    relay: 'one',
  });
  return { row, state };
}

const stateOf = async (seq: number) => {
  const all = await listParked(database.relayPool, {
    states: ['parked', 'retry', 'discarded', 'published'],
    limit: 10,
  });
  return all.find((row) => row.seq === seq);
};

describe('parkRow', () => {
  it('holds the key of a row at which its lane stood still, once the policy lets the lane go on', async () => {
    await park(1, 'halt');
    expect(await heldKeys(database.relayPool, [0])).toEqual([]);
    const { row } = await park(1, 'hold-key');
    expect(await heldKeys(database.relayPool, [0])).toMatchObject([{ key: row.key, fromSeq: 1, isReleasable: false }]);
    expect(await stateOf(1)).toMatchObject({ policy: 'hold-key', attempts: 2 });
  });
});

describe('notePublished', () => {
  it('tells rows that lost their place from the others', async () => {
    const { row } = await park(2, 'pass');
    const sent = { lane: 0, key: row.key, from: 2, through: 2 };
    await decideParked(database.relayPool, { lane: 0, seq: 2, state: 'retry' }, { by: 'me', why: 'test' });
    await notePublished(database.relayPool, { ...sent, isOutOfPlace: false });
    expect(await stateOf(2)).toMatchObject({ state: 'retry' });
    await notePublished(database.relayPool, { ...sent, isOutOfPlace: true });
    expect(await stateOf(2)).toMatchObject({ state: 'published' });
  });
});

describe('notePassedHalts', () => {
  it('notes a row that a position has passed, unless its key is held from there', async () => {
    await database.write(1, 3);
    const rows = await readNext(database.relayPool, [{ lane: 1, seq: 0, at: '-infinity' }], limits);
    const [first, second, third] = rows;
    if (first === undefined || second === undefined || third === undefined) throw new Error('no rows');
    for (const row of rows) {
      await parkRow(database.relayPool, {
        row,
        topic: 'money',
        error: 'staged',
        attempts: 1,
        policy: 'halt',
        relay: 'one',
      });
    }
    const states = async () => {
      const all = await listParked(database.relayPool, { states: ['parked', 'published'], limit: 10 });
      return all.filter(({ lane }) => lane === 1).map(({ state }) => state);
    };
    await holdKey(database.relayPool, { lane: 1, seq: 1, at: first.at }, second.key);
    const statement = { relay: 'one', held: [], mustExist: false };
    await appendPositions(database.relayPool, [{ lane: 1, seq: 2, at: second.at }], statement);
    await notePassedHalts(database.relayPool, [1]);
    expect(await states()).toEqual(['published', 'parked', 'parked']);
  });
});
