import { classify, createPool, type Pool, type PoolClient } from '@daybook/postgres';
import { limits } from '@daybook/numscript';
import { lockLane } from '@daybook/outbox';
import { createDatabase, eventually, TcpProxy, type TestDatabase } from '@daybook/stack/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Command, Posting, RunScript } from '../command/command.ts';
import { saveOnAccount, script } from '../command/testing/commands.ts';
import { assertStoredEvents } from '../../test-fixtures/assert-stored-events.ts';
import { submitAll } from '../../test-fixtures/writer-database.ts';
import { migrate } from '../migrate.ts';
import { laneOf } from './ledger-directory.ts';
import type { WriterObserver } from './writer-observer.ts';
import { LedgerWriter, type WriterOptions } from './writer.ts';

const lanes = 2;

let database: TestDatabase;
let pool: Pool;
const writers: LedgerWriter[] = [];

beforeAll(async () => {
  database = await createDatabase({ template: `lanes_${lanes}`, migrate: (url) => migrate(url, { lanes }) });
  pool = createPool(database.databaseUrl, { size: 4, applicationName: 'writer test' });
});

afterAll(async () => {
  await assertStoredEvents(pool);
  await pool.end();
  await database.drop();
});

let ledgerCount = 0;
let ledger = '';

beforeEach(() => {
  ledger = `ledger-${++ledgerCount}`;
});

afterEach(async () => {
  await Promise.all(writers.splice(0).map((writer) => writer.stop()));
});

async function startWriter(options: Partial<WriterOptions> = {}): Promise<LedgerWriter> {
  const writer = new LedgerWriter({
    databaseUrl: database.ledgerUrl,
    connections: 2,
    execution: { eventFormat: 'v1.4', eventBytesMax: 900_000, commitPolicy: 'none' },
    batchCommandsMax: 1_000,
    batchBytesMax: 8_000_000,
    queueCommandsMax: 10_000,
    partitionsAheadDays: 1,
    ...options,
  });
  await writer.start();
  writers.push(writer);
  return writer;
}

function posting(source: string, destination: string, amount: bigint): Posting {
  return { source, destination, amount, asset: 'COIN' };
}

interface Transfer {
  source?: string;
  destination?: string;
  amount?: bigint;
  reference?: string;
  key?: string;
  preview?: boolean;
  metadata?: Record<string, string>;
  requestHash?: string;
}

function transfer(given: Transfer = {}): Command {
  const { source = 'world', destination = 'user', amount = 1n, reference = '', metadata = {} } = given;
  return {
    kind: 'create-transactions',
    ledger,
    bytes: 100,
    idempotency: given.key === undefined ? undefined : { key: given.key, requestHash: given.requestHash ?? 'hash' },
    preview: given.preview ?? false,
    drafts: [{ postings: [posting(source, destination, amount)], reference, metadata, timestamp: undefined }],
  };
}

async function rowsOf(
  table: 'transaction' | 'log' | 'move' | 'account' | 'idempotency',
  name = ledger,
): Promise<number> {
  const counted = await pool.query<{ rows: number }>(
    `select count(*) as rows from ${table} where ledger = (select id from ledger where name = $1)`,
    [name],
  );
  return counted.rows[0]?.rows ?? 0;
}

async function outboxOf(name = ledger) {
  const found = await pool.query<{ lane: number; seq: number; event_sequence: number; body: string }>(
    'select lane, seq, event_sequence, body from outbox where ledger = $1 order by seq',
    [name],
  );
  return found.rows;
}

async function balanceOf(account: string): Promise<bigint> {
  const found = await pool.query<{ balance: string }>(
    `select input - output as balance from move
     where ledger = (select id from ledger where name = $1) and account = $2 order by txid desc limit 1`,
    [ledger, account],
  );
  return BigInt(found.rows[0]?.balance ?? 0n);
}

/** Every lane's sequence is 1, 2, 3 … and its moments never go back. */
async function expectContiguousLanes(): Promise<void> {
  const holes = await pool.query(
    `select * from (
       select lane, seq, at, lag(seq) over w as seq_before, lag(at) over w as at_before from outbox window w as (partition by lane order by seq)
     ) r where seq <> coalesce(seq_before, 0) + 1 or at < at_before`,
  );
  expect(holes.rows).toEqual([]);
}

