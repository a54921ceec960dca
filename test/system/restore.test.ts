import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPool } from '../../packages/postgres/src/index.ts';
import { eventually, readWholeTopic } from '../../packages/stack/src/testing/index.ts';
import { AuditedStack, topic } from './audited-stack.ts';

let audited: AuditedStack;

beforeAll(async () => {
  audited = await AuditedStack.start({ relays: 1 });
}, 120_000);

afterAll(async () => {
  await audited?.stop();
});

async function write(ledger: string): Promise<void> {
  const posting = { source: 'world', destination: 'wallet:7', amount: 250, asset: 'EUR/2' };
  const response = await fetch(`${audited.stack.ledgerUrls[0]}/${ledger}/transactions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ postings: [posting] }),
  });
  expect(response.status).toBe(200);
}

/** Runs statements beside the database, which nobody uses meanwhile. */
async function besideDatabase(...statements: readonly string[]): Promise<void> {
  const url = new URL(audited.stack.databaseUrl);
  url.pathname = '/postgres';
  const pool = createPool(url.href, { size: 1, applicationName: 'operator' });
  try {
    for (const statement of statements) await pool.query(statement);
  } finally {
    await pool.end();
  }
}

async function halt(): Promise<void> {
  await audited.stack.halt('relay');
  await audited.stack.halt('ledger');
}

const count = async (ledger: string) =>
  (await readWholeTopic(audited.stack.kafkaBrokers, topic)).filter(({ headers }) => headers['ledger'] === ledger)
    .length;

test('a database restored to an older state stops the lanes whose topic is ahead, and the message says what to do', async () => {
  const { stack, pool } = audited;
  const name = new URL(stack.databaseUrl).pathname.slice(1);
  await write('main');
  await write('quiet');
  await audited.settled();
  await halt();
  const end = `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`;
  await besideDatabase(end, `create database backup template ${name}`);
  await stack.restart('ledger');
  await stack.restart('relay');
  await write('main');
  await write('main');
  await audited.settled();
  expect(await count('main')).toBe(3);

  await halt();
  await besideDatabase(end, `drop database ${name} with (force)`, `alter database backup rename to ${name}`);
  await stack.restart('ledger');
  await write('main');
  await write('quiet');
  const started = stack.restart('relay');
  // It is not ready before someone acts.
  started.catch(() => {});
  const answer = await eventually(
    async () => {
      const response = await fetch(`${stack.relayUrls[0]}/readyz`);
      const text = await response.text();
      return text.includes('the topic has events') && text;
    },
    { what: 'a relay that says why', withinMs: 30_000 },
  );
  expect(answer).toContain('main 3');
  expect(answer).toContain('PUBLISHER_TOPIC_MAPPING');
  // The other ledger goes on, unless chance has put it into the same lane.
  const { rows } = await pool.query<{ lanes: number }>('select count(distinct lane) as lanes from ledger');
  const isApart = rows[0]?.lanes === 2;
  if (isApart)
    await eventually(async () => (await count('quiet')) === 2, { what: 'the other ledger', withinMs: 20_000 });
  expect(await count('main')).toBe(3);
  await stack.halt('relay');
  await started.catch(() => {});
});
