import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lockLane } from '../../packages/outbox/src/index.ts';
import { inTransaction } from '../../packages/postgres/src/index.ts';
import type { Command } from '../../services/ledger/src/command/command.ts';
import type { LedgerWriter } from '../../services/ledger/src/writer/writer.ts';
import { CostSheet } from './cost-sheet.ts';
import { CountedServer, type Cost } from './counted-server.ts';
import { limits } from './limits.ts';
import { fill, startWriter, submitTogether, transfer } from './writing.ts';

const sheet = new CostSheet(limits.writes, (line) => process.stderr.write(`costs of writes: ${line}\n`));

let server: CountedServer;
let writer: LedgerWriter;
/** Makes each account, reference and key of this file another one. */
let count = 0;

beforeAll(async () => {
  server = await CountedServer.start({ lanes: 1 });
  writer = await startWriter(server.databaseUrl);
});

afterAll(async () => {
  await writer?.stop();
  await server?.stop();
});

function several<Made>(length: number, make: (number: number) => Made): Made[] {
  return Array.from({ length }, () => make(++count));
}

const application = 'daybook-ledger-writer';

/** What each of so many batches costs that are alike. */
async function costOfBatch(commands: (batch: number) => readonly Command[], batches = 10): Promise<Cost> {
  // Statements are prepared and the lane's state is remembered from here on.
  await submitTogether(writer, commands(0));
  const cost = await server.during([application], async () => {
    for (let batch = 1; batch <= batches; batch += 1) await submitTogether(writer, commands(batch));
  });
  return {
    roundTrips: cost.roundTrips / batches,
    statements: cost.statements / batches,
    commits: cost.commits / batches,
    byName: cost.byName,
    walBytes: cost.walBytes / batches,
    walRecords: cost.walRecords / batches,
    rowsInserted: cost.rowsInserted / batches,
    indexRecords: cost.indexRecords / batches,
    buffers: cost.buffers / batches,
    buffersRead: cost.buffersRead / batches,
  };
}

const request = { ledger: 'hot', bytes: 100, idempotency: undefined };

const batchesOf64 = [
  {
    kind: 'batch of 64',
    commands: () => several(64, (user) => transfer('hot', user)),
  },
  {
    kind: 'batch of 64 with references',
    commands: () => several(64, (user) => transfer('hot', user, { reference: `order-${user}` })),
  },
  {
    kind: 'batch of 64 with idempotency keys',
    commands: () =>
      several(64, (user) => ({
        ...transfer('hot', user),
        idempotency: { key: `key-${user}`, requestHash: 'hash' },
      })),
  },
  {
    kind: 'batch of 64 with metadata',
    commands: () => several(64, (user) => transfer('hot', user, { metadata: { channel: 'web', order: `o-${user}` } })),
  },
  {
    kind: 'batch of 64 that saves metadata',
    commands: () =>
      several(32, (number): Command[] => [
        { ...request, kind: 'save-account-metadata', address: `users:${number}`, metadata: { tier: 'gold' } },
        { ...request, kind: 'save-transaction-metadata', txid: number % 640, metadata: { seen: number } },
      ]).flat(),
  },
  {
    kind: 'batch of 64 to a new ledger',
    commands: (batch) => several(64, (user) => transfer(`new-${batch}`, user)),
  },
] satisfies { readonly kind: string; readonly commands: (batch: number) => readonly Command[] }[];

