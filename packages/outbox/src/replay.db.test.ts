import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  appendPositions,
  cancelReplay,
  createReplay,
  failReplay,
  findReplay,
  finishReplay,
  listReplays,
  noteReplayError,
  readReplayPage,
  replayLanes,
  resumeReplay,
  runningReplays,
  saveReplayProgress,
  type ReplayOrder,
} from './index.ts';
import { OutboxDatabase } from './testing/outbox-database.ts';

let database: OutboxDatabase;
const stated = { relay: 'relay', held: [], mustExist: false };
const day = (number: number) => `2026-01-0${number} 00:00:00+00`;

beforeAll(async () => {
  database = await OutboxDatabase.create();
  const { pool } = database;
  // Lane 0 on three days, 10 rows each, of which 25 are published; lane 1 with 5 rows, all published; lane 2 with none.
  for (const number of [1, 2, 3]) await database.write(0, 10, { at: day(number) });
  await database.write(1, 5, { at: day(2), type: 'SAVED_METADATA' });
  await appendPositions(pool, [{ lane: 0, seq: 25, at: day(3) }], stated);
  await appendPositions(pool, [{ lane: 1, seq: 5, at: day(2) }], stated);
  await pool.query(
    `insert into ledger (id, name, lane, created_at) values (1, 'ledger-0-1', 0, now()), (2, 'ledger-1-1', 1, now())`,
  );
});

beforeEach(async () => {
  await database.pool.query('delete from replay');
  await database.pool.query('delete from held');
  await database.pool.query('delete from parked');
  await database.pool.query('delete from pause');
});

afterAll(async () => {
  await database.drop();
});

const everything: ReplayOrder = {
  ledgers: undefined,
  types: undefined,
  fromTime: undefined,
  toTime: undefined,
  fromSequence: undefined,
  toSequence: undefined,
  mapping: undefined,
  rowsPerSecond: 1_000,
  by: 'ada',
  why: 'a new consumer',
};

async function ordered(narrowed: Partial<ReplayOrder> = {}): Promise<string> {
  const creation = await createReplay(database.relayPool, { ...everything, ...narrowed });
  if (creation.kind !== 'created') throw new Error(creation.kind);
  return creation.id;
}

const boundsOf = async (id: string) =>
  (await replayLanes(database.relayPool, id)).map(({ lane, seq, untilSeq }) => [lane, seq, untilSeq]);

/** The rows that a replay sends of a lane, page by page. */
async function rowsOf(
  id: string,
  lane: number,
  limits = { rows: 1_000, bytes: 1_000_000 },
): Promise<readonly number[]> {
  const found: number[] = [];
  let cursor = (await replayLanes(database.relayPool, id)).find((one) => one.lane === lane);
  while (cursor !== undefined && cursor.seq < cursor.untilSeq) {
    const page = await readReplayPage(database.relayPool, { id, lane: cursor }, limits);
    if (page === undefined) throw new Error('no such replay');
    found.push(...page.rows.map((row) => row.seq));
    cursor = { ...cursor, seq: page.lastSeq, at: page.lastAt };
  }
  return found;
}

const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, index) => first + index);

describe('createReplay', () => {
  it.each([
    [
      {},
      [
        [0, 0, 25],
        [1, 0, 5],
      ],
    ],
    [{ ledgers: ['ledger-0-1'] }, [[0, 0, 25]]],
    [{ ledgers: ['ledger-1-1'] }, [[1, 0, 5]]],
    [
      { fromTime: day(2) },
      [
        [0, 10, 25],
        [1, 0, 5],
      ],
    ],
    [{ fromTime: day(3) }, [[0, 20, 25]]],
    [
      { toTime: day(3) },
      [
        [0, 0, 20],
        [1, 0, 5],
      ],
    ],
    [
      { fromTime: day(2), toTime: day(3) },
      [
        [0, 10, 20],
        [1, 0, 5],
      ],
    ],
    [{ fromTime: day(4) }, []],
    [{ toTime: day(1) }, []],
  ])('of %j goes to what is published by now, lane by lane: %j', async (narrowed, bounds) => {
    expect(await boundsOf(await ordered(narrowed))).toEqual(bounds);
  });

  it('does not reach what is published later', async () => {
    const id = await ordered();
    await appendPositions(database.relayPool, [{ lane: 0, seq: 26, at: day(3) }], stated);
    expect((await rowsOf(id, 0)).at(-1)).toBe(25);
    await database.pool.query('delete from position where seq = 26');
  });

  it('names a ledger that does not exist', async () => {
    const creation = await createReplay(database.relayPool, { ...everything, ledgers: ['ledger-0-1', 'nobody'] });
    expect(creation).toEqual({ kind: 'unknown-ledger', ledger: 'nobody' });
    expect(await listReplays(database.relayPool)).toEqual([]);
  });

  it('refuses the 101st that runs', async () => {
    await database.pool.query(
      `insert into replay (rows_per_second, created_by, why) select 1, 'ada', 'test' from generate_series(1, 100)`,
    );
    expect(await createReplay(database.relayPool, everything)).toEqual({ kind: 'too-many', runningMax: 100 });
  });
});

