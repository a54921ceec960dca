import { createPool, type Pool } from '@daybook/postgres';
import { createDatabase, type TestDatabase } from '@daybook/stack/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { migrate } from '../migrate.ts';
import { boundedPage, type PageRow } from './bounded-page.ts';

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createDatabase({ migrate: async (url) => await migrate(url, { lanes: 64 }) });
  pool = createPool(database.databaseUrl, { size: 1, applicationName: 'page test' });
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

const ten = `select n as id, 'ten bytes!' as data from generate_series(1, 9) n order by n desc limit $1`;

it.each([
  { limit: 3, bytesMax: 1_000, ids: [9, 8, 7], isLast: true },
  { limit: 20, bytesMax: 1_000, ids: [9, 8, 7, 6, 5, 4, 3, 2, 1], isLast: true },
  { limit: 20, bytesMax: 30, ids: [9, 8, 7, 6], isLast: false },
  { limit: 20, bytesMax: 29, ids: [9, 8, 7], isLast: false },
  { limit: 20, bytesMax: 0, ids: [9, 8], isLast: false },
])(
  'of $limit rows, at most $bytesMax bytes and one more, two at least, have a text',
  async ({ limit, bytesMax, ids, isLast }) => {
    const { rows } = await pool.query<PageRow<number>>(boundedPage(ten, { key: 'id', text: 'data', bytesMax }), [
      limit,
    ]);
    expect(rows.filter(({ text }) => text === 'ten bytes!').map(({ key }) => key)).toEqual(ids);
    const behind = rows.slice(ids.length);
    expect(behind.every(({ text }) => text === null)).toBe(true);
    expect(behind.length > 0).toBe(!isLast);
  },
);
