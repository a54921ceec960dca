import { globSync } from 'node:fs';
import { createPool, type Pool } from '@daybook/postgres';
import { createDatabase, type TestDatabase } from '@daybook/stack/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { renderSchemaPage } from '../test-fixtures/schema-page.ts';
import { migrate } from './migrate.ts';

let database: TestDatabase;
let pool: Pool;

/** An empty database for each test. */
beforeEach(async () => {
  database = await createDatabase({ template: 'empty', migrate: async () => undefined });
  pool = createPool(database.databaseUrl, { size: 1, applicationName: 'migrate test' });
});

afterEach(async () => {
  await pool.end();
  await database.drop();
});

async function lanes(): Promise<readonly number[]> {
  const { rows } = await pool.query<{ id: number }>('select id from lane order by id');
  return rows.map(({ id }) => id);
}

describe('migrate', () => {
  it('lets several start at once on an empty database', async () => {
    const messages: string[] = [];
    const log = (message: string) => messages.push(message);
    await Promise.all([1, 2, 3].map(async () => await migrate(database.databaseUrl, { lanes: 8, log })));
    expect(await lanes()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(messages.filter((message) => message === 'lanes made')).toHaveLength(1);
    const applied = await pool.query<{ name: string }>('select name from migration order by id');
    expect(applied.rows.map(({ name }) => `${name}.sql`)).toEqual(
      globSync('[0-9]*.sql', { cwd: 'migrations' }).toSorted(),
    );
  });

  it('makes no mixture of lanes when those who start disagree', async () => {
    await Promise.all([3, 5, 9].map(async (count) => await migrate(database.databaseUrl, { lanes: count })));
    expect([3, 5, 9]).toContain((await lanes()).length);
  });

  it('leaves the lanes alone when LANES changes, and says so', async () => {
    await migrate(database.databaseUrl, { lanes: 2 });
    const messages: unknown[] = [];
    await migrate(database.databaseUrl, { lanes: 4, log: (message, fields) => messages.push({ message, ...fields }) });
    expect(await lanes()).toEqual([0, 1]);
    expect(messages).toContainEqual({ message: 'LANES only counts at the first migration', lanes: 2, asked: 4 });
  });

  it('works in the schema that search_path names', async () => {
    await pool.query('create schema books');
    const url = new URL(database.databaseUrl);
    url.searchParams.set('options', '-c search_path=books');
    await migrate(url.href, { lanes: 1 });
    const { rows } = await pool.query("select count(*) as tables from pg_tables where schemaname = 'public'");
    expect(rows).toEqual([{ tables: 0 }]);
    expect((await pool.query('select id from books.lane')).rows).toEqual([{ id: 0 }]);
  });

  it('tells the sides of accounts and what lies in the past of a ledger from before it kept them', async () => {
    await migrate(database.databaseUrl, { lanes: 1 });
    await pool.query(`
      alter table move drop column is_source, drop column is_destination;
      alter table transaction drop column is_past;
      drop index transaction_metadata_idx, account_metadata_idx, log_metadata_date_idx;
      delete from migration where name >= '0004'`);
    await pool.query(`
      insert into transaction (ledger, txid, timestamp, postings, metadata, pre_commit_volumes, post_commit_volumes)
      select 1, txid, '2025-01-01Z'::timestamptz + second * interval '1 second', postings, '{}', '{}', '{}'
      from (values
        (0, 5, '[{"source":"world","destination":"a","amount":1,"asset":"X"}]'::json),
        (1, 5, '[{"source":"a","destination":"a","amount":0,"asset":"X"},{"source":"world","destination":"b","amount":0,"asset":"Y"}]'),
        (2, 4, '[{"source":"b","destination":"world","amount":1,"asset":"X"},{"source":"a","destination":"b","amount":1,"asset":"X"}]')
      ) as given (txid, second, postings)`);
    await pool.query(`
      insert into move (ledger, account, asset, txid, input, output)
      values (1, 'world', 'X', 0, 0, 1), (1, 'a', 'X', 0, 1, 0), (1, 'a', 'X', 1, 1, 0), (1, 'world', 'Y', 1, 0, 0),
        (1, 'b', 'Y', 1, 0, 0), (1, 'b', 'X', 2, 1, 1), (1, 'world', 'X', 2, 1, 1), (1, 'a', 'X', 2, 1, 1)`);
    await migrate(database.databaseUrl, { lanes: 1 });
    const moves = await pool.query<{ told: string }>(`
      select concat_ws(' ', txid, account, asset, case when is_source then 'out' end, case when is_destination then 'in' end) as told
      from move order by txid, account, asset`);
    expect(moves.rows.map(({ told }) => told)).toEqual([
      '0 a X in',
      '0 world X out',
      '1 a X out in',
      '1 b Y in',
      '1 world Y out',
      '2 a X out',
      '2 b X out in',
      '2 world X in',
    ]);
    const past = await pool.query<{ txid: number }>('select txid from transaction where is_past');
    expect(past.rows).toEqual([{ txid: 2 }]);
  });

  it('rejects with what pg says when nobody listens', async () => {
    const url = new URL(database.databaseUrl);
    url.port = '1';
    await expect(migrate(url.href, { lanes: 1 })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('makes the schema that migrations/schema.md shows', async () => {
    await migrate(database.databaseUrl, { lanes: 1 });
    await expect(await renderSchemaPage(pool)).toMatchFileSnapshot('../../../migrations/schema.md');
  });
});
