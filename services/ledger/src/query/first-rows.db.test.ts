import { createPool, type Pool } from '@daybook/postgres';
import { createDatabase, type TestDatabase } from '@daybook/stack/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { migrate } from '../migrate.ts';
import { listAccounts } from './list-accounts.ts';
import { listBalances } from './list-balances.ts';
import { listLogs } from './list-logs.ts';
import { listTransactions } from './list-transactions.ts';

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createDatabase({ migrate: async (url) => await migrate(url, { lanes: 64 }) });
  pool = createPool(database.databaseUrl, { size: 1, applicationName: 'first rows test' });
  await pool.query(
    `insert into transaction (ledger, txid, timestamp, postings, metadata, pre_commit_volumes, post_commit_volumes, is_past)
    select 1, n, now(), '[]', '{}', '{}', '{}', false from generate_series(0, 19999) n`,
  );
  await pool.query(`insert into account (ledger, address) select 1, 'a' || n from generate_series(0, 19999) n`);
  await pool.query(
    `insert into move (ledger, account, asset, txid, input, output, is_source, is_destination)
    select 1, 'a' || n, 'USD', n, 1, 0, false, true from generate_series(0, 19999) n`,
  );
  await pool.query(
    `insert into log (ledger, id, type, data, hash, date, next_txid, last_event_sequence, event_count)
    select 1, n, 'NEW_TRANSACTION', '{}', repeat('0', 64), '2025-01-01T00:00:00Z', n + 1, n, 1 from generate_series(0, 19999) n`,
  );
  await pool.query('analyze');
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

const slice = { below: undefined, offset: 0 };
const accounts = { address: undefined, metadata: [], balance: undefined };
const times = { startTime: undefined, endTime: undefined };
const sides = { account: undefined, source: undefined, destination: undefined };
const transactions = { reference: undefined, ...sides, ...times, metadata: [] };

it.each([
  {
    name: 'list-newest',
    ask: async (limit: number) => listTransactions(pool, 1, { filter: transactions, txidMax: 9_000, limit }),
  },
  {
    name: 'list-all-accounts',
    ask: async (limit: number) => listAccounts(pool, 1, { filter: accounts, slice: { ...slice, limit } }),
  },
  {
    name: 'list-all-balances',
    ask: async (limit: number) => listBalances(pool, 1, { selection: undefined, slice: { ...slice, limit } }),
  },
  { name: 'list-newest-logs', ask: async (limit: number) => listLogs(pool, 1, { filter: times, idMax: 9_000, limit }) },
])('from its sixth page on, a session asks $name without planning, by its index, whatever is asked', async (list) => {
  for (const limit of [1, 17, 17, 17, 17, 17, 1_002, 2]) expect(await list.ask(limit)).toHaveLength(limit);
  const { rows: plans } = await pool.query<{ generic: number; custom: number }>(
    'select generic_plans as generic, custom_plans as custom from pg_prepared_statements where name = $1',
    [list.name],
  );
  expect(plans).toEqual([{ generic: 3, custom: 5 }]);
  const { rows } = await pool.query<{ 'QUERY PLAN': string }>(`explain execute "${list.name}" (1, null, 17)`);
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
  expect(plan).toContain('Index Scan Backward');
  expect(plan).not.toMatch(/Seq Scan|Sort Key: (?:txid|id|account\.address)/);
});
