import { terminalOf } from '@daybook/config';
import { OutboxDatabase } from '@daybook/outbox/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runRetention } from './retention-command.ts';

let database: OutboxDatabase;

beforeAll(async () => {
  database = await OutboxDatabase.create();
  await makeOldPartition();
});

afterAll(async () => {
  await database.drop();
});

async function makeOldPartition(): Promise<void> {
  await database.pool.query(
    `create table outbox_19990101 partition of outbox for values from ('1999-01-01') to ('1999-01-02')`,
  );
  await database.pool.query('alter table outbox_19990101 owner to daybook_outbox');
}

async function run(options: { json: boolean; days?: number }) {
  const written = { out: '', err: '' };
  const terminal = terminalOf({ write: (text) => (written.out += text) }, { write: (text) => (written.err += text) });
  const values = { databaseUrl: database.relayUrl, outboxRetentionDays: options.days ?? 7 };
  return { code: await runRetention(values, options, terminal), ...written };
}

it('relay retention drops what is old once, and shows it to people or programs', async () => {
  expect(await run({ json: false, days: 0 })).toMatchObject({ code: 0, out: '' });
  const first = await run({ json: false });
  expect(first).toMatchObject({ code: 0, err: '1 dropped, 1 left\n' });
  expect(first.out).toMatch(/^PARTITION .*\noutbox_19990101 +1999-01-01 00:00:00\+00 .* dropped\n$/);
  const second = await run({ json: true });
  expect(JSON.parse(second.out)).toEqual({ kind: 'done', partitions: 1, dropped: [], kept: [] });
});

it('relay retention fails when another session is at it', async () => {
  const client = await database.pool.connect();
  await client.query(`select pg_advisory_lock(hashtext('daybook_outbox_retention'))`);
  expect(await run({ json: true })).toMatchObject({ code: 1, out: '{"kind":"elsewhere"}\n' });
  client.release(true);
});

it('relay retention says what the database refused', async () => {
  await database.pool.query('alter table held rename to held_elsewhere');
  await makeOldPartition();
  const failed = await run({ json: true });
  expect(failed).toMatchObject({ code: 3, out: '', err: 'relay retention: relation "held" does not exist\n' });
});
