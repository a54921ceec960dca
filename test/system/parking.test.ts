import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, limitRecords, readWholeTopic, Workload } from '../../packages/stack/src/testing/index.ts';
import { AuditedStack, topic } from './audited-stack.ts';

const small = 4_000;

let audited: AuditedStack;

beforeAll(async () => {
  audited = await AuditedStack.start({ relays: 2 });
}, 120_000);

afterAll(async () => {
  await audited?.stop();
});

async function write(ledger: string, postings: number): Promise<void> {
  const posting = { source: 'world', destination: 'wallet:7', amount: 250, asset: 'EUR/2' };
  const response = await fetch(`${audited.stack.ledgerUrls[0]}/${ledger}/transactions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ postings: Array.from({ length: postings }, () => posting) }),
  });
  expect(response.status).toBe(200);
}

/** The admin API of a relay, on this machine and without a token. */
async function ask(path: string, body?: object): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(`${audited.stack.relayUrls[0]}${path}`, {
    ...(body !== undefined && {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  });
  return { status: response.status, text: await response.text() };
}

async function sequencesOf(ledger: string): Promise<number[]> {
  const records = await readWholeTopic(audited.stack.kafkaBrokers, topic);
  return records
    .filter(({ headers }) => headers['ledger'] === ledger)
    .map(({ headers }) => Number(headers['sequence']));
}

test('a record that the topic refuses is parked, its ledger waits, all others flow; sent again, all arrive in order', async () => {
  await limitRecords(audited.stack.kafkaBrokers, topic, small);
  await write('poisoned', 1);
  await write('poisoned', 200);
  await write('poisoned', 1);
  const { pool, stack } = audited;
  const parked = await eventually(
    async () => {
      const { rows } = await pool.query<{ lane: number; seq: number }>(
        `select lane, seq from parked where ledger = 'poisoned' and state = 'parked'`,
      );
      return rows[0];
    },
    { what: 'the parked row', withinMs: 30_000 },
  );
  // Other ledgers, some of which share its lane and its partition.
  const ledgers = Array.from({ length: 100 }, (_, index) => `ledger-${index}`);
  const workload = new Workload({
    seed: 1,
    ledgerUrls: stack.ledgerUrls,
    ledgers,
    clients: 4,
    writesMax: 200,
    kinds: ['transaction'],
  });
  await workload.finished();
  await write('poisoned', 1);
  await audited.settled();
  expect(await sequencesOf('poisoned')).toEqual([1]);
  expect(JSON.parse((await ask('/parked')).text)).toMatchObject({
    parked: [{ ledger: 'poisoned', eventSequence: 2, topic, attempts: 3 }],
  });

  // Still refused, it is parked again, and nothing passes it.
  const decision = { by: 'an operator', why: 'to see' };
  await ask(`/parked/${parked.lane}/${parked.seq}/retry`, decision);
  await eventually(
    async () => {
      const { rows } = await pool.query<{ attempts: number }>(`select attempts from parked where state = 'parked'`);
      return rows[0]?.attempts === 6;
    },
    { what: 'the row parked again', withinMs: 30_000 },
  );
  expect(await sequencesOf('poisoned')).toEqual([1]);

  await limitRecords(audited.stack.kafkaBrokers, topic, undefined);
  expect((await ask(`/parked/${parked.lane}/${parked.seq}/retry`, decision)).status).toBe(200);
  await eventually(async () => (await pool.query('select from held')).rowCount === 0, {
    what: 'the key released',
    withinMs: 30_000,
  });
  await write('poisoned', 1);
  await audited.settled();
  expect(await sequencesOf('poisoned')).toEqual([1, 2, 3, 4, 5]);
  const result = await audited.audit({ writes: workload.writes });
  expect(result.faults).toEqual({});
});
