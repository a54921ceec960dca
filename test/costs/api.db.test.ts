import { Agent } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lockLane } from '../../packages/outbox/src/index.ts';
import { inTransaction } from '../../packages/postgres/src/index.ts';
import { eventually } from '../../packages/stack/src/testing/index.ts';
import { sendRequest, type SentRequest } from '../../services/ledger/test-fixtures/send-request.ts';
import { startApi, type RunningApi } from '../../services/ledger/test-fixtures/start-api.ts';
import { CostSheet } from './cost-sheet.ts';
import { CountedServer, type Cost } from './counted-server.ts';
import { limits } from './limits.ts';
import { fill, startWriter } from './writing.ts';

const sheet = new CostSheet(limits.api, (line) => process.stderr.write(`costs of the API: ${line}\n`));
const clients = 64;
const writesPerClient = 12;
const transactions = 10_000;

let server: CountedServer;
let api: RunningApi;

beforeAll(async () => {
  server = await CountedServer.start({ lanes: 1 });
  const writer = await startWriter(server.databaseUrl);
  await fill(writer, 'read', { from: 0, to: transactions });
  await writer.stop();
  await server.pool.query('analyze');
  api = await startApi({ databaseUrl: server.databaseUrl });
  const mapping = { contracts: [{ account: 'users:*', expr: { $gte: ['$balance', 0] } }] };
  const headers = { 'content-type': 'application/json' };
  const { status } = await api.send({ method: 'PUT', path: '/read/mapping', headers, body: JSON.stringify(mapping) });
  if (status !== 200) throw new Error(`the mapping was answered with ${status}`);
});

afterAll(async () => {
  await api?.stop();
  await server?.stop();
});

/**
 * Each client sends its next write when those of all were answered. The lane is held until all of them wait, so that a round is as many batches
 * as the writer makes of it, and not as many as requests happened to be read while one of them was at the database.
 */
async function writeAtOnce(request: (number: number) => SentRequest): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const { hostname: host, port } = new URL(api.url);
  const send = async (number: number) => {
    const { status, body } = await sendRequest({ host, port: Number(port), agent }, request(number));
    if (status !== 200) throw new Error(`${status}: ${body}`);
  };
  try {
    for (let turn = 0; turn < writesPerClient; turn += 1) {
      const { answers } = await inTransaction(server.pool, async (holder) => {
        await lockLane(holder, 0, undefined);
        const sent = Promise.all(
          Array.from({ length: clients }, async (_, client) => send(turn * clients + client + 1)),
        );
        await Promise.race([sent, eventually(allWait, { what: `${clients} writes that wait` })]);
        return { answers: sent };
      });
      await answers;
    }
  } finally {
    agent.destroy();
  }
}

async function allWait(): Promise<boolean> {
  const { body } = await api.send({ path: '/metrics' });
  return body.includes(`\ndaybook_ledger_commands_waiting{service="test"} ${clients}\n`);
}

function post(number: number, extra: object = {}, headers: Readonly<Record<string, string>> = {}): SentRequest {
  const postings = [{ source: 'world', destination: `users:${number}`, amount: 1, asset: 'USD/2' }];
  return {
    method: 'POST',
    path: '/written/transactions',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ postings, ...extra }),
  };
}

describe('a single write of 64 clients costs no more at the database than its limits say', () => {
  const writes = clients * writesPerClient;

  // Until it is there, each of the first requests may look for the ledger: as many as arrive before its first commit, which is a matter of time.
  beforeAll(async () => {
    const { status, body } = await api.send(post(0));
    if (status !== 200) throw new Error(`${status}: ${body}`);
  });

  it('plain', async () => {
    const upkeepBefore = server.wire.of('daybook-ledger-upkeep');
    const cost = await server.during(['daybook-ledger-writer'], async () => writeAtOnce((number) => post(number)));
    const upkeep = server.wire.since(upkeepBefore, 'daybook-ledger-upkeep');
    expect(
      sheet.faults(
        {
          'round trips per write of 64 clients': cost.roundTrips / writes,
          'statements per write of 64 clients': cost.statements / writes,
          'commits per write of 64 clients': cost.commits / writes,
          'doorbells and lookups per commit of 64 clients': upkeep.statements / cost.commits,
        },
        cost.byName,
      ),
    ).toEqual([]);
  });

  it('with reference, key and metadata', async () => {
    const cost = await server.during(['daybook-ledger-writer'], async () =>
      writeAtOnce((number) =>
        post(number, { reference: `order-${number}`, metadata: { number } }, { 'idempotency-key': `key-${number}` }),
      ),
    );
    expect(
      sheet.faults(
        {
          'round trips per write of 64 clients, with reference, key and metadata': cost.roundTrips / writes,
          'statements per write of 64 clients, with reference, key and metadata': cost.statements / writes,
          'commits per write of 64 clients, with reference, key and metadata': cost.commits / writes,
        },
        cost.byName,
      ),
    ).toEqual([]);
  });
});

describe('a read costs no more statements and pages than its limits say, on 10,000 transactions', () => {
  const reads = [
    '/read/transactions/5000',
    '/read/accounts/users:0005000',
    '/read/accounts/world',
    '/read/transactions',
    '/read/transactions?after=5000',
    '/read/transactions?account=users:0005000',
    '/read/transactions?source=world',
    '/read/accounts',
    '/read/balances',
    '/read/logs',
    '/read/mapping',
    '/read/stats',
    '/read/aggregate/balances?address=users:0005000',
  ] as const;

  it.each(reads)('GET %s', async (path) => {
    const cost = await costOf(path);
    expect(
      sheet.faults(
        {
          [`round trips of GET ${path}`]: cost.roundTrips,
          [`statements of GET ${path}`]: cost.statements,
          [`buffers of GET ${path}`]: cost.buffers,
        },
        cost.byName,
      ),
    ).toEqual([]);
  });

  it.each([
    '/read/transactions?start_time=2001-01-01T00:00:00Z',
    '/read/logs?start_time=2001-01-01T00:00:00Z',
  ] as const)('GET %s, beside as many transactions of a ledger that was let into the past', async (path) => {
    await server.pool.query(pastSql);
    await server.pool.query('analyze');
    const { buffers, byName } = await costOf(path);
    expect(sheet.faults({ [`buffers of GET ${path}`]: buffers }, byName)).toEqual([]);
  });
});

/** Of a ledger that is in no list of ledgers, which a read of another does not see. */
const pastSql = `
insert into transaction (ledger, txid, timestamp, postings, metadata, pre_commit_volumes, post_commit_volumes, is_past)
select -1, txid, timestamp, postings, metadata, pre_commit_volumes, post_commit_volumes, true
from transaction where ledger = (select id from ledger where name = 'read')
on conflict do nothing`;

async function costOf(path: string): Promise<Cost> {
  const get = async () => {
    const { status, body } = await api.send({ path });
    if (status !== 200) throw new Error(`${status}: ${body}`);
  };
  // Statements are prepared and the ledger is known from here on.
  await get();
  return await server.during(['api test', 'daybook-ledger-upkeep'], get);
}

it('no limit is without a figure', () => {
  expect(sheet.unused).toEqual([]);
});
