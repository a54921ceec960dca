import { hash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readHeldFacts, readLedgerLanes, readNext, readParkedFacts, readRowFacts } from './index.ts';
import { OutboxDatabase } from './testing/outbox-database.ts';

let database: OutboxDatabase;

beforeAll(async () => {
  database = await OutboxDatabase.create();
});

afterAll(async () => {
  await database.drop();
});

const start = { lane: 0, seq: 0, at: '-infinity' };

describe('readRowFacts', () => {
  beforeAll(async () => {
    await database.write(0, 5);
    await database.write(1, 2);
  });

  it('gives the rows of one lane with a digest of key, type and body', async () => {
    const { pool } = database;
    await pool.query(`insert into outbox (lane, seq, at, event_id, type, ledger, event_sequence, key, body)
      values (2, 1, clock_timestamp(), gen_random_uuid(), 'SAVED_METADATA', 'books', 1, 'bücher', E'{"a":"\\\\n ✓"}')`);
    for (const lane of [0, 2]) {
      const rows = await readNext(pool, [{ ...start, lane }], { rows: 10, rowsPerLane: 10, bytes: 1_000_000 });
      const facts = await readRowFacts(pool, { ...start, lane }, { untilSeq: 10, limit: 10 });
      expect(facts).toEqual(
        rows.map(({ key, type, body, headers: _headers, bytes: _bytes, ...row }) => ({
          ...row,
          key,
          type,
          digest: hash('sha256', `${key}\n${type}\n${body}`).slice(0, 16),
        })),
      );
    }
  });

  it('goes on behind the cursor, up to where it is told', async () => {
    const { pool } = database;
    const seqs = async (seq: number, untilSeq: number, limit: number) =>
      (await readRowFacts(pool, { ...start, seq }, { untilSeq, limit })).map((row) => row.seq);
    expect(await seqs(0, 10, 2)).toEqual([1, 2]);
    expect(await seqs(2, 4, 10)).toEqual([3, 4]);
    expect(await seqs(5, 10, 10)).toEqual([]);
  });

  it('reads by the primary key', async () => {
    const client = await database.pool.connect();
    try {
      await client.query('set enable_seqscan = off');
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- one connection answers queries as its pool does
      await readRowFacts(client as never, start, { untilSeq: 10, limit: 10 });
      const plan = await client.query<{ 'QUERY PLAN': string }>(
        `explain (costs off) execute "outbox-row-facts" (0, 0, 10, '-infinity', 10)`,
      );
      expect(plan.rows.map((row) => row['QUERY PLAN']).join('\n')).toMatch(/Index Scan using outbox_test_pkey/);
    } finally {
      client.release(true);
    }
  });
});

describe('what is set aside', () => {
  it('is read page by page', async () => {
    const { pool } = database;
    await pool.query(`insert into parked (lane, seq, at, event_id, type, ledger, event_sequence, key, topic, error, attempts, policy, parked_by)
      select lane, seq, clock_timestamp(), gen_random_uuid(), 'x', 'l', seq, 'l', 't', 'too large', 1, 'pass', 'relay-0'
      from (values (0, 1), (0, 10), (3, 2)) v (lane, seq)`);
    await pool.query(
      `insert into held (lane, key, from_seq, at) values (0, 'a', 4, now()), (0, 'b', 5, now()), (3, 'A', 6, now())`,
    );
    const parked = await readParkedFacts(pool, { lane: -1, seq: 0 }, 2);
    expect(parked).toEqual([
      { lane: 0, seq: 1, policy: 'pass', state: 'parked' },
      { lane: 0, seq: 10, policy: 'pass', state: 'parked' },
    ]);
    expect(await readParkedFacts(pool, { lane: 0, seq: 10 }, 2)).toMatchObject([{ lane: 3, seq: 2 }]);
    expect(await readHeldFacts(pool, { lane: -1, key: '' }, 2)).toEqual([
      { lane: 0, key: 'a', fromSeq: 4 },
      { lane: 0, key: 'b', fromSeq: 5 },
    ]);
    expect(await readHeldFacts(pool, { lane: 0, key: 'b' }, 2)).toMatchObject([{ lane: 3, key: 'A' }]);
  });
});

describe('readLedgerLanes', () => {
  it('gives names and lanes, page by page', async () => {
    const { pool } = database;
    await pool.query(`insert into ledger (id, name, lane, created_at)
      select nextval('ledger_id_seq'), name, lane, now() from (values ('b', 1), ('a', 2), ('C', 0)) v (name, lane)`);
    expect(await readLedgerLanes(pool, '', 2)).toEqual([
      { name: 'C', lane: 0 },
      { name: 'a', lane: 2 },
    ]);
    expect(await readLedgerLanes(pool, 'a', 2)).toEqual([{ name: 'b', lane: 1 }]);
  });
});