describe('readReplayPage', () => {
  it('gives whole rows in sequence, however small the pages are', async () => {
    const id = await ordered();
    expect(await rowsOf(id, 0)).toEqual(upTo(25));
    expect(await rowsOf(id, 0, { rows: 3, bytes: 1_000_000 })).toEqual(upTo(25));
    expect(await rowsOf(id, 0, { rows: 1_000, bytes: 1 })).toEqual(upTo(25));
  });

  it.each<[Partial<ReplayOrder>, readonly number[]]>([
    [{ ledgers: ['ledger-0-1'] }, [1, 5, 9, 11, 15, 19, 21, 25]],
    [{ types: ['SAVED_METADATA'] }, []],
    [{ fromSequence: 9 }, [9, 10, 19, 20]],
    [{ toSequence: 1 }, [1, 11, 21]],
    [{ fromSequence: 2, toSequence: 3, fromTime: day(2) }, [12, 13, 22, 23]],
  ])('of %j gives %j', async (narrowed, rows) => {
    expect(await rowsOf(await ordered(narrowed), 0)).toEqual(rows);
    expect(await rowsOf(await ordered(narrowed), 0, { rows: 2, bytes: 1_000_000 })).toEqual(rows);
  });

  it('leaves out what was set aside: rows of held keys, and parked rows unless they were published after all', async () => {
    const { pool } = database;
    const id = await ordered();
    await pool.query(`insert into held (lane, key, from_seq, at) values (0, 'ledger-0-1', 11, $1)`, [day(2)]);
    for (const [seq, state] of [
      [2, 'parked'],
      [3, 'discarded'],
      [4, 'published'],
      [6, 'retry'],
    ] as const) {
      await pool.query(
        `insert into parked (lane, seq, at, event_id, type, ledger, event_sequence, key, topic, error, attempts, policy, parked_by, state,
           decided_by, decided_why, decided_at)
         values (0, $1, $2, gen_random_uuid(), 'T', 'l', 1, 'k', 't', 'e', 1, 'pass', 'relay', $3, 'ada', 'test', now())`,
        [seq, day(1), state],
      );
    }
    const aside = new Set([2, 3, 6, 11, 15, 19, 21, 25]);
    expect(await rowsOf(id, 0)).toEqual(upTo(25).filter((seq) => !aside.has(seq)));
    expect(await rowsOf(id, 1)).toEqual(upTo(5));
  });

  it.each([
    ['all', '', true],
    ['lane', '0', true],
    ['lane', '1', false],
    ['ledger', 'ledger-0-1', true],
    ['ledger', 'ledger-1-1', false],
  ])('tells of a pause of %s %s: %s', async (scope, target, isPaused) => {
    const { pool } = database;
    const id = await ordered();
    await pool.query(`insert into pause (scope, target, paused_by, why) values ($1, $2, 'ada', 'test')`, [
      scope,
      target,
    ]);
    const [lane] = await replayLanes(pool, id);
    if (lane === undefined) throw new Error('no lane');
    expect(await readReplayPage(pool, { id, lane }, { rows: 10, bytes: 1_000 })).toMatchObject({ isPaused });
  });

  it('tells where the rows that are kept begin, and the state that the replay is in', async () => {
    const { pool } = database;
    const id = await ordered();
    const lane = { lane: 1, seq: 7, at: '-infinity', untilSeq: 20 };
    const limits = { rows: 10, bytes: 1_000 };
    expect(await readReplayPage(pool, { id, lane }, limits)).toMatchObject({ firstSeq: undefined, rows: [] });
    await cancelReplay(pool, id, { by: 'ada', why: 'test' });
    const from = { ...lane, lane: 0, seq: 2, untilSeq: 25 };
    expect(await readReplayPage(pool, { id, lane: from }, limits)).toMatchObject({ firstSeq: 3, state: 'cancelled' });
    await pool.query('delete from replay');
    expect(await readReplayPage(pool, { id, lane }, limits)).toBeUndefined();
  });

  it('looks at no more than 10,000 rows at once', async () => {
    const { pool } = database;
    await database.write(3, 10_002, { at: day(1) });
    await appendPositions(pool, [{ lane: 3, seq: 10_002, at: day(1) }], stated);
    const id = await ordered({ fromSequence: 10_002 });
    const lane = (await replayLanes(pool, id)).find((one) => one.lane === 3);
    if (lane === undefined) throw new Error('no lane');
    const page = await readReplayPage(pool, { id, lane }, { rows: 10, bytes: 1_000 });
    expect(page).toMatchObject({ lastSeq: 10_000, rows: [] });
    expect(await rowsOf(id, 3)).toEqual([10_002]);
    await pool.query('delete from position where lane = 3');
  });
});

