import { createPool, inTransaction, type Pool, type PoolClient } from '@daybook/postgres';
import { createDatabase, type TestDatabase } from '@daybook/stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeEveryKind } from '../../test-fixtures/written-ledger.ts';
import { create, draft, posting, saveOnTransaction } from '../command/testing/commands.ts';
import { logHash, logText } from '../command/hash-chain.ts';
import { migrate } from '../migrate.ts';
import { LedgerWriter } from '../writer/writer.ts';
import type { Finding } from './bad-row.ts';
import { pageLimits, readLog, type PageLimits, type StoredLog } from './log-rows.ts';
import { verifyLedger } from './verify-ledger.ts';

const name = 'books';
const lanes = 2;

let database: TestDatabase;
let pool: Pool;
let refused: readonly number[] = [];

beforeAll(async () => {
  database = await createDatabase({ template: `lanes_${lanes}`, migrate: async (url) => migrate(url, { lanes }) });
  pool = createPool(database.databaseUrl, { size: 2, applicationName: 'verify test' });
  const writer = new LedgerWriter({
    databaseUrl: database.ledgerUrl,
    connections: 2,
    execution: { eventFormat: 'v1.4', eventBytesMax: 900_000, commitPolicy: 'none' },
    batchCommandsMax: 100,
    batchBytesMax: 1_000_000,
    queueCommandsMax: 1_000,
    partitionsAheadDays: 1,
  });
  await writer.start();
  // Other ledgers, of which some share the lane, before, beside and after.
  const names = ['books-1', name, 'books-2', 'books-3'];
  refused = await Promise.all(names.map(async (ledger) => writeEveryKind(writer, ledger)));
  const drafts = Array.from({ length: 150 }, () => draft(posting('world -> bob', 1n)));
  const patches = drafts.map((_, txid) => saveOnTransaction(149 - txid, { saved: txid }));
  await writer.submit({ ...create(...drafts), ledger: 'patched' });
  await Promise.all(patches.map(async (patch) => writer.submit({ ...patch, ledger: 'patched' })));
  await writer.stop();
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

/** Verifies within a transaction that is rolled back, after what `tamper` does in it. */
async function verified(
  tamper: (client: PoolClient) => Promise<unknown> = async () => undefined,
  { limits = pageLimits, ledger = name }: { limits?: PageLimits; ledger?: string } = {},
) {
  const done = new Error('done');
  let report: Awaited<ReturnType<typeof verifyLedger>>;
  await inTransaction(pool, async (client) => {
    await tamper(client);
    report = await verifyLedger(client, ledger, {
      limits,
      signal: new AbortController().signal,
      onProgress: () => undefined,
    });
    throw done;
  }).catch((error: unknown) => {
    if (error !== done) throw error;
  });
  return report;
}

/** Statements in which `:ledger` and `:lane` are the ledger's. */
async function run(client: PoolClient, sql: string): Promise<void> {
  const { rows } = await client.query<{ id: number; lane: number }>('select id, lane from ledger where name = $1', [
    name,
  ]);
  const { id, lane } = rows[0] ?? {};
  const text = sql.replaceAll(':ledger', String(id)).replaceAll(':lane', String(lane)).replaceAll(':name', `'${name}'`);
  await client.query(text);
}

/** Chains the whole log anew, as someone would who knows the rule. */
async function rehash(client: PoolClient): Promise<void> {
  const { rows } = await client.query<{ id: number }>('select id from ledger where name = $1', [name]);
  const ledger = rows[0]?.id ?? -1;
  let previous: StoredLog | undefined;
  for (const row of await readLog(client, ledger, { after: -1, limits: pageLimits })) {
    const hash = logHash(previous === undefined ? undefined : logText(previous), row);
    await client.query('update log set hash = $3 where ledger = $1 and id = $2', [ledger, row.id, hash]);
    previous = { ...row, hash };
  }
}

async function findingOf(sql: string, isRehashed = false): Promise<Finding | undefined> {
  const report = await verified(async (client) => {
    await run(client, sql);
    if (isRehashed) await rehash(client);
  });
  expect(report?.ok).toBe(report?.finding === undefined);
  return report?.finding;
}

const counts = {
  logRows: 17,
  transactions: 8,
  moves: 20,
  accounts: 7,
  mappings: 3,
  events: 18,
  outboxRows: 18,
  firstOutboxSequence: 1,
};

describe('a ledger with every kind of write', () => {
  it('is verified', async () => {
    expect(refused).toEqual([4, 4, 4, 4]);
    expect(await verified()).toEqual({ ok: true, ledger: name, lastLogId: counts.logRows - 1, counts });
  });

  it.each([
    { rows: 1, bytes: 1 },
    { rows: 2, bytes: 1_000_000 },
    { rows: 7, bytes: 300 },
  ])('is verified in pages of $rows rows and $bytes bytes', async (limits) => {
    expect(await verified(undefined, { limits })).toMatchObject({ ok: true, counts });
  });

  it('is verified with more saved metadata than one page has', async () => {
    const report = await verified(undefined, { ledger: 'patched', limits: { rows: 40, bytes: 1_000_000 } });
    expect(report).toMatchObject({ ok: true, counts: { logRows: 300, transactions: 150, events: 151 } });
    const change = `update transaction set metadata = '{"saved": 1}' where metadata = '{"saved": 2}'`;
    const tampered = await verified(async (client) => client.query(change), { ledger: 'patched' });
    expect(tampered?.finding).toMatchObject({ table: 'transaction', key: { txid: 147 }, expected: '{"saved": 2}' });
  });

  it('is not there under another name', async () => {
    const options = { limits: pageLimits, signal: new AbortController().signal, onProgress: () => undefined };
    expect(await verifyLedger(pool, 'nowhere', options)).toBeUndefined();
  });

  it('ends when it is interrupted', async () => {
    const options = { limits: pageLimits, signal: AbortSignal.abort(), onProgress: () => undefined };
    await expect(verifyLedger(pool, name, options)).rejects.toThrow('aborted');
  });
});

interface Tampering {
  readonly title: string;
  readonly sql: string;
  /** Whether all hashes are made right again. */
  readonly rehash?: true;
  readonly finding: Partial<Finding>;
}

const log = 'log where ledger = :ledger and id';
const seqOf = (sequence: number) => `(select seq from outbox where ledger = :name and event_sequence = ${sequence})`;
const addEvent = (sequence: string, seq: string) => `
  insert into outbox (lane, seq, at, event_id, type, ledger, event_sequence, key, body)
  select :lane, ${seq}, clock_timestamp(), gen_random_uuid(), 'SAVED_METADATA', :name, ${sequence}, :name, '{}'`;
const nextSeq = '(select max(seq) + 1 from outbox where lane = :lane)';

const tamperings: readonly Tampering[] = [
  // The log and its chain.
  {
    title: 'its first row deleted',
    sql: `delete from ${log} = 0`,
    finding: { key: { id: 0 }, problem: 'it is missing' },
  },
  {
    title: 'a row deleted',
    sql: `delete from ${log} = 5`,
    finding: { table: 'log', key: { id: 5 }, problem: 'it is missing', expected: 'id 5', found: 'id 6' },
  },
  {
    title: 'the last row deleted',
    sql: `delete from ${log} = 16`,
    finding: { table: 'outbox', problem: 'no log row and no mapping explains it', found: 'event sequence 18' },
  },
  {
    title: 'a hash changed',
    sql: `update log set hash = repeat('0', 64) where ledger = :ledger and id = 4`,
    finding: {
      table: 'log',
      key: { id: 4 },
      problem: 'its hash does not follow from it and the row before',
      found: '0'.repeat(64),
    },
  },
  {
    title: 'a blank in its data',
    sql: `update log set data = replace(data::text, '{"postings"', '{ "postings"')::json where ledger = :ledger and id = 3`,
    finding: { table: 'log', key: { id: 3 }, problem: 'its hash does not follow from it and the row before' },
  },
  {
    title: 'a date changed',
    sql: `update log set date = '2020-01-01T00:00:00Z' where ledger = :ledger and id = 9`,
    finding: { table: 'log', key: { id: 9 }, problem: 'its hash does not follow from it and the row before' },
  },
  {
    title: 'one row chained anew, which breaks the next',
    sql: `update log set data = replace(data::text, 'gift', 'loan')::json,
      hash = encode(sha256(convert_to('null{"id":0,"type":"NEW_TRANSACTION","data":' || replace(data::text, 'gift', 'loan') ||
        ',"hash":"","date":"' || date || '"}', 'UTF8')), 'hex') where ledger = :ledger and id = 0`,
    finding: { table: 'log', key: { id: 1 }, problem: 'its hash does not follow from it and the row before' },
  },
  {
    title: 'a txid changed',
    sql: `update log set data = replace(data::text, '"txid":2', '"txid":3')::json where ledger = :ledger and id = 2`,
    rehash: true,
    finding: { table: 'log', key: { id: 2 }, problem: 'its txid is not the next', expected: '2', found: '3' },
  },
  {
    title: 'a date apart from its timestamp',
    sql: `update log set date = '2020-01-01T00:00:00Z' where ledger = :ledger and id = 1`,
    rehash: true,
    finding: {
      table: 'log',
      key: { id: 1 },
      problem: "its date is not the transaction's",
      found: '2020-01-01T00:00:00Z',
    },
  },
  {
    title: 'metadata of a transaction to come',
    sql: `update log set data = replace(data::text, '"targetId":0', '"targetId":7')::json where ledger = :ledger and id = 11`,
    rehash: true,
    finding: { table: 'log', key: { id: 11 }, problem: 'there was no such transaction yet', found: '7' },
  },
  {
    title: 'data of another form',
    sql: `update log set data = '{"metadata":{}}' where ledger = :ledger and id = 1`,
    rehash: true,
    finding: { table: 'log', key: { id: 1 }, found: '{"metadata":{}}' },
  },
  {
    title: 'a next_txid changed',
    sql: `update log set next_txid = 1 where ledger = :ledger and id = 1`,
    finding: { table: 'log', key: { id: 1 }, problem: 'its next_txid is wrong', expected: '2', found: '1' },
  },
  {
    title: 'a last_event_sequence changed',
    sql: `update log set last_event_sequence = last_event_sequence + 1 where ledger = :ledger and id = 4`,
    finding: {
      table: 'log',
      key: { id: 4 },
      problem: 'its event sequences do not follow those before it, or a mapping between them is missing',
    },
  },
  {
    title: 'an event_count of two',
    sql: `update log set event_count = 2 where ledger = :ledger and id = 4`,
    finding: { table: 'log', key: { id: 4 }, problem: 'its event_count is wrong', expected: '1', found: '2' },
  },
  {
    title: 'metadata without an event',
    sql: `update log set event_count = 0 where ledger = :ledger and id = 8`,
    finding: { table: 'log', key: { id: 8 }, problem: 'its event_count is wrong', expected: '1', found: '0' },
  },
  {
    title: 'a transaction without an event before metadata',
    sql: `update log set event_count = 0, last_event_sequence = last_event_sequence - 1 where ledger = :ledger and id = 5`,
    finding: { table: 'log', key: { id: 5 }, expected: 'event_count 1', found: 'event_count 0' },
  },
  {
    title: 'a last transaction without an event',
    sql: `update log set event_count = 0, last_event_sequence = last_event_sequence - 1 where ledger = :ledger and id = 16`,
    finding: { table: 'log', key: { id: 16 }, expected: 'event_count 1', found: 'event_count 0' },
  },

  // Mappings and the outbox.
  {
    title: 'a mapping deleted',
    sql: 'delete from mapping where ledger = :ledger and version = 1',
    finding: { table: 'log', key: { id: 1 }, expected: '2', found: '3' },
  },
  {
    title: 'the version of a mapping changed',
    sql: 'update mapping set version = 7 where ledger = :ledger and version = 3',
    finding: {
      table: 'mapping',
      key: { version: 7 },
      problem: 'its version is not the next',
      expected: '3',
      found: '7',
    },
  },
  {
    title: 'the event sequence of a mapping changed',
    sql: 'update mapping set event_sequence = 1 where ledger = :ledger and version = 1',
    finding: {
      table: 'mapping',
      key: { version: 1 },
      problem: 'its event sequence does not follow those before it',
      expected: '2',
    },
  },
  {
    title: 'the last mapping deleted',
    sql: 'delete from mapping where ledger = :ledger and version = 3',
    finding: { table: 'log', key: { id: 16 }, expected: '17', found: '18' },
  },
  {
    title: 'an outbox row deleted',
    sql: 'delete from outbox where ledger = :name and event_sequence = 7',
    finding: { table: 'outbox', expected: 'a row of event sequence 7' },
  },
  {
    title: 'the first outbox row deleted',
    sql: 'delete from outbox where ledger = :name and event_sequence = 1',
    finding: { table: 'outbox', expected: 'a row of event sequence 1' },
  },
  {
    title: 'the last outbox row deleted',
    sql: 'delete from outbox where ledger = :name and event_sequence = 18',
    finding: { table: 'outbox', expected: 'a row of event sequence 18', found: 'no further row' },
  },
  {
    title: 'an outbox row added at the end',
    sql: addEvent('19', nextSeq),
    finding: { table: 'outbox', problem: 'no log row and no mapping explains it', found: 'event sequence 19' },
  },
  {
    title: 'an outbox row added before, of a sequence to come',
    sql: `${addEvent('19', `100000`)}; update outbox set seq = seq + 200000 where ledger = :name and event_sequence > 9 and seq < 100000`,
    finding: { table: 'outbox', key: { seq: 100_000 }, problem: 'no log row and no mapping explains it' },
  },
  {
    title: 'an outbox row twice',
    sql: addEvent('3', nextSeq),
    finding: { table: 'outbox', problem: 'no log row and no mapping explains it', found: 'event sequence 3' },
  },
  {
    title: 'an outbox row twice, in the middle',
    sql: `insert into outbox select lane, seq, at + interval '1 microsecond', gen_random_uuid(), type, ledger, event_sequence, key, headers, body
      from outbox where ledger = :name and event_sequence = 3`,
    finding: {
      table: 'outbox',
      problem: 'its event sequence was there before, or comes too late',
      expected: '4',
      found: '3',
    },
  },
  {
    title: 'two outbox rows swapped',
    sql: `update outbox set event_sequence = 23 - event_sequence where ledger = :name and event_sequence in (11, 12)`,
    finding: { table: 'outbox', expected: 'a row of event sequence 11' },
  },
  {
    title: 'the type of an outbox row changed',
    sql: `update outbox set type = 'SAVED_METADATA' where ledger = :name and event_sequence = 2`,
    finding: { table: 'outbox', expected: 'UPDATED_MAPPING', found: 'SAVED_METADATA' },
  },
  {
    title: 'the event of a transaction as one of a revert',
    sql: `update outbox set type = 'REVERTED_TRANSACTION' where ledger = :name and event_sequence = 1`,
    finding: { table: 'outbox', expected: 'COMMITTED_TRANSACTIONS', found: 'REVERTED_TRANSACTION' },
  },
  {
    title: 'the event of metadata as one of a revert',
    sql: `update outbox set type = 'REVERTED_TRANSACTION' where ledger = :name and event_sequence = 8`,
    finding: { table: 'outbox', expected: 'SAVED_METADATA', found: 'REVERTED_TRANSACTION' },
  },
  {
    title: 'the key of an outbox row changed',
    sql: `update outbox set key = 'other' where ledger = :name and event_sequence = 2`,
    finding: { table: 'outbox', problem: "its key is not the ledger's name", expected: name, found: 'other' },
  },
  {
    title: 'an outbox row in another lane',
    sql: addEvent('1', '1000').replace(':lane', '1 - :lane'),
    finding: { table: 'outbox', key: { seq: 1_000 }, problem: "it is in another lane than the ledger's" },
  },

  // Transactions.
  {
    title: 'a transaction deleted',
    sql: 'delete from transaction where ledger = :ledger and txid = 3',
    finding: { table: 'transaction', key: { txid: 3 }, problem: 'it is missing' },
  },
  {
    title: 'a transaction added',
    sql: `insert into transaction select ledger, 8, timestamp, null, postings, metadata, pre_commit_volumes, post_commit_volumes, is_past
      from transaction where ledger = :ledger and txid = 7`,
    finding: { table: 'transaction', key: { txid: 8 }, problem: 'no log row explains it' },
  },
  {
    title: 'an amount of a posting changed',
    sql: `update transaction set postings = replace(postings::text, '"amount":10,', '"amount":11,')::json where ledger = :ledger and txid = 1`,
    finding: { table: 'transaction', key: { txid: 1 }, problem: 'its postings are not those of the log' },
  },
  {
    title: 'two transactions swapped',
    sql: `alter table transaction drop constraint transaction_txid_check;
      update transaction set txid = -1 where ledger = :ledger and txid = 1; update transaction set txid = 1 where ledger = :ledger and txid = 3;
      update transaction set txid = 3 where ledger = :ledger and txid = -1`,
    finding: { table: 'transaction', key: { txid: 1 }, problem: 'its postings are not those of the log' },
  },
  {
    title: 'a reference changed',
    sql: `update transaction set reference = 'other' where ledger = :ledger and txid = 0`,
    finding: {
      table: 'transaction',
      key: { txid: 0 },
      problem: 'its reference is not that of the log',
      expected: 'first',
      found: 'other',
    },
  },
  {
    title: 'a reference given',
    sql: `update transaction set reference = 'other' where ledger = :ledger and txid = 1`,
    finding: { table: 'transaction', key: { txid: 1 }, problem: 'its reference is not that of the log', expected: '' },
  },
  {
    title: 'a timestamp changed',
    sql: `update transaction set timestamp = timestamp + interval '1 microsecond' where ledger = :ledger and txid = 2`,
    finding: { table: 'transaction', key: { txid: 2 }, problem: 'its timestamp is not that of the log' },
  },
  {
    title: 'first metadata of a transaction changed',
    sql: `update transaction set metadata = '{"note": "fourth"}' where ledger = :ledger and txid = 3`,
    finding: {
      table: 'transaction',
      key: { txid: 3 },
      problem: 'its metadata is not what was saved',
      expected: '{"note": "third"}',
      found: '{"note": "fourth"}',
    },
  },
  {
    title: 'a saved value put back to an older one',
    sql: `update transaction set metadata = metadata || '{"checked": true}' where ledger = :ledger and txid = 0`,
    finding: { table: 'transaction', key: { txid: 0 }, problem: 'its metadata is not what was saved' },
  },
  {
    title: 'the mark of a revert taken away',
    sql: `update transaction set metadata = metadata - 'com.numary.spec/state/reverted' where ledger = :ledger and txid = 0`,
    finding: { table: 'transaction', key: { txid: 0 }, problem: 'its metadata is not what was saved' },
  },
  {
    title: 'volumes before it changed',
    sql: `update transaction set pre_commit_volumes = '{}' where ledger = :ledger and txid = 5`,
    finding: {
      table: 'transaction',
      key: { txid: 5 },
      problem: 'its pre_commit_volumes are not those of the moves',
      found: '{}',
    },
  },
  {
    title: 'volumes after it changed',
    sql: `update transaction set post_commit_volumes = '{}' where ledger = :ledger and txid = 5`,
    finding: {
      table: 'transaction',
      key: { txid: 5 },
      problem: 'its post_commit_volumes are not those of the moves',
      found: '{}',
    },
  },

  // Moves.
  {
    title: 'a move deleted',
    sql: `delete from move where ledger = :ledger and account = 'alice' and asset = 'COIN' and txid = 2`,
    finding: { table: 'move', key: { txid: 2, account: 'alice', asset: 'COIN' }, problem: 'it is missing' },
  },
  {
    title: 'input and output of a move changed alike',
    sql: `update move set input = input + 1, output = output + 1 where ledger = :ledger and account = 'bob' and txid = 2`,
    finding: {
      table: 'move',
      key: { txid: 2, account: 'bob', asset: 'COIN' },
      problem: 'its volumes are not those before and the postings',
      expected: 'input 11, output 2',
      found: 'input 12, output 3',
    },
  },
  {
    title: 'the last move of a pair changed',
    sql: `update move set output = output + 1 where ledger = :ledger and account = 'world' and asset = 'COIN' and txid = 7`,
    finding: { table: 'move', key: { txid: 7, account: 'world', asset: 'COIN' } },
  },
  {
    title: 'a side of a move',
    sql: `update move set is_destination = true where ledger = :ledger and account = 'world' and txid = 0`,
    finding: {
      table: 'move',
      key: { txid: 0, account: 'world', asset: 'COIN' },
      problem: 'its sides are not those of the postings',
      expected: 'is_source true, is_destination false',
      found: 'is_source true, is_destination true',
    },
  },
  {
    title: 'a transaction that is said to lie in the past',
    sql: `update transaction set is_past = true where ledger = :ledger and txid = 2`,
    finding: {
      table: 'transaction',
      key: { txid: 2 },
      problem: 'its is_past is not what its timestamp says',
      expected: 'false',
      found: 'true',
    },
  },
  {
    title: 'a move of a pair that was never touched',
    sql: `insert into move values (:ledger, 'alice', 'GEM', 1, 5, 0, false, true)`,
    finding: { table: 'move', key: { txid: 1, account: 'alice', asset: 'GEM' }, problem: 'no log row explains it' },
  },
  {
    title: 'a move of a transaction that did not touch its pair',
    sql: `insert into move values (:ledger, 'bob', 'COIN', 5, 1000000, 0, false, true)`,
    finding: { table: 'move', key: { txid: 5, account: 'bob', asset: 'COIN' }, problem: 'no log row explains it' },
  },
  {
    title: 'a move that changes nothing',
    sql: `insert into move select ledger, account, asset, 5, input, output, is_source, is_destination from move where ledger = :ledger and account = 'bob' and txid = 3`,
    finding: { table: 'move', key: { txid: 5, account: 'bob', asset: 'COIN' }, problem: 'no log row explains it' },
  },
  {
    title: 'a move of a transaction that is not there',
    sql: `insert into move values (:ledger, 'bob', 'COIN', 99, 1000000, 0, false, true)`,
    finding: { table: 'move', key: { txid: 99, account: 'bob', asset: 'COIN' }, problem: 'no log row explains it' },
  },

  // Accounts.
  {
    title: 'an account deleted that has moves',
    sql: `delete from account where ledger = :ledger and address = 'bob'`,
    finding: { table: 'account', key: { address: 'bob' }, problem: 'it is missing' },
  },
  {
    title: 'an account deleted that has metadata alone',
    sql: `delete from account where ledger = :ledger and address = 'nobody'`,
    finding: { table: 'account', key: { address: 'nobody' }, problem: 'it is missing' },
  },
  {
    title: 'an account added',
    sql: `insert into account values (:ledger, 'mallory', '{}')`,
    finding: { table: 'account', key: { address: 'mallory' }, problem: 'no log row explains it' },
  },
  {
    title: 'metadata of an account put back to an older value',
    sql: `update account set metadata = metadata || '{"name": "Alice"}' where ledger = :ledger and address = 'alice'`,
    finding: { table: 'account', key: { address: 'alice' }, problem: 'its metadata is not what was saved' },
  },
  {
    title: 'metadata of an account that nobody saved any on',
    sql: `update account set metadata = '{"a": 1}' where ledger = :ledger and address = 'world'`,
    finding: { table: 'account', key: { address: 'world' }, expected: '{}', found: '{"a": 1}' },
  },
];

describe('the first bad row is named for', () => {
  it.each(tamperings)('$title', async ({ sql, rehash: isRehashed, finding }) => {
    const { key, ...rest } = finding;
    const found = await findingOf(sql, isRehashed);
    expect(found).toMatchObject(rest);
    expect(found?.key).toMatchObject(key ?? {});
  });

  it('an outbox row, by the sequence that it should have', async () => {
    const found = await findingOf(`delete from outbox where ledger = :name and seq = ${seqOf(4)}`);
    expect(found?.key).toMatchObject({ event_sequence: 4 });
  });

  it('none in ledgers beside it', async () => {
    const sql = `update move set input = input + 1 where ledger <> :ledger; delete from log where ledger <> :ledger;
      delete from transaction where ledger <> :ledger; delete from outbox where ledger <> :name and lane = :lane`;
    expect(await findingOf(sql)).toBeUndefined();
  });
});

describe('where retention dropped partitions', () => {
  /** The ledger's first five events on one day, six to nine on the next but one, and the partitions of three days. */
  const spread = `
    create table outbox_old_1 partition of outbox for values from ('2020-01-01') to ('2020-01-02');
    create table outbox_old_2 partition of outbox for values from ('2020-01-02') to ('2020-01-03');
    create table outbox_old_3 partition of outbox for values from ('2020-01-03') to ('2020-01-04');
    update ledger set created_at = '2020-01-01 10:00Z' where id = :ledger;
    update outbox set at = '2020-01-01 10:00Z' where ledger = :name and event_sequence <= 5;
    update outbox set at = '2020-01-03 10:00Z' where ledger = :name and event_sequence between 6 and 9;`;

  it.each([
    { title: 'all are there', sql: '', outboxRows: 18, firstOutboxSequence: 1 },
    { title: 'the first is gone', sql: 'drop table outbox_old_1', outboxRows: 13, firstOutboxSequence: 6 },
    {
      title: 'a later one is gone, an older one kept',
      sql: 'drop table outbox_old_3',
      outboxRows: 14,
      firstOutboxSequence: 1,
    },
    {
      title: 'all but the last are gone',
      sql: 'drop table outbox_old_1, outbox_old_2, outbox_old_3',
      outboxRows: 9,
      firstOutboxSequence: 10,
    },
  ])('a ledger is verified: $title', async ({ sql, outboxRows, firstOutboxSequence }) => {
    const report = await verified(async (client) => run(client, spread + sql));
    expect(report).toMatchObject({ ok: true, counts: { ...counts, outboxRows, firstOutboxSequence } });
  });

  it('a ledger of which no row is left in the outbox is verified', async () => {
    const sql = `${spread} update outbox set at = '2020-01-03 10:00Z' where ledger = :name and event_sequence > 5;
      drop table outbox_old_1, outbox_old_3`;
    const report = await verified(async (client) => run(client, sql));
    expect(report).toMatchObject({ ok: true, counts: { ...counts, outboxRows: 0, firstOutboxSequence: null } });
  });

  it('a row that is missing between kept ones is found', async () => {
    const finding = await findingOf(`${spread} delete from outbox where ledger = :name and event_sequence = 6`);
    expect(finding).toMatchObject({ table: 'outbox', expected: 'a row of event sequence 6' });
  });
});
