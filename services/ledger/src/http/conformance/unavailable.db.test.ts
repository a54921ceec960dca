import { randomBytes } from 'node:crypto';
import { createPool, type Pool } from '@daybook/postgres';
import { createDatabase, eventually, type TestDatabase } from '@daybook/stack/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LedgerProcess } from '../../../test-fixtures/ledger-process.ts';
import { sendRequest, type SentRequest } from '../../../test-fixtures/send-request.ts';
import { migrate } from '../../migrate.ts';

// What v1 proves in transaction_controller_test.go TestTooManyClient: PostgreSQL has no connection left (53300).

const role = `crowded_${randomBytes(6).toString('hex')}`;

let database: TestDatabase;
let pool: Pool;
let service: LedgerProcess;
let send: (request: SentRequest) => ReturnType<typeof sendRequest>;

beforeAll(async () => {
  database = await createDatabase({ migrate: async (url) => await migrate(url, { lanes: 64 }) });
  pool = createPool(database.databaseUrl, { size: 1, applicationName: 'role test' });
  // As the ledger's own user is, so that the limit holds nobody else.
  await pool.query(`create role ${role} login password '${role}' in role daybook_ledger`);
  const url = new URL(database.databaseUrl);
  url.username = role;
  url.password = role;
  service = new LedgerProcess(['serve'], { DATABASE_URL: url.href });
  const { hostname: host, port } = new URL(await service.url());
  send = async (request) => await sendRequest({ host, port: Number(port) }, request);
});

afterAll(async () => {
  await service.kill();
  await pool.query(`drop role ${role}`);
  await pool.end();
  await database.drop();
});

it('1.1: STORE, where the database has no connection left, is 503 with a body and Retry-After, and ends with it', async () => {
  const body = '{"postings":[{"source":"world","destination":"a","amount":1,"asset":"USD"}]}';
  const pay = { method: 'POST', path: '/main/transactions', body };
  const read = { path: '/main/transactions' };
  expect((await send(pay)).status).toBe(200);

  await pool.query(`alter role ${role} connection limit 0`);
  await pool.query('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1', [role]);
  for (const request of [read, pay]) {
    const answer = await eventually(
      async () => {
        const received = await send(request);
        return received.status === 503 ? received : undefined;
      },
      { what: `${request.path} is unavailable`, withinMs: 20_000 },
    );
    expect(JSON.parse(answer.body)).toMatchObject({ errorCode: 'STORE', error_code: 'STORE' });
    expect(answer.headers['retry-after']).toMatch(/^\d+$/);
  }

  await pool.query(`alter role ${role} connection limit -1`);
  await eventually(async () => (await send(read)).status === 200, { what: 'reads are answered', withinMs: 20_000 });
  await eventually(async () => (await send(pay)).status === 200, { what: 'writes are answered', withinMs: 20_000 });
});
