import { commitPipeline, createPool, type Pool, type PoolClient } from '@daybook/postgres';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  appendPositions,
  appendToOutbox,
  createReplay,
  dropOldPartitions,
  lagOf,
  lockLane,
  makePartitions,
  readNext,
  waitingLanes,
  type ReplayOrder,
  type RetentionRound,
} from './index.ts';
import { OutboxDatabase } from './testing/outbox-database.ts';

let database: OutboxDatabase;
let pool: Pool;

/** Days by how long ago they were, of the database's clock. */
const days = new Map<number, string>();

beforeEach(async () => {
  database = await OutboxDatabase.create();
  ({ pool } = database);
  await pool.query('drop table outbox_test');
  const clock = await pool.query<{ ago: number; day: string }>(
    `select n as ago, to_char(clock_timestamp() at time zone 'UTC' - make_interval(days => n), 'YYYY-MM-DD') as day from generate_series(-1, 30) n`,
  );
  for (const { ago, day } of clock.rows) days.set(ago, day);
  await makePartitions(pool, 1);
  for (const ago of [20, 10, 9]) await makePartitions(pool, 0, days.get(ago));
});

afterEach(async () => {
  await database.drop();
});

const day = (ago: number) => days.get(ago) ?? '';
const noon = (ago: number) => `${day(ago)} 12:00:00+00`;
const nameOf = (ago: number) => `outbox_${day(ago).replaceAll('-', '')}`;

const everything: ReplayOrder = {
  ledgers: undefined,
  types: undefined,
  fromTime: undefined,
  toTime: undefined,
  fromSequence: undefined,
  toSequence: undefined,
  mapping: undefined,
  rowsPerSecond: 1,
  by: 'me',
  why: 'test',
};

const retentionDays = 7;
const round = async () => await dropOldPartitions(database.relayPool, { retentionDays });

function outline(of: RetentionRound): unknown {
  if (of.kind !== 'done') return of.kind;
  return {
    partitions: of.partitions,
    dropped: of.dropped.map(({ name }) => name),
    kept: of.kept.map(({ name, reason }) => `${name} ${reason}`),
  };
}

async function publish(lane: number, seq: number, ago: number): Promise<void> {
  await appendPositions(database.relayPool, [{ lane, seq, at: noon(ago) }], {
    relay: 'test',
    held: [],
    mustExist: false,
  });
}

async function tables(): Promise<string[]> {
  const result = await pool.query<{ name: string }>(
    `select relname as name from pg_class where relkind = 'r' and relname ~ '^outbox_' order by relname`,
  );
  return result.rows.map(({ name }) => name);
}

/** What a ledger does: locks the lane, reads its head, appends a row behind it. */
async function append(client: PoolClient, lane: number): Promise<{ seq: number; now: string }> {
  await client.query('begin');
  const locked = await lockLane(client, lane, undefined);
  const eventId = '00000000-0000-4000-8000-000000000000';
  const row = {
    eventId,
    type: 'SAVED_METADATA',
    ledger: 'books',
    eventSequence: 1,
    headers: null,
    body: '{}',
  } as const;
  const outcome = await commitPipeline(client, [
    appendToOutbox([{ lane, head: locked.head, rows: [row] }], locked.now),
  ]);
  expect(outcome.kind).toBe('committed');
  return { seq: locked.head.seq + 1, now: locked.now };
}