describe('the progress of a replay', () => {
  it('counts once, whoever stores it', async () => {
    const { pool } = database;
    const id = await ordered();
    const step = { lane: 0, afterSeq: 0, seq: 10, at: day(1), sentRows: 7 };
    expect(await saveReplayProgress(pool, id, step)).toBe(true);
    expect(await saveReplayProgress(pool, id, { ...step, seq: 5, sentRows: 5 })).toBe(false);
    expect(await boundsOf(id)).toEqual([
      [0, 10, 25],
      [1, 0, 5],
    ]);
    const shown = await findReplay(pool, id);
    expect(shown).toMatchObject({ state: 'running', sentRows: 7, passedRows: 10, totalRows: 30 });
    expect(shown?.secondsLeft).toBeGreaterThan(0);
  });

  it('is kept by a cancel and a resume, which say who and why', async () => {
    const { pool } = database;
    const id = await ordered({ ledgers: ['ledger-0-1'] });
    await saveReplayProgress(pool, id, { lane: 0, afterSeq: 0, seq: 10, at: day(1), sentRows: 3 });
    const decider = { by: 'grace', why: 'too early' };
    expect(await resumeReplay(pool, id, decider)).toEqual({ kind: 'wrong-state', state: 'running' });
    expect(await cancelReplay(pool, id, decider)).toEqual({ kind: 'decided' });
    expect(await cancelReplay(pool, id, decider)).toEqual({ kind: 'wrong-state', state: 'cancelled' });
    expect(await findReplay(pool, id)).toMatchObject({ state: 'cancelled', decidedBy: 'grace', secondsLeft: null });
    expect(await runningReplays(pool)).toEqual([]);
    expect(await resumeReplay(pool, id, decider)).toEqual({ kind: 'decided' });
    expect(await findReplay(pool, id)).toMatchObject({
      state: 'running',
      finishedAt: null,
      sentRows: 3,
      secondsLeft: null,
    });
    expect(await runningReplays(pool)).toEqual([{ id, mapping: null, rowsPerSecond: 1_000 }]);
    expect(await boundsOf(id)).toEqual([[0, 10, 25]]);
  });

  it('shows what holds it up, and why it failed', async () => {
    const { pool } = database;
    const id = await ordered();
    expect(await noteReplayError(pool, id, 'no broker')).toBe('running');
    expect(await findReplay(pool, id)).toMatchObject({ state: 'running', error: 'no broker' });
    expect(await noteReplayError(pool, id, null)).toBe('running');
    await failReplay(pool, id, 'poison');
    expect(await noteReplayError(pool, id, null)).toBe('failed');
    expect(await findReplay(pool, id)).toMatchObject({ state: 'failed', error: 'poison' });
    await resumeReplay(pool, id, { by: 'ada', why: 'mended' });
    expect(await findReplay(pool, id)).toMatchObject({ state: 'running', error: null });
  });

  it('is done only when every lane is through', async () => {
    const { pool } = database;
    const id = await ordered({ ledgers: ['ledger-1-1'] });
    await finishReplay(pool, id);
    expect(await findReplay(pool, id)).toMatchObject({ state: 'running' });
    await saveReplayProgress(pool, id, { lane: 1, afterSeq: 0, seq: 5, at: day(2), sentRows: 5 });
    await finishReplay(pool, id);
    expect(await findReplay(pool, id)).toMatchObject({ state: 'done', passedRows: 5, totalRows: 5 });
    expect(await resumeReplay(pool, id, { by: 'ada', why: 'test' })).toEqual({ kind: 'wrong-state', state: 'done' });
  });

  it('is resumed behind rows that are not kept any more', async () => {
    const { pool } = database;
    const id = await ordered();
    await failReplay(pool, id, 'rows are gone');
    await pool.query('delete from outbox where lane = 0 and seq <= 10 or lane = 1');
    await resumeReplay(pool, id, { by: 'ada', why: 'the rest will do' });
    expect(await boundsOf(id)).toEqual([[0, 10, 25]]);
    expect(await rowsOf(id, 0)).toEqual(upTo(25, 11));
  });
});
