import { createPool } from '@daybook/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  appendPositions,
  beat,
  forgetDeadRelays,
  joinRelays,
  lagOf,
  laneIds,
  latestPositions,
  leaveRelays,
  livingRelays,
  prunePositions,
  readNext,
  waitingLanes,
} from './index.ts';
import { OutboxDatabase } from './testing/outbox-database.ts';

let database: OutboxDatabase;

beforeAll(async () => {
  database = await OutboxDatabase.create();
});

afterAll(async () => {
  await database.drop();
});

const unlimited = { rows: 1_000, rowsPerLane: 1_000, bytes: 1_000_000 };
const by = (relay: string) => ({ relay, held: [], mustExist: false });
const start = (lane: number, seq = 0) => ({ lane, seq, at: '-infinity' });

const living = async (...asked: Parameters<typeof livingRelays>) => (await livingRelays(...asked)).map(({ id }) => id);

describe('readNext', () => {
  beforeAll(async () => {
    await database.write(0, 5);
    await database.write(1, 3);
  });

  it('gives whole rows, lanes in the order asked, each by sequence', async () => {
    const rows = await readNext(database.relayPool, [start(1), start(0, 3), start(2)], unlimited);
    expect(rows.map(({ lane, seq }) => [lane, seq])).toEqual([
      [1, 1],
      [1, 2],
      [1, 3],
      [0, 4],
      [0, 5],
    ]);
    const [row] = rows;
    expect(row).toMatchObject({
      type: 'COMMITTED_TRANSACTIONS',
      ledger: 'ledger-1-1',
      key: 'ledger-1-1',
      eventSequence: 1,
      headers: null,
      body: '{"lane" : 1, "seq" : 1, "padding" : ""}',
      bytes: 39,
    });
    expect(row?.eventId).toMatch(/^[0-9a-f-]{36}$/);
    expect(row?.at).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+\+00$/);
  });

  it('counts stored headers with the bytes of the body', async () => {
    const headers = '{"traceparent":"00-aa-bb-01"}';
    const store = async (value: string | null) =>
      await database.pool.query('update outbox set headers = $1 where lane = 0 and seq = 1', [value]);
    await store(headers);
    const [row] = await readNext(database.pool, [start(0)], unlimited);
    await store(null);
    expect(row?.headers).toBe(headers);
    expect(row?.bytes).toBe(Buffer.byteLength(row?.body ?? '') + headers.length);
  });

  it('holds the limits: rows of a lane, rows of all, bytes of all', async () => {
    const counts = async (limits: Partial<typeof unlimited>) => {
      const rows = await readNext(database.relayPool, [start(0), start(1)], { ...unlimited, ...limits });
      return [0, 1].map((lane) => rows.filter((row) => row.lane === lane).length);
    };
    expect(await counts({ rowsPerLane: 2 })).toEqual([2, 2]);
    expect(await counts({ rows: 6 })).toEqual([5, 1]);
    expect(await counts({ bytes: 1 })).toEqual([1, 0]);
    expect(await counts({ bytes: 39 * 5 + 1 })).toEqual([5, 1]);
  });

  it('looks only at rows from the moment of the cursor on', async () => {
    await database.write(3, 2, { at: '2020-01-01T00:00:00Z' });
    await database.write(3, 1, { at: '2019-01-01T00:00:00Z' });
    const from = { lane: 3, seq: 1, at: '2020-01-01 00:00:00+00' };
    expect((await readNext(database.relayPool, [from], unlimited)).map(({ seq }) => seq)).toEqual([2]);
    expect((await readNext(database.relayPool, [start(3, 1)], unlimited)).map(({ seq }) => seq)).toEqual([2, 3]);
  });
});

describe('waitingLanes', () => {
  it('names the lanes with rows above their cursors', async () => {
    await database.write(4, 2);
    expect(await waitingLanes(database.relayPool, [start(4, 2), start(5)])).toEqual([]);
    expect(await waitingLanes(database.relayPool, [start(4, 1), start(5)])).toEqual([4]);
  });
});

describe('positions', () => {
  it('begin at nothing, and the greatest counts whoever wrote it', async () => {
    const at = '2026-01-01 00:00:00+00';
    expect(await latestPositions(database.relayPool, [6])).toEqual([start(6)]);
    await appendPositions(database.relayPool, [{ lane: 6, seq: 7, at }], by('one'));
    await appendPositions(
      database.relayPool,
      [
        { lane: 6, seq: 5, at },
        { lane: 6, seq: 7, at },
      ],
      by('two'),
    );
    expect(await latestPositions(database.relayPool, [6, 7])).toEqual([{ lane: 6, seq: 7, at }, start(7)]);
    expect(await prunePositions(database.relayPool, 6)).toBe(1);
    expect(await latestPositions(database.relayPool, [6])).toEqual([{ lane: 6, seq: 7, at }]);
  });
});