describe('dropOldPartitions', () => {
  it('drops what is older than retention and published in every lane, and nothing else', async () => {
    await database.write(0, 3, { at: noon(10) });
    await database.write(1, 2, { at: noon(10) });
    await database.write(0, 1, { at: noon(0) });
    await publish(0, 3, 10);
    await publish(1, 2, 10);
    const dropped = [nameOf(20), nameOf(10), nameOf(9)];
    expect(outline(await round())).toEqual({ partitions: 2, dropped, kept: [] });
    expect(await tables()).toEqual([nameOf(0), nameOf(-1)]);
    expect(outline(await round())).toEqual({ partitions: 2, dropped: [], kept: [] });
  });

  const keepers: readonly {
    readonly of: string;
    readonly reason: string;
    readonly prepare: () => Promise<void>;
    readonly release: () => Promise<void>;
  }[] = [
    {
      of: 'an unpublished row',
      reason: 'unpublished',
      prepare: async () => await database.write(3, 1, { at: noon(10) }),
      release: async () => await publish(3, 1, 10),
    },
    {
      of: 'a row of a held key',
      reason: 'held',
      prepare: async () => {
        await pool.query(`insert into held (lane, key, from_seq, at) values (0, 'ledger-0-2', 2, $1)`, [noon(20)]);
      },
      release: async () => void (await pool.query('delete from held')),
    },
    {
      of: 'a parked row that waits for a decision',
      reason: 'parked',
      prepare: async () => await park('parked'),
      release: async () => {
        await pool.query(
          `update parked set state = 'discarded', decided_by = 'me', decided_why = 'test', decided_at = now()`,
        );
      },
    },
    {
      of: 'a running replay that has still to pass',
      reason: 'replay',
      prepare: async () => {
        await createReplay(database.relayPool, everything);
      },
      release: async () => void (await pool.query('update replay_lane set seq = until_seq')),
    },
  ];

  it.each(keepers)('keeps $of, says so, and drops it later: $reason', async ({ reason, prepare, release }) => {
    await database.write(0, 4, { at: noon(10) });
    await publish(0, 4, 10);
    await prepare();
    const first = { partitions: 3, dropped: [nameOf(20), nameOf(9)], kept: [`${nameOf(10)} ${reason}`] };
    expect(outline(await round())).toEqual(first);
    await release();
    expect(outline(await round())).toEqual({ partitions: 2, dropped: [nameOf(10)], kept: [] });
  });

  it.each([
    [
      'a held key without rows there',
      `insert into held (lane, key, from_seq, at) values (0, 'ledger-0-9', 1, '-infinity')`,
    ],
    [
      'a key held from a later row on',
      `insert into held (lane, key, from_seq, at) values (0, 'ledger-0-2', 3, '-infinity')`,
    ],
    ['a replay that ended', `update replay set state = 'done'`],
    [
      'a replay of later rows',
      `update replay set state = 'done';
       with r as (insert into replay (rows_per_second, created_by, why) values (1, 'me', 'test') returning id)
       insert into replay_lane (replay, lane, from_seq, seq, at, until_seq) select id, 0, 4, 4, '-infinity', 9 from r`,
    ],
  ])('is not kept from it by %s', async (_, statement) => {
    await database.write(0, 4, { at: noon(10) });
    await publish(0, 4, 10);
    await createReplay(database.relayPool, everything);
    await pool.query(`update replay set state = 'cancelled'`);
    await pool.query(statement);
    expect(outline(await round())).toMatchObject({ kept: [] });
  });

  it('raises the floor of a lane whose last rows go, and the next write goes on behind it, at no earlier moment', async () => {
    await database.write(0, 5, { at: noon(10) });
    await database.write(1, 2, { at: noon(10) });
    await database.write(1, 1, { at: noon(0) });
    await publish(0, 5, 10);
    await publish(1, 3, 0);
    expect(outline(await round())).toMatchObject({ kept: [] });
    const floors = await pool.query('select id, floor_seq, floor_at from lane where id < 2 order by id');
    expect(floors.rows).toEqual([
      { id: 0, floor_seq: 5, floor_at: noon(10) },
      { id: 1, floor_seq: 0, floor_at: '-infinity' },
    ]);
    expect(await lagOf(database.relayPool, [0])).toEqual([{ lane: 0, position: 5, head: 5, lagSeconds: 0 }]);
    // A relay that states its position again, after the database was away, is not told that its row is of another history.
    const again = [0, 1].map((lane) => ({ lane, seq: lane === 0 ? 5 : 2, at: noon(10) }));
    expect(await appendPositions(database.relayPool, again, { relay: 'test', held: [], mustExist: true })).toEqual([1]);
    const client = await pool.connect();
    expect(await append(client, 0)).toMatchObject({ seq: 6 });
    // A clock that was set back: the lane goes on at the floor's moment, so that a reader from the position on sees it.
    await pool.query(
      `delete from outbox; update lane set floor_seq = 6, floor_at = clock_timestamp() + interval '1 hour' where id = 0`,
    );
    const later = await pool.query<{ at: string }>('select floor_at as at from lane where id = 0');
    const { seq } = await append(client, 0);
    client.release();
    const cursor = { lane: 0, seq: 6, at: later.rows[0]?.at ?? '' };
    expect(seq).toBe(7);
    expect(await waitingLanes(database.relayPool, [cursor])).toEqual([0]);
  });

  it('leaves readers whose plans and cursors are older than the drop unharmed', async () => {
    await database.write(0, 5, { at: noon(10) });
    await publish(0, 5, 10);
    const single = createPool(database.databaseUrl, { size: 1, applicationName: 'reader' });
    try {
      const limits = { rows: 10, rowsPerLane: 10, bytes: 10_000 };
      // More than five times, after which PostgreSQL keeps a plan that fits all parameters.
      for (let count = 0; count < 7; count += 1) {
        expect(await readNext(single, [{ lane: 0, seq: 0, at: '-infinity' }], limits)).toHaveLength(5);
      }
      await round();
      await database.write(1, 1);
      expect(await readNext(single, [{ lane: 0, seq: 0, at: '-infinity' }], limits)).toEqual([]);
      const cursors = [
        { lane: 0, seq: 5, at: noon(10) },
        { lane: 1, seq: 0, at: '-infinity' },
      ];
      expect(await readNext(single, cursors, limits)).toHaveLength(1);
    } finally {
      await single.end();
    }
  });

  it('gives up in time where a snapshot is held, blocks nobody meanwhile, and finishes once it is gone', async () => {
    await database.write(0, 2, { at: noon(10) });
    await publish(0, 2, 10);
    const [snapshot, writer] = await Promise.all([pool.connect(), pool.connect()]);
    await snapshot.query('begin isolation level repeatable read');
    expect((await snapshot.query('select from outbox')).rowCount).toBe(2);
    const startedMs = performance.now();
    const running = round();
    let written = 0;
    let slowestMs = 0;
    const over = new AbortController();
    void running.finally(() => over.abort());
    while (!over.signal.aborted) {
      const beganMs = performance.now();
      await append(writer, 1);
      await waitingLanes(database.relayPool, [{ lane: 1, seq: 0, at: '-infinity' }]);
      slowestMs = Math.max(slowestMs, performance.now() - beganMs);
      written += 1;
      if (written === 1) await makePartitions(pool, 2);
    }
    expect(outline(await running)).toMatchObject({
      dropped: [],
      kept: [`${nameOf(20)} busy`, `${nameOf(10)} busy`, `${nameOf(9)} busy`],
    });
    expect(performance.now() - startedMs).toBeLessThan(10_000);
    expect(written).toBeGreaterThan(50);
    expect(slowestMs).toBeLessThan(1_000);
    // A second try, which finds the first one pending, ends in time as well.
    expect(outline(await round())).toMatchObject({
      dropped: [],
      kept: [`${nameOf(20)} busy`, `${nameOf(10)} busy`, `${nameOf(9)} busy`],
    });
    expect((await snapshot.query('select from outbox')).rowCount).toBe(2);
    await snapshot.query('commit');
    snapshot.release();
    writer.release();
    expect(outline(await round())).toMatchObject({ dropped: [nameOf(20), nameOf(10), nameOf(9)], kept: [] });
  });

  it('works in one session at a time', async () => {
    const client = await pool.connect();
    await client.query(`select pg_advisory_lock(hashtext('daybook_outbox_retention'))`);
    expect(await round()).toEqual({ kind: 'elsewhere' });
    await client.query('select pg_advisory_unlock_all()');
    client.release();
    const rounds = await Promise.all([round(), round()]);
    const done = rounds.flatMap((one) => (one.kind === 'done' ? one.dropped : []));
    expect(done.map(({ name }) => name)).toEqual([nameOf(20), nameOf(10), nameOf(9)]);
  });

  it('waits no longer than its time for a lane that is locked, and drops nothing before it had it', async () => {
    await database.write(0, 2, { at: noon(10) });
    await publish(0, 2, 10);
    const client = await pool.connect();
    await client.query('begin');
    await client.query('select from lane where id = 0 for no key update');
    expect(outline(await round())).toMatchObject({ kept: [`${nameOf(10)} busy`, `${nameOf(9)} busy`] });
    await client.query('rollback');
    client.release();
    expect(outline(await round())).toMatchObject({ dropped: [nameOf(10), nameOf(9)], kept: [] });
  });

  it('looks into a detached partition before it drops it, and attaches it again if it holds what is not published', async () => {
    await database.write(0, 2, { at: noon(10) });
    await publish(0, 2, 10);
    const snapshot = await pool.connect();
    await snapshot.query('begin isolation level repeatable read');
    await snapshot.query(`select from ${nameOf(10)}`);
    await round();
    await snapshot.query('commit');
    snapshot.release();
    // Somebody takes the position back.
    await pool.query('delete from position');
    expect(outline(await round())).toMatchObject({ kept: [`${nameOf(10)} put-back`] });
    expect(outline(await round())).toMatchObject({ kept: [`${nameOf(10)} unpublished`] });
    expect(await waitingLanes(database.relayPool, [{ lane: 0, seq: 0, at: '-infinity' }])).toEqual([0]);
  });

  it('does not drop what someone else detached', async () => {
    await pool.query(`alter table outbox detach partition ${nameOf(20)}`);
    expect(outline(await round())).toEqual({ partitions: 2, dropped: [nameOf(10), nameOf(9)], kept: [] });
    expect(await tables()).toContain(nameOf(20));
  });
});

async function park(state: string): Promise<void> {
  await pool.query(
    `insert into parked (lane, seq, at, event_id, type, ledger, event_sequence, key, topic, error, attempts, policy, parked_by, state)
     values (0, 2, $1, gen_random_uuid(), 'T', 'books', 1, 'books', 't', 'e', 1, 'pass', 'me', $2)`,
    [noon(10), state],
  );
}