async function laneOfLedger(): Promise<number> {
  return (await pool.query<{ lane: number }>('select lane from ledger where name = $1', [ledger])).rows[0]?.lane ?? -1;
}

/** A ledger in each lane, with one transaction each. */
async function ledgersOfAllLanes(writer: LedgerWriter): Promise<readonly string[]> {
  const byLane = new Map<number, string>();
  for (let count = 0; byLane.size < lanes; count += 1) {
    ledger = `of-a-lane-${count}`;
    const lane = laneOf(ledger, lanes);
    if (byLane.has(lane)) continue;
    byLane.set(lane, ledger);
    await submitAll(writer, [transfer()]);
  }
  return Array.from({ length: lanes }, (_, lane) => byLane.get(lane) ?? '');
}

async function waitingForLock(what = 'a session that waits for a lock'): Promise<number> {
  return eventually(
    async () =>
      (
        await pool.query<{ pid: number }>(
          `select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        )
      ).rows[0]?.pid,
    { what },
  );
}

describe('a batch', () => {
  it('writes state, log and outbox together', async () => {
    const writer = await startWriter();
    expect(
      await submitAll(writer, [
        transfer({ amount: 100n }),
        transfer({ source: 'user', destination: 'shop', amount: 30n }),
      ]),
    ).toEqual([200, 200]);
    expect(await rowsOf('transaction')).toBe(2);
    expect(await rowsOf('log')).toBe(2);
    expect(await rowsOf('move')).toBe(4);
    expect(await rowsOf('account')).toBe(3);
    expect(await balanceOf('user')).toBe(70n);
    expect((await outboxOf()).map((row) => row.event_sequence)).toEqual([1, 2]);
    await expectContiguousLanes();
  });

  it('takes all that wait into one transaction and two round trips', async () => {
    const reports: Parameters<NonNullable<WriterObserver['batchEnded']>>[0][] = [];
    const writer = await startWriter({ observer: { batchEnded: (report) => reports.push(report) } });
    await submitAll(writer, [transfer()]);
    reports.length = 0;
    await submitAll(
      writer,
      Array.from({ length: 50 }, () => transfer()),
    );
    expect(reports).toMatchObject([{ commands: 50, roundTrips: 2, committed: true }]);
  });

  it('of several lanes is one transaction, and is run again where another session wrote one of them', async () => {
    const reports: Parameters<NonNullable<WriterObserver['batchEnded']>>[0][] = [];
    const failures: string[] = [];
    const writer = await startWriter({
      observer: { batchEnded: (report) => reports.push(report), batchFailed: ({ failure }) => failures.push(failure) },
    });
    const names = await ledgersOfAllLanes(writer);
    const toAll = () => names.map((name) => ({ ...transfer(), ledger: name }));
    // Under the lock, and once more, until each lane is found as it was left.
    for (let count = 0; count < 2; count += 1) await submitAll(writer, toAll());
    reports.length = 0;
    expect(await submitAll(writer, toAll())).toEqual(names.map(() => 200));
    expect(reports).toMatchObject([{ lanes: names.map((_, lane) => lane), commands: names.length, committed: true }]);

    const other = await startWriter();
    await submitAll(other, toAll().slice(1));
    expect(failures).toEqual([]);
    expect(await submitAll(writer, toAll())).toEqual(names.map(() => 200));
    expect(failures).toEqual(['head-moved']);
    expect(await Promise.all(names.map(async (name) => await rowsOf('transaction', name)))).toEqual(
      names.map((_, lane) => (lane === 0 ? 5 : 6)),
    );
    await expectContiguousLanes();
  });

  it('of several lanes that another session writes too is decided under their locks, in two round trips', async () => {
    const reports: Parameters<NonNullable<WriterObserver['batchEnded']>>[0][] = [];
    const failures: string[] = [];
    const observer: WriterObserver = {
      batchEnded: (report) => reports.push(report),
      batchFailed: ({ failure }) => failures.push(failure),
    };
    const both = [await startWriter({ observer }), await startWriter({ observer })];
    const names = await ledgersOfAllLanes(both[0] ?? (await startWriter()));
    const inTurn = async () => {
      for (const writer of both) {
        const answers = await submitAll(
          writer,
          names.map((name) => ({ ...transfer(), ledger: name })),
        );
        expect(answers).toEqual(names.map(() => 200));
      }
    };
    // Until each has met the other.
    for (let count = 0; count < 2; count += 1) await inTurn();
    reports.length = 0;
    failures.length = 0;
    for (let count = 0; count < 5; count += 1) await inTurn();
    expect(failures).toEqual([]);
    expect(reports).toHaveLength(10);
    for (const report of reports) {
      expect(report).toMatchObject({ lanes: names.map((_, lane) => lane), roundTrips: 2, committed: true });
    }
    await expectContiguousLanes();
  });

  it('of several lanes waits for the lock of each', async () => {
    const writer = await startWriter();
    const names = await ledgersOfAllLanes(writer);
    const toAll = () => names.map((name) => ({ ...transfer(), ledger: name }));
    for (let count = 0; count < 2; count += 1) await submitAll(writer, toAll());
    for (const lane of names.keys()) {
      const holder = await pool.connect();
      await holder.query('begin');
      await lockLane(holder, lane, undefined);
      const submitted = submitAll(writer, toAll());
      await waitingForLock(`a batch that waits for lane ${lane}`);
      await holder.query('commit');
      holder.release();
      expect(await submitted).toEqual(names.map(() => 200));
    }
    await expectContiguousLanes();
  });

  it('respects its limits in count and bytes', async () => {
    const sizes: number[] = [];
    const observer: WriterObserver = { batchEnded: ({ commands }) => sizes.push(commands) };
    const byCount = await startWriter({ observer, batchCommandsMax: 20 });
    await submitAll(
      byCount,
      Array.from({ length: 50 }, () => transfer()),
    );
    expect(sizes).toEqual([20, 20, 10]);
    sizes.length = 0;
    const byBytes = await startWriter({ observer, batchBytesMax: 1_000 });
    await submitAll(
      byBytes,
      Array.from({ length: 25 }, () => transfer()),
    );
    expect(sizes).toEqual([10, 10, 5]);
  });

  it('ends before what it appends grows out of bounds; the rest follows in order', async () => {
    const sizes: number[] = [];
    const writer = await startWriter({
      batchBytesMax: 1_000,
      observer: { batchEnded: ({ commands }) => sizes.push(commands) },
    });
    const wordy = { metadata: { note: 'x'.repeat(2_000) } };
    const statuses = await submitAll(writer, [
      transfer({ ...wordy, amount: 5n }),
      transfer({ ...wordy, source: 'user', destination: 'shop', amount: 5n }),
      transfer({ ...wordy, source: 'shop', destination: 'bank', amount: 5n }),
      transfer({ ...wordy, source: 'bank', destination: 'user', amount: 5n }),
    ]);
    expect(statuses).toEqual([200, 200, 200, 200]);
    expect(sizes).toEqual([2, 2]);
    await expectContiguousLanes();
  });

  it('that was committed and yet lacks rows is a defect, and its lane writes nothing more', async () => {
    const defects: Error[] = [];
    const writer = await startWriter({ observer: { defect: (error) => defects.push(error) } });
    await submitAll(writer, [transfer()]);
    await pool.query(`
      create function drop_row() returns trigger language plpgsql as $$ begin return null; end $$;
      create trigger drop_row before insert on outbox for each row execute function drop_row();`);
    try {
      expect(await submitAll(writer, [transfer()])).toEqual(['outcome-unknown']);
    } finally {
      await pool.query('drop trigger drop_row on outbox; drop function drop_row()');
    }
    expect(defects.map(({ message }) => message)).toEqual(['committed, but append touched 0 rows instead of 1']);
    expect(await submitAll(writer, [transfer()])).toEqual(['stopping']);
  });

  it('a-refused-command-among-good-ones leaves no trace', async () => {
    const writer = await startWriter();
    const commands = [transfer({ amount: 5n }), transfer({ source: 'poor', amount: 1n }), transfer({ amount: 7n })];
    expect(await submitAll(writer, commands)).toEqual([200, 'INSUFFICIENT_FUND', 200]);
    expect(await rowsOf('transaction')).toBe(2);
    expect(await balanceOf('user')).toBe(12n);
    expect((await outboxOf()).map((row) => row.event_sequence)).toEqual([1, 2]);
  });

  it('a refused or previewed first command does not make its ledger', async () => {
    const writer = await startWriter();
    expect(await submitAll(writer, [transfer({ source: 'poor' })])).toEqual(['INSUFFICIENT_FUND']);
    expect(await submitAll(writer, [transfer({ preview: true, key: 'k' })])).toEqual([200]);
    expect((await pool.query('select 1 from ledger where name = $1', [ledger])).rowCount).toBe(0);
    // What a refusal left in memory does not mislead what follows.
    expect(await submitAll(writer, [transfer(), transfer()])).toEqual([200, 200]);
    expect(await rowsOf('transaction')).toBe(2);
  });

  it('writes into a ledger that a read made after its first command was refused', async () => {
    const writer = await startWriter();
    expect(await writer.submit(transfer({ source: 'nobody' }))).toMatchObject({ kind: 'refused' });
    await writer.directory.make(ledger);
    await writer.directory.make(ledger);
    const made = await writer.directory.find(ledger);
    expect(await writer.submit(transfer({}))).toMatchObject({ kind: 'answered' });
    const { rows } = await pool.query<{ id: number; lane: number }>('select id, lane from ledger where name = $1', [
      ledger,
    ]);
    expect(rows).toEqual([made]);
  });

  it('a-command-that-PostgreSQL-refuses-among-good-ones fails alone', async () => {
    const writer = await startWriter();
    const guilty = transfer({ metadata: { text: 'NUL: \0' } });
    const commands = [transfer({ amount: 5n }), guilty, transfer({ amount: 7n }), guilty];
    expect(await submitAll(writer, commands)).toEqual([200, 'VALIDATION', 200, 'VALIDATION']);
    expect(await balanceOf('user')).toBe(12n);
    await expectContiguousLanes();
  });

  it("judges by all of an account's metadata, also where the batch that needs it patched it before", async () => {
    const writer = await startWriter();
    const save = (metadata: Record<string, string>): Command => ({
      kind: 'save-account-metadata',
      ledger,
      bytes: 100,
      idempotency: undefined,
      address: 'user',
      metadata,
    });
    const allowFriends: Command = {
      kind: 'replace-mapping',
      ledger,
      bytes: 100,
      idempotency: undefined,
      mapping: { contracts: [{ name: undefined, account: 'user', expr: { $eq: [{ $meta: 'role' }, 'friend'] } }] },
    };
    await submitAll(writer, [save({ role: 'friend' })]);
    const spend = transfer({ source: 'user', destination: 'shop' });
    const failures: unknown[] = [];
    const observed = await startWriter({ observer: { batchFailed: (report) => failures.push(report) } });
    expect(await submitAll(observed, [save({ level: '1' }), allowFriends, spend])).toEqual([204, 200, 200]);
    // The batch ended before the payment: the new mapping reads metadata, which was not loaded.
    expect(failures).toEqual([]);
  });

  it('makes the outbox partition that is missing and runs again', async () => {
    const writer = await startWriter();
    await submitAll(writer, [transfer()]);
    const partitions = await pool.query<{ name: string }>(
      `select inhrelid::regclass::text as name from pg_inherits where inhparent = 'outbox'::regclass`,
    );
    for (const { name } of partitions.rows) {
      await pool.query(`alter table outbox detach partition ${name}`);
      await pool.query(`drop table ${name}`);
    }
    expect(await submitAll(writer, [transfer()])).toEqual([200]);
  });

  it('keeps amounts of any size exact', async () => {
    const writer = await startWriter();
    const amount = 10n ** 400n + 1n;
    await submitAll(writer, [transfer({ amount }), transfer({ amount })]);
    expect(await balanceOf('user')).toBe(2n * amount);
  });
});

describe('a script', () => {
  const payOwner = [
    'vars {',
    '  account $owner = meta(@shop, "owner")',
    '}',
    'send [COIN 1] (',
    '  source = @world',
    '  destination = $owner',
    ')',
  ].join('\n');

  function scripted(plain: string, options: Partial<RunScript> = {}): Command {
    return { ...script(plain), ledger, ...options };
  }

  function owner(address: string): Command {
    return { ...saveOnAccount('shop', { owner: { type: 'account', value: address } }), ledger };
  }

  const pay = 'send [COIN 1] (\n  source = @world\n  destination = @user\n)';

  it('costs no round trip more than postings', async () => {
    const roundTrips: number[] = [];
    const writer = await startWriter({ observer: { batchEnded: (report) => roundTrips.push(report.roundTrips) } });
    await writer.submit(transfer());
    const postings = Array.from({ length: 20 }, (_, index) => transfer({ destination: `p:${index}` }));
    const scripts = Array.from({ length: 20 }, (_, index) => scripted(pay.replace('@user', `@s:${index}`)));
    await submitAll(writer, postings);
    const spent = roundTrips.splice(0).slice(1);
    await submitAll(writer, scripts);
    expect(roundTrips).toEqual(spent);
  });

  it('that another command of its batch leads to other accounts is run with those', async () => {
    const batches: number[] = [];
    const writer = await startWriter({ observer: { batchEnded: (report) => batches.push(report.commands) } });
    expect(await submitAll(writer, [transfer(), owner('olga')])).toEqual([200, 204]);
    batches.length = 0;
    const results = submitAll(writer, [
      transfer(),
      scripted(payOwner),
      owner('omar'),
      scripted(payOwner),
      scripted(payOwner),
    ]);
    expect(await results).toEqual([200, 200, 204, 200, 200]);
    expect([await balanceOf('olga'), await balanceOf('omar')]).toEqual([1n, 2n]);
    // The batch of all five ended before the script that needs what is not loaded.
    expect(batches).toEqual([3, 2]);
  });

  it('follows metadata from account to account, as deep as scripts may', async () => {
    const writer = await startWriter();
    const depth = limits.metaDepthMax;
    const links = Array.from({ length: depth }, (_, index) => ({
      ...saveOnAccount(`link:${index}`, { next: { type: 'account', value: `link:${index + 1}` } }),
      ledger,
    }));
    await submitAll(writer, links);
    const declarations = Array.from(
      { length: depth },
      (_, index) =>
        `account $a${'x'.repeat(index)} = meta(${index === 0 ? '@link:0' : `$a${'x'.repeat(index - 1)}`}, "next")`,
    );
    const plain = `vars {\n${declarations.join('\n')}\n}\n${pay.replace('@user', `$a${'x'.repeat(depth - 1)}`)}`;
    expect(await submitAll(writer, [scripted(plain)])).toEqual([200]);
    expect(await balanceOf(`link:${depth}`)).toBe(1n);
  });

  it('that /script refuses leaves nothing but the record of its key, and is replayed from there', async () => {
    const writer = await startWriter();
    const key = { key: 'k', requestHash: 'hash' };
    const refusedOne = scripted('fail', { endpoint: 'script', idempotency: key });
    const rowsAfter = async () => [await rowsOf('transaction'), await rowsOf('log'), (await outboxOf()).length];
    expect(await submitAll(writer, [scripted('fail', { endpoint: 'script' })])).toEqual([200]);
    expect(await laneOfLedger()).toBe(-1);
    expect(await submitAll(writer, [refusedOne])).toEqual([200]);
    expect([...(await rowsAfter()), await rowsOf('idempotency')]).toEqual([0, 0, 0, 1]);
    expect(await submitAll(writer, [refusedOne, transfer()])).toEqual(['replay of 200', 200]);
    expect(await rowsAfter()).toEqual([1, 1, 1]);
    const preview = { preview: true, idempotency: { key: 'other', requestHash: 'hash' } };
    expect(await submitAll(writer, [scripted('fail', { endpoint: 'script', ...preview })])).toEqual([200]);
    expect(await rowsOf('idempotency')).toBe(1);
  });
});

describe('two processes on one lane', () => {
  it('a-stale-snapshot-after-a-lock-wait is not what a batch sees', async () => {
    const [one, other] = [await startWriter(), await startWriter()];
    await submitAll(one, [transfer({ amount: 100n })]);
    await submitAll(other, [transfer({ source: 'user', destination: 'shop', amount: 60n })]);
    // One remembers 100 and waits for the lock; meanwhile the other's spending is there.
    expect(await submitAll(one, [transfer({ source: 'user', destination: 'shop', amount: 60n })])).toEqual([
      'INSUFFICIENT_FUND',
    ]);
    expect(await balanceOf('user')).toBe(40n);
  });

  it('reads the head that a transaction left while the lock was waited for', async () => {
    const writer = await startWriter();
    await submitAll(writer, [transfer()]);
    const lane = await laneOfLedger();
    const holder = await pool.connect();
    const waiter = await pool.connect();
    try {
      await holder.query('BEGIN');
      const before = await lockLane(holder, lane, undefined);
      await waiter.query('BEGIN');
      const waiting = lockLane(waiter, lane, before.head);
      await waitingForLock();
      await appendRow(holder, lane, before.head.seq + 1, before.now);
      await holder.query('COMMIT');
      expect((await waiting).head.seq).toBe(before.head.seq + 1);
      await waiter.query('ROLLBACK');
    } finally {
      holder.release();
      waiter.release();
    }
  });

  it('finds the head of a lane whose last rows, which it remembers, are gone', async () => {
    const writer = await startWriter();
    await submitAll(writer, [transfer()]);
    const lane = await laneOfLedger();
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      const { head } = await lockLane(client, lane, undefined);
      // As after a failover to a standby that had not received the last rows.
      const lost = { seq: head.seq + 1, eventId: undefined, at: '9999-01-01T00:00:00.000000000Z' };
      expect((await lockLane(client, lane, lost)).head).toEqual(head);
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
  });

  it('share a ledger without losing a transaction or spending twice', async () => {
    const [one, other] = [await startWriter(), await startWriter()];
    await submitAll(one, [transfer({ amount: 50n })]);
    const spend = () => transfer({ source: 'user', destination: 'shop', amount: 1n });
    const results = await Promise.all(
      Array.from({ length: 40 }, () => [submitAll(one, [spend(), spend()]), submitAll(other, [spend()])]).flat(),
    );
    expect(results.flat().filter((status) => status === 200)).toHaveLength(50);
    expect(await balanceOf('user')).toBe(0n);
    expect(await rowsOf('transaction')).toBe(51);
    expect((await outboxOf()).map((row) => row.event_sequence)).toEqual(Array.from({ length: 51 }, (_, n) => n + 1));
    await expectContiguousLanes();
  });

  it('a-stopped-lock-holder does not hold the lane for ever', async () => {
    const writer = await startWriter();
    await submitAll(writer, [transfer()]);
    // What a writer's session is when its process stops between its two round trips.
    const stopped = createPool(database.databaseUrl, {
      size: 1,
      applicationName: 'stopped writer',
      session: { idle_in_transaction_session_timeout: '1s' },
    });
    const holder = await stopped.connect();
    await holder.query('BEGIN');
    await lockLane(holder, await laneOfLedger(), undefined);
    expect(await submitAll(writer, [transfer()])).toEqual([200]);
    await expect(holder.query('COMMIT')).rejects.toSatisfy((error) => classify(error) === 'unreachable');
    holder.release(true);
    await stopped.end();
  });

  it('a writer that was stopped between its round trips finds its session ended and runs again', async () => {
    const failures: string[] = [];
    const writer = await startWriter({
      observer: { batchFailed: ({ failure, next }) => failures.push(`${failure} ${next}`) },
    });
    await submitAll(writer, [transfer()]);
    const holder = await pool.connect();
    await holder.query('BEGIN');
    await lockLane(holder, await laneOfLedger(), undefined);
    const submitted = submitAll(writer, [transfer()]);
    await pool.query('select pg_terminate_backend($1)', [await waitingForLock()]);
    await holder.query('ROLLBACK');
    holder.release();
    expect(await submitted).toEqual([200]);
    expect(failures).toEqual(['unreachable again']);
    expect(await rowsOf('transaction')).toBe(2);
  });
});

describe('an idempotency key', () => {
  it('replays its answer, also within one batch, and refuses another request', async () => {
    const writer = await startWriter();
    const first = transfer({ key: 'k' });
    expect(await submitAll(writer, [first, first])).toEqual([200, 'replay of 200']);
    expect(await submitAll(writer, [first, transfer({ key: 'k', requestHash: 'other' })])).toEqual([
      'replay of 200',
      'VALIDATION',
    ]);
    expect(await rowsOf('transaction')).toBe(1);
  });

  it('is not used up by a refusal', async () => {
    const writer = await startWriter();
    expect(await submitAll(writer, [transfer({ source: 'poor', key: 'k' })])).toEqual(['INSUFFICIENT_FUND']);
    expect(await rowsOf('idempotency')).toBe(0);
    expect(await submitAll(writer, [transfer({ key: 'k' })])).toEqual([200]);
  });
});

describe('a connection lost during COMMIT', () => {
  let holder: PoolClient;

  beforeAll(async () => {
    // COMMIT of a transaction that wrote a log row waits for a lock that a test may hold.
    await pool.query(`
      create function wait_at_commit() returns trigger language plpgsql as
        $$ begin perform pg_advisory_xact_lock_shared(1); return null; end $$;
      create constraint trigger wait_at_commit after insert on log deferrable initially deferred
        for each row execute function wait_at_commit();`);
  });

  afterAll(async () => {
    await pool.query('drop trigger wait_at_commit on log; drop function wait_at_commit()');
  });

  beforeEach(async () => {
    holder = await pool.connect();
  });

  afterEach(() => {
    holder.release();
  });

  it('leaves the outcome unknown; the key makes the retry safe when it had happened', async () => {
    const { proxy, url } = await TcpProxy.before(database.ledgerUrl);
    try {
      const writer = await startWriter({ databaseUrl: url });
      await submitAll(writer, [transfer()]);
      await holder.query('select pg_advisory_lock(1)');
      const submitted = submitAll(writer, [transfer({ key: 'k' })]);
      await waitingAtCommit();
      proxy.cut();
      expect(await submitted).toEqual(['outcome-unknown']);
      await holder.query('select pg_advisory_unlock(1)');
      await eventually(async () => (await rowsOf('transaction')) === 2, { what: 'the COMMIT that nobody heard of' });
      expect(await submitAll(writer, [transfer({ key: 'k' })])).toEqual(['replay of 200']);
      expect(await rowsOf('transaction')).toBe(2);
    } finally {
      await Promise.all(writers.splice(0).map((writer) => writer.stop()));
      await proxy.close();
    }
  });

  it('leaves the outcome unknown; a retry writes when it had not happened', async () => {
    const writer = await startWriter();
    await submitAll(writer, [transfer()]);
    await holder.query('select pg_advisory_lock(1)');
    const submitted = submitAll(writer, [transfer({ key: 'k' })]);
    await pool.query('select pg_terminate_backend($1)', [await waitingAtCommit()]);
    expect(await submitted).toEqual(['outcome-unknown']);
    await holder.query('select pg_advisory_unlock(1)');
    expect(await submitAll(writer, [transfer({ key: 'k' })])).toEqual([200]);
    expect(await rowsOf('transaction')).toBe(2);
  });

  async function waitingAtCommit(): Promise<number> {
    return eventually(
      async () =>
        (
          await pool.query<{ pid: number }>(
            `select pid from pg_stat_activity
             where datname = current_database() and wait_event = 'advisory' and query = 'COMMIT'`,
          )
        ).rows[0]?.pid,
      { what: 'a COMMIT that waits' },
    );
  }
});

describe('a full queue', () => {
  it('is answered at once, and what waits is written', async () => {
    const writer = await startWriter({ queueCommandsMax: 3 });
    expect(await submitAll(writer, [transfer(), transfer(), transfer(), transfer()])).toEqual([
      200,
      200,
      200,
      'queue-full',
    ]);
    expect(await submitAll(writer, [transfer()])).toEqual([200]);
  });

  it('is limited in bytes too', async () => {
    const writer = await startWriter({ batchBytesMax: 100 });
    const results = await submitAll(
      writer,
      Array.from({ length: 10 }, () => transfer()),
    );
    expect(results.filter((status) => status === 'queue-full')).toHaveLength(2);
  });

  it('takes a command that is larger than all that may wait when nothing waits', async () => {
    const writer = await startWriter({ batchBytesMax: 10 });
    expect(await submitAll(writer, [transfer(), transfer()])).toEqual([200, 'queue-full']);
    expect(await submitAll(writer, [transfer()])).toEqual([200]);
  });

  it('is emptied before the writer stops, and nothing is taken after', async () => {
    const writer = await startWriter();
    const submitted = submitAll(writer, [transfer(), transfer()]);
    await new Promise(setImmediate);
    const stopped = writer.stop();
    writers.length = 0;
    expect(await submitAll(writer, [transfer()])).toEqual(['stopping']);
    expect(await submitted).toEqual([200, 200]);
    await stopped;
  });
});

async function appendRow(client: PoolClient, lane: number, seq: number, at: string): Promise<void> {
  await client.query(
    `insert into outbox (lane, seq, at, event_id, type, ledger, event_sequence, key, body)
     values ($1, $2, $3, gen_random_uuid(), 'SAVED_METADATA', 'by-hand', 1, 'by-hand', '{}')`,
    [lane, seq, at],
  );
}