describe('lagOf', () => {
  it('counts from the oldest row that is not published', async () => {
    const clock = await database.pool.query<{ at: string }>(`select clock_timestamp() - interval '90 seconds' as at`);
    const at = clock.rows[0]?.at ?? '';
    await database.write(7, 4, { at });
    const [behind] = await lagOf(database.relayPool, [7]);
    expect(behind).toMatchObject({ lane: 7, position: 0, head: 4 });
    expect(behind?.lagSeconds).toBeGreaterThanOrEqual(90);
    expect(behind?.lagSeconds).toBeLessThan(150);
    await appendPositions(database.relayPool, [{ lane: 7, seq: 4, at }], by('one'));
    expect(await lagOf(database.relayPool, [7])).toEqual([{ lane: 7, position: 4, head: 4, lagSeconds: 0 }]);
  });

  it('takes the floor for the head of a lane whose rows are gone', async () => {
    await database.pool.query('update lane set floor_seq = 9 where id = 2');
    await appendPositions(database.relayPool, [{ lane: 2, seq: 9, at: '2026-01-01 00:00:00+00' }], by('one'));
    expect(await lagOf(database.relayPool, [2])).toEqual([{ lane: 2, position: 9, head: 9, lagSeconds: 0 }]);
  });

  it('knows all lanes', async () => {
    expect(await laneIds(database.relayPool)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });
});

describe('membership', () => {
  it('counts those whose heartbeat is young, by the clock of the database', async () => {
    const { pool } = database;
    const one = await joinRelays(pool, 'one');
    await joinRelays(pool, 'two');
    await pool.query(`update relay set heartbeat = clock_timestamp() - interval '20 seconds' where id = 'two'`);
    expect(await living(pool, 10_000)).toEqual(['one']);
    expect(await living(pool, 30_000)).toEqual(['one', 'two']);
    await leaveRelays(pool, one);
    expect(await living(pool, 30_000)).toEqual(['two']);
    expect(await beat(pool, one)).toBe(true);
    expect(await living(pool, 10_000)).toEqual(['one']);
    await leaveRelays(pool, one);
  });

  it('tells two processes with the same id apart', async () => {
    const { pool } = database;
    const first = await joinRelays(pool, 'twin');
    const second = await joinRelays(pool, 'twin');
    expect(await beat(pool, first)).toBe(false);
    expect(await beat(pool, second)).toBe(true);
    await leaveRelays(pool, first);
    expect(await living(pool, 10_000)).toContain('twin');
    await leaveRelays(pool, second);
    expect(await living(pool, 10_000)).not.toContain('twin');
  });

  it('forgets those who died long ago', async () => {
    const { pool } = database;
    await joinRelays(pool, 'old');
    await pool.query(`update relay set heartbeat = clock_timestamp() - interval '2 hours' where id = 'old'`);
    await forgetDeadRelays(pool);
    expect(await living(pool, 1e9)).not.toContain('old');
  });
});

describe('reading with partitions of a day', () => {
  it('touches only the partitions from the cursor on', async () => {
    const { pool } = database;
    await pool.query(`create table outbox_late partition of outbox for values from ('2100-01-01') to ('2200-01-01')`);
    await pool.query(`insert into outbox (lane, seq, at, event_id, type, ledger, event_sequence, key, body)
      select 5, n, '2150-01-01'::timestamptz, gen_random_uuid(), 'SAVED_METADATA', 'books', n, 'books', '{}' from generate_series(1, 3) n`);
    const single = createPool(database.databaseUrl, { size: 1, applicationName: 'plan test' });
    try {
      const cursor = { lane: 5, seq: 0, at: '2150-01-01 00:00:00+00' };
      expect(await readNext(single, [cursor], unlimited)).toHaveLength(3);
      // The statement itself, as it was prepared on the one connection by its first use.
      const plan = await single.query<{ 'QUERY PLAN': string }>(
        `explain (analyze, costs off, timing off, summary off)
         execute "outbox-read" ('{5}', '{0}', '{2150-01-01 00:00:00+00}', 2, 1000, 1000)`,
      );
      const text = plan.rows.map((row) => row['QUERY PLAN']).join('\n');
      expect(text).toMatch(/on outbox_test.*\(never executed\)/);
      expect(text).toMatch(/on outbox_late.*\(actual rows=2/);
    } finally {
      await single.end();
    }
  });
});