describe('round trips, statements and commits', () => {
  it.each(batchesOf64)('of a $kind', async ({ kind, commands }) => {
    const cost = await costOfBatch(commands);
    expect(
      sheet.faults(
        {
          [`round trips per ${kind}`]: cost.roundTrips,
          [`statements per ${kind}`]: cost.statements,
          [`commits per ${kind}`]: cost.commits,
        },
        cost.byName,
      ),
    ).toEqual([]);
  });

  it('of a batch of 64 to a ledger of which nothing is remembered', async () => {
    await fill(writer, 'cold', { from: 0, to: 64 });
    const cost = await withFreshWriter(async (fresh) => fill(fresh, 'cold', { from: 0, to: 64 }));
    expect(
      sheet.faults(
        {
          'round trips per batch of 64 to a cold ledger': cost.roundTrips,
          'statements per batch of 64 to a cold ledger': cost.statements,
          'commits per batch of 64 to a cold ledger': cost.commits,
        },
        cost.byName,
      ),
    ).toEqual([]);
  });

  it('of writes to 64 ledgers of which nothing is remembered, which may be several batches', async () => {
    const commands = Array.from({ length: 64 }, (_, number) => transfer(`cold-${number}`, number));
    await submitTogether(writer, commands);
    const cost = await withFreshWriter(async (fresh) => submitTogether(fresh, commands));
    expect(
      sheet.faults(
        {
          'round trips per write to one of 64 cold ledgers': cost.roundTrips / 64,
          'statements per write to one of 64 cold ledgers': cost.statements / 64,
          'commits per write to one of 64 cold ledgers': cost.commits / 64,
        },
        cost.byName,
      ),
    ).toEqual([]);
  });

  it('of a write that is alone in its batch', async () => {
    // The writers of the case before are not met for long enough.
    for (let batch = 0; batch < 20; batch += 1) await submitTogether(writer, [transfer('hot', ++count)]);
    const cost = await costOfBatch(() => [transfer('hot', ++count)]);
    expect(
      sheet.faults(
        {
          'round trips per batch of 1': cost.roundTrips,
          'statements per batch of 1': cost.statements,
          'commits per batch of 1': cost.commits,
        },
        cost.byName,
      ),
    ).toEqual([]);
  });
});

it.each([1, 32, 100] as const)('a transaction in a batch of %i: log, rows, index entries and pages', async (size) => {
  // Enough of them that a split page of an index is not the work of one.
  const batches = Math.ceil(500 / size);
  const cost = await costOfBatch(() => several(size, (user) => transfer('hot', user)), batches);
  expect(
    sheet.faults(
      {
        [`bytes of WAL per transaction, batches of ${size}`]: cost.walBytes / size,
        [`WAL records per transaction, batches of ${size}`]: cost.walRecords / size,
        [`rows inserted per transaction, batches of ${size}`]: cost.rowsInserted / size,
        [`index records per transaction, batches of ${size}`]: cost.indexRecords / size,
        [`buffers per transaction, batches of ${size}`]: cost.buffers / size,
      },
      cost.byName,
    ),
  ).toEqual([]);
});

it('what a batch loads costs the same after 10,000 transactions and after 10,000 more', async () => {
  const accounts = 50;
  const measure = async (users: number) => {
    // From all over the ledger.
    const commands = Array.from({ length: accounts }, (_, index) => transfer('large', index * (users / accounts)));
    const lockAndHead = async () => inTransaction(server.pool, async (client) => lockLane(client, 0, undefined));
    await lockAndHead();
    const [head, load] = [
      await server.during([], lockAndHead),
      await withFreshWriter(async (fresh) => submitTogether(fresh, commands)),
    ];
    return { head: head.buffersRead, load: load.buffersRead / accounts, byName: load.byName };
  };
  await fill(writer, 'large', { from: 0, to: 10_000 });
  const small = await measure(10_000);
  await fill(writer, 'large', { from: 10_000, to: 20_000 });
  const large = await measure(20_000);
  expect(
    sheet.faults(
      {
        'buffers per lane lock and head read, 10,000 transactions': small.head,
        'buffers per lane lock and head read, 20,000 transactions': large.head,
        'buffers read per account that is loaded, 10,000 transactions': small.load,
        'buffers read per account that is loaded, 20,000 transactions': large.load,
      },
      large.byName,
    ),
  ).toEqual([]);
});

it('no limit is without a figure', () => {
  expect(sheet.unused).toEqual([]);
});

/** What a writer costs that has just started and remembers nothing. */
async function withFreshWriter(work: (fresh: LedgerWriter) => Promise<unknown>): Promise<Cost> {
  const fresh = await startWriter(server.databaseUrl);
  try {
    return await server.during([application], async () => work(fresh));
  } finally {
    await fresh.stop();
  }
}
