import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import {
  eventually,
  readWholeTopic,
  Workload,
  type Audit,
  type ReportedWrite,
} from '../../packages/stack/src/testing/index.ts';
import { AuditedStack, topic } from './audited-stack.ts';

const seed = inject('seed');
const ledgers = ['one', 'two', 'three'];
const retried = 'retried';
/** As far as any script of the workload says that its two accounts may be overdrawn, in the one asset that runs short. */
const overdraft = { accounts: ['users:2', 'users:3'], asset: 'HOUR', most: 300n };

let audited: AuditedStack;
const writes: ReportedWrite[] = [];
let result: Audit;

beforeAll(async () => {
  audited = await AuditedStack.start({ ledgers: 2, relays: 1 });
}, 120_000);

afterAll(async () => {
  await audited?.stop();
});

test('thousands of scripts on shared accounts through two ledgers, of which one is killed: each is answered in the end', async () => {
  const { stack } = audited;
  const workload = new Workload({
    seed,
    ledgerUrls: stack.ledgerUrls,
    ledgers,
    clients: 24,
    writesMax: 4_000,
    kinds: ['script', 'account-metadata', 'transaction-metadata'],
  });
  await eventually(() => workload.counts.written > 1_000, { what: 'a thousand writes', withinMs: 60_000 });
  await stack.kill('ledger', 1);
  await workload.finished();
  await stack.ready('ledger', 1);
  await audited.settled();
  writes.push(...workload.writes);
  process.stderr.write(`scripts (seed ${seed}): ${JSON.stringify(workload.counts)}\n`);
  expect(workload.complaints).toEqual([]);
  expect(workload.counts.unknown).toBe(0);
  expect(workload.counts.retries).toBeGreaterThan(0);
  const scripts = workload.writes.filter(({ kind }) => kind === 'script');
  const count = (outcome: ReportedWrite['outcome']) => scripts.filter((script) => script.outcome === outcome).length;
  expect(count('written')).toBeGreaterThan(1_000);
  expect(count('refused')).toBeGreaterThan(100);
  expect(count('previewed')).toBeGreaterThan(20);
});

interface Sent {
  readonly path: string;
  readonly body: object;
  readonly key: string;
}

/** The same request to both ledgers at once, several times. */
async function sendAtOnce({ path, body, key }: Sent) {
  const [one = '', other = ''] = audited.stack.ledgerUrls;
  const responses = [one, other, one, other, one, other].map(async (url) =>
    fetch(`${url}/${retried}/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(body),
    }),
  );
  return Promise.all(
    responses.map(async (pending) => {
      const response = await pending;
      const isReplay = response.headers.get('idempotency-hit') === 'true';
      return { status: response.status, body: await response.text(), isReplay };
    }),
  );
}

test('a script sent several times at once under one idempotency key is written once, whichever ledger takes it', async () => {
  for (const [txid, path] of ['transactions', 'script'].entries()) {
    const mark = `sent to ${path}`;
    const script = {
      plain: `vars {
  account $to
  string $mark
}
send [EUR/2 7] (
  source = @world
  destination = $to
)
set_tx_meta("level", 7)
set_account_meta($to, "mark", $mark)
set_account_meta(@shop, "mark", $mark)
set_account_meta($to, "level", 7)`,
      vars: { to: 'users:1', mark },
    };
    const body = { ...(path === 'script' ? script : { script }), metadata: { mark } };
    const answers = await sendAtOnce({ path, body, key: mark });
    expect(new Set(answers.map(({ status, body: text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers.filter(({ isReplay }) => !isReplay)).toHaveLength(1);
    expect(answers[0]?.status).toBe(200);
    expect(answers[0]?.body).toContain(`"txid":${txid},`);
    const saves = ['users:1', 'shop'];
    writes.push({ kind: 'script', ledger: retried, mark, outcome: 'written', txids: [txid], script: { saves } });
  }
  await audited.settled();
});

test('the topic has the transaction of a script and, directly behind it, the metadata of each account that it set', async () => {
  const records = (await readWholeTopic(audited.stack.kafkaBrokers, topic)).filter(({ key }) => key === retried);
  expect(records.map(({ headers }) => `${headers['sequence']} ${headers['type']}`)).toEqual([
    '1 COMMITTED_TRANSACTIONS',
    '2 SAVED_METADATA',
    '3 SAVED_METADATA',
    '4 COMMITTED_TRANSACTIONS',
    '5 SAVED_METADATA',
    '6 SAVED_METADATA',
  ]);
  const bodies = records.map(({ value }): { payload: Record<string, unknown> } => JSON.parse(value.toString()));
  const mark = { type: 'string', value: 'sent to transactions' };
  const level = { type: 'number', value: 7 };
  expect(bodies[0]?.payload['transactions']).toMatchObject([{ metadata: { mark: mark.value, level } }]);
  expect(bodies.slice(1, 3).map(({ payload }) => payload)).toEqual(
    expect.arrayContaining([
      { targetType: 'ACCOUNT', targetId: 'users:1', metadata: { mark, level } },
      { targetType: 'ACCOUNT', targetId: 'shop', metadata: { mark } },
    ]),
  );
});

test('after all of it nothing is lost, doubled, out of order or by halves, and each script saw what was before it', async () => {
  result = await audited.audit({ writes });
  process.stderr.write(`scripts (seed ${seed}): ${result.records} records, ${result.repeats} repeats\n`);
  expect(result.faults).toEqual({});
});

test('no account ends further below zero than scripts said, and those that they named did go there', async () => {
  const below = result.balances.filter(({ account, asset, input, output }) => {
    const mayGoBelow = overdraft.accounts.includes(account) && asset === overdraft.asset;
    return account !== 'world' && input - output < (mayGoBelow ? -overdraft.most : 0n);
  });
  expect(below).toEqual([]);
  const records = await readWholeTopic(audited.stack.kafkaBrokers, topic);
  const wentBelow = new Set(records.flatMap(({ headers, value }) => belowZero(headers['type'], value.toString())));
  wentBelow.delete('world');
  expect([...wentBelow].sort()).toEqual(overdraft.accounts);
});

/** The accounts that an event shows below zero in the asset that runs short, whose amounts are small. */
function belowZero(type: string | undefined, body: string): string[] {
  if (type !== 'COMMITTED_TRANSACTIONS') return [];
  const event: { payload: { volumes: Record<string, Record<string, { input: number; output: number }>> } } =
    JSON.parse(body);
  return Object.entries(event.payload.volumes).flatMap(([account, { [overdraft.asset]: volume }]) =>
    volume !== undefined && volume.output > volume.input ? [account] : [],
  );
}
