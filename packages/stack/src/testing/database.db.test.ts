import { createPool } from '@daybook/postgres';
import { afterAll, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from './database.ts';

let migrations = 0;
const made: TestDatabase[] = [];

async function migrate(databaseUrl: string): Promise<void> {
  migrations += 1;
  await run(databaseUrl, 'create table note (id int primary key)');
}

async function run(databaseUrl: string, sql: string): Promise<number> {
  const pool = createPool(databaseUrl, { size: 1, applicationName: 'test' });
  try {
    return (await pool.query(sql)).rowCount ?? 0;
  } finally {
    await pool.end();
  }
}

afterAll(async () => {
  await Promise.all(made.map(async (database) => database.drop()));
});

test('databases of one template are migrated once and share nothing', async () => {
  const template = `stack_${process.pid}`;
  made.push(...(await Promise.all([createDatabase({ migrate, template }), createDatabase({ migrate, template })])));
  const [one, two] = made.map(({ databaseUrl }) => databaseUrl);
  expect(migrations).toBe(1);
  expect(one).not.toBe(two);
  await run(one ?? '', 'insert into note values (1)');
  expect(await run(one ?? '', 'select * from note')).toBe(1);
  expect(await run(two ?? '', 'select * from note')).toBe(0);
});

test('dropping ends open sessions', async () => {
  const database = await createDatabase({ migrate, template: `stack_${process.pid}` });
  const pool = createPool(database.databaseUrl, { size: 1, applicationName: 'test' });
  await pool.query('select 1');
  await database.drop();
  await expect(pool.query('select 1')).rejects.toThrow(/terminat|does not exist/);
  await pool.end();
});

test('a template name that is not plain is refused', async () => {
  await expect(createDatabase({ migrate, template: 'a"b' })).rejects.toThrow(TypeError);
});
