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
