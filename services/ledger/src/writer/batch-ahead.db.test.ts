import { appendPositions, dropOldPartitions } from '@daybook/outbox';
import { createPool } from '@daybook/postgres';
import { TcpProxy } from '@daybook/stack/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { statusOf, submitAll, WriterDatabase } from '../../test-fixtures/writer-database.ts';
import type { Command } from '../command/command.ts';
import {
  contract,
  create,
  draft,
  map,
  posting,
  saveOnAccount,
  saveOnTransaction,
} from '../command/testing/commands.ts';
import type { BatchEnd, BatchFail } from './writer-observer.ts';
import type { LedgerWriter } from './writer.ts';

let database: WriterDatabase;
let ledgerCount = 0;
let ledger = '';
let ended: BatchEnd[] = [];
let failed: BatchFail[] = [];

beforeAll(async () => {
  database = await WriterDatabase.create();
});

afterAll(async () => {
  await database.drop();
});

beforeEach(() => {
  ledger = `ledger-${++ledgerCount}`;
});

afterEach(async () => {
  await database.stopWriters();
  await database.assertSound(ledger);
});

const key = (name: string) => ({ idempotency: { key: name, requestHash: 'hash' } });

function transfer(way = 'world -> user', amount = 1, options: Parameters<typeof draft>[1] = {}): Command {
  return { ...create(draft(posting(way, amount, 'COIN'), options)), ledger };
}

const refusedByPostgres = () => transfer('world -> user', 1, { metadata: { text: 'NUL: \0' } });

/** A writer that has found the lane as it left it, and so decides its next batches ahead. What it tells is kept from then on. */
async function startAlone(options: Parameters<WriterDatabase['startWriter']>[0] = {}): Promise<LedgerWriter> {
  const writer = await database.startWriter({
    observer: { batchEnded: (end) => ended.push(end), batchFailed: (fail) => failed.push(fail) },
    ...options,
  });
  for (let batch = 0; batch < 3; batch += 1) expect(await submitAll(writer, [transfer()])).toEqual([200]);
  ended = [];
  failed = [];
  return writer;
}

/** Sends two batches, the second behind the first, which waits for the lane. `whileBothWait` runs before the lane is free. */
async function sendTwo(
  writer: LedgerWriter,
  first: readonly Command[],
  second: readonly Command[],
  whileBothWait: (session: number) => Promise<unknown> = async () => undefined,
): Promise<(number | string)[]> {
  const submitted = await database.holdingLane(async () => {
    const one = submitAll(writer, first);
    const [session = 0] = await database.waiting(1);
    const { submitted: other } = await database.sentBehind(session, async () => submitAll(writer, second));
    await whileBothWait(session);
    return { both: Promise.all([one, other]) };
  });
  return (await submitted.both).flat();
}

const outcomes = () => failed.map(({ failure, next, commands }) => `${failure} ${next} ${commands}`);

async function destinations(): Promise<string[]> {
  const { rows } = await database.pool.query<{ destination: string }>(
    `select postings -> 0 ->> 'destination' as destination from transaction
     where ledger = (select id from ledger where name = $1) order by txid offset 3`,
    [ledger],
  );
  return rows.map(({ destination }) => destination);
}

describe('a batch that is sent behind another', () => {
  it('was decided while that one waited, and both take one round trip', async () => {
    const writer = await startAlone();
    let bothWaitedMs = 0;
    const statuses = await sendTwo(writer, [transfer(), transfer()], [transfer(), transfer(), transfer()], async () => {
      bothWaitedMs = performance.now();
    });
    expect(statuses).toEqual([200, 200, 200, 200, 200]);
    expect(ended).toMatchObject([
      { commands: 2, roundTrips: 1 },
      { commands: 3, roundTrips: 1 },
    ]);
    expect(ended[1]?.startedMs).toBeLessThan(bothWaitedMs);
  });

  it('sees what that one has in memory alone: money, references and keys', async () => {
    const writer = await startAlone();
    const once = { ...transfer('world -> rich', 10, { reference: 'once' }), ...key('k') };
    const statuses = await sendTwo(
      writer,
      [once],
      [
        transfer('rich -> user', 10),
        transfer('rich -> user', 1),
        transfer('world -> user', 1, { reference: 'once' }),
        once,
      ],
    );
    expect(statuses).toEqual([200, 200, 'INSUFFICIENT_FUND', 'CONFLICT', 'replay of 200']);
    expect(outcomes()).toEqual([]);
  });

  it('falls with one that PostgreSQL refuses; only the guilty fails, and the order is kept', async () => {
    const writer = await startAlone();
    const statuses = await sendTwo(
      writer,
      [transfer('world -> a'), refusedByPostgres(), transfer('world -> b')],
      [transfer('world -> c'), transfer('world -> d'), transfer('world -> e')],
    );
    expect(statuses).toEqual([200, 'VALIDATION', 200, 200, 200, 200]);
    expect(outcomes().slice(0, 3).toSorted()).toEqual(['data again 3', 'data one-by-one 3', 'head-moved again 3']);
    expect(await destinations()).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('is decided again without what it counted on, where that was refused', async () => {
    const writer = await startAlone();
    const guilty = transfer('world -> heir', 5, { reference: 'will', metadata: { text: 'NUL: \0' } });
    const statuses = await sendTwo(
      writer,
      [guilty],
      [transfer('heir -> user', 5), transfer('world -> heir', 3, { reference: 'will' })],
    );
    expect(statuses).toEqual(['VALIDATION', 'INSUFFICIENT_FUND', 200]);
    expect(await destinations()).toEqual(['heir']);
  });

  it('that PostgreSQL refuses does not touch the one before', async () => {
    const writer = await startAlone();
    const statuses = await sendTwo(writer, [transfer('world -> a')], [refusedByPostgres(), transfer('world -> b')]);
    expect(statuses).toEqual([200, 'VALIDATION', 200]);
    expect(await destinations()).toEqual(['a', 'b']);
  });

  it('is written once, behind one that PostgreSQL turned down once', async () => {
    const writer = await startAlone();
    await database.pool.query(`
      create sequence attempts;
      create function fail_once() returns trigger language plpgsql security definer as
        $$ begin if nextval('attempts') = 1 then raise 'once'; end if; return new; end $$;
      create trigger fail_once before insert on log for each row execute function fail_once();`);
    try {
      const statuses = await sendTwo(
        writer,
        [transfer('world -> a'), transfer('world -> b')],
        [transfer('world -> c'), transfer('world -> d')],
      );
      expect(statuses).toEqual([200, 200, 200, 200]);
    } finally {
      await database.pool.query('drop trigger fail_once on log; drop function fail_once; drop sequence attempts');
    }
    expect(outcomes()).toContain('defect again 2');
    expect(await destinations()).toEqual(['a', 'b', 'c', 'd']);
  });
});

describe('a session that ends with batches in the air', () => {
  const first = () => ['a', 'b'].map((name) => ({ ...transfer(`world -> ${name}`), ...key(name) }));
  const second = () => ['c', 'd'].map((name) => ({ ...transfer(`world -> ${name}`), ...key(name) }));
  const unknown = ['outcome-unknown', 'outcome-unknown'];

  it('while they wait for the lane leaves none of them, and their keys make the retry safe', async () => {
    const writer = await startAlone();
    const statuses = await sendTwo(writer, first(), second(), async (session) => {
      await database.pool.query('select pg_terminate_backend($1)', [session]);
      await database.waiting(0);
    });
    expect(statuses).toEqual([...unknown, ...unknown]);
    expect(await destinations()).toEqual([]);
    expect(await submitAll(writer, [...first(), ...second()])).toEqual([200, 200, 200, 200]);
    expect(await destinations()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('when the network fails during COMMIT leaves each of them whole or not at all', async () => {
    const { proxy, url } = await TcpProxy.before(database.ledgerUrl);
    await database.pool.query(`
      create function wait_at_commit() returns trigger language plpgsql as
        $$ begin perform pg_advisory_xact_lock_shared(1); return null; end $$;
      create constraint trigger wait_at_commit after insert on log deferrable initially deferred
        for each row execute function wait_at_commit();`);
    const holder = await database.pool.connect();
    try {
      const writer = await startAlone({ databaseUrl: url });
      await holder.query('select pg_advisory_lock(1)');
      const one = submitAll(writer, first());
      const [session = 0] = await database.waiting(1);
      const { submitted: other } = await database.sentBehind(session, async () => submitAll(writer, second()));
      proxy.cut();
      expect(await Promise.all([one, other])).toEqual([unknown, unknown]);
      await holder.query('select pg_advisory_unlock(1)');
      const retried = await submitAll(writer, [...first(), ...second()]);
      expect(new Set(retried).isSubsetOf(new Set([200, 'replay of 200']))).toBe(true);
      expect(retried[1]).toBe(retried[0]);
      expect(retried[3]).toBe(retried[2]);
      expect(await destinations()).toEqual(['a', 'b', 'c', 'd']);
    } finally {
      holder.release();
      await database.stopWriters();
      await proxy.close();
      await database.pool.query('drop trigger wait_at_commit on log; drop function wait_at_commit()');
    }
  });
});

describe('a batch that was decided ahead', () => {
  it('finds a transaction that was made by the batch in which it was asked for too early', async () => {
    const writer = await startAlone();
    const save = { ...saveOnTransaction(3, { note: 'x' }), ledger };
    expect(await submitAll(writer, [save, transfer()])).toEqual(['NOT_FOUND', 200]);
    expect(await submitAll(writer, [save])).toEqual([204]);
  });

  it('carries the moment of a head from the future, never one before', async () => {
    const other = await database.startWriter();
    expect(await submitAll(other, [transfer()])).toEqual([200]);
    const { rows: future } = await database.pool.query<{ at: string }>(
      `update outbox set at = at + interval '1 minute' where seq = (select max(seq) from outbox) returning at::text`,
    );
    const writer = await startAlone();
    expect(await sendTwo(writer, [transfer()], [transfer()])).toEqual([200, 200]);
    const { rows } = await database.pool.query<{ at: string }>('select at::text from outbox order by seq desc limit 2');
    expect(rows).toEqual([...future, ...future]);
  });

  /** The batch waits for the lane, and `other` is written before it. */
  async function overtaken(writer: LedgerWriter, commands: readonly Command[], other: () => Promise<unknown>) {
    const submitted = await database.holdingLane(async () => {
      const statuses = submitAll(writer, commands);
      await database.waiting(1);
      await other();
      return { statuses };
    });
    return await submitted.statuses;
  }

  it('is decided again where another writer came in between, by what that wrote', async () => {
    const writer = await startAlone();
    const other = await database.startWriter();
    const spend = transfer('user -> shop', 2);
    const keyed = { ...transfer('world -> b'), ...key('k') };
    const statuses = await database.holdingLane(async () => {
      const between = submitAll(other, [spend, keyed]);
      await database.waiting(1);
      const one = submitAll(writer, [transfer('world -> a')]);
      const [, session = 0] = await database.waiting(2);
      const { submitted: behind } = await database.sentBehind(session, async () => submitAll(writer, [spend, keyed]));
      return { all: Promise.all([between, one, behind]) };
    });
    expect(await statuses.all).toEqual([[200, 200], [200], ['INSUFFICIENT_FUND', 'replay of 200']]);
    expect(outcomes()).toEqual(['head-moved again 1', 'head-moved again 2']);
    expect(await destinations()).toEqual(['shop', 'b', 'a']);
  });

  it('goes by the mapping and the metadata that another writer changed since', async () => {
    const writer = await startAlone();
    const other = await database.startWriter();
    const friends = map(contract('user', { $eq: [{ $meta: 'role' }, 'friend'] }));
    const save = { ...saveOnAccount('user', { role: 'friend' }), ledger };
    const spend = transfer('user -> shop', 1);
    expect(await submitAll(other, [{ ...friends, ledger }])).toEqual([200]);
    expect(await submitAll(writer, [spend])).toEqual(['INSUFFICIENT_FUND']);
    expect(await submitAll(writer, [transfer()])).toEqual([200]);
    expect(await submitAll(other, [save])).toEqual([204]);
    expect(await submitAll(writer, [spend])).toEqual([200]);
  });

  it('follows a batch of its own that changed the mapping or metadata', async () => {
    const writer = await startAlone();
    const spend = transfer('user -> shop', 1);
    const friends = { ...map(contract('user', { $eq: [{ $meta: 'role' }, 'friend'] })), ledger };
    const save = (role: string) => ({ ...saveOnAccount('user', { role }), ledger });
    // What changes either is more than one statement, and nothing is decided behind it before it is committed.
    const one = submitAll(writer, [friends]);
    const other = submitAll(writer, [spend, save('friend'), spend, save('foe'), spend]);
    expect([...(await one), ...(await other)]).toEqual([200, 'INSUFFICIENT_FUND', 204, 200, 204, 'INSUFFICIENT_FUND']);
  });

  it('makes its ledger only where no read has made it meanwhile', async () => {
    const writer = await startAlone();
    const made = `${ledger}-made`;
    const other = await database.startWriter();
    const commands = ['a', 'b'].map((name) => ({ ...transfer(`world -> ${name}`), ledger: made }));
    expect(await overtaken(writer, commands, async () => other.directory.make(made))).toEqual([200, 200]);
    expect(outcomes()).toEqual(['constraint again 2']);
    expect(await submitAll(writer, commands)).toEqual([200, 200]);
    await database.assertSound(made);
  });

  it('goes on behind the floor where retention dropped the last rows of its lane', async () => {
    const writer = await startAlone();
    const head = await database.pool.query<{ seq: number; at: string }>(
      'select seq, at::text from outbox order by seq desc limit 1',
    );
    const [{ seq, at } = { seq: 0, at: '' }] = head.rows;
    const relay = createPool(database.relayUrl, { size: 2, applicationName: 'relay of a test' });
    try {
      await appendPositions(relay, [{ lane: 0, seq, at }], { relay: 'test', held: [], mustExist: false });
      // All days up to tomorrow are older than a retention of minus two.
      const round = await dropOldPartitions(relay, { retentionDays: -2 });
      expect(round).toMatchObject({ kind: 'done', kept: [] });
    } finally {
      await relay.end();
    }
    expect((await database.pool.query('select from outbox')).rowCount).toBe(0);
    expect(await submitAll(writer, [transfer('world -> a')])).toEqual([200]);
    expect(await submitAll(writer, [transfer('world -> b')])).toEqual([200]);
    const { rows } = await database.pool.query<{ seq: number }>('select seq from outbox order by seq');
    expect(rows.map((row) => row.seq)).toEqual([seq + 1, seq + 2]);
    expect(outcomes()[0]).toBe('head-moved again 1');
    // The day that was dropped is there again, without its first rows: verification takes that for a loss.
    ledger = `${ledger}-after`;
    expect(await submitAll(writer, [transfer()])).toEqual([200]);
  });
});

describe('two writers that decide ahead', () => {
  it('give a reference to one, a key the same answer and an account no more than it has', async () => {
    const writers = [await startAlone(), await database.startWriter()];
    const [one, other] = writers;
    if (one === undefined || other === undefined) throw new Error('there are two writers');
    const numbers = Array.from({ length: 40 }, (_, number) => number);
    const both = async (command: (number: number) => Command) =>
      await Promise.all(
        numbers.map(async (number) => await Promise.all([one.submit(command(number)), other.submit(command(number))])),
      );
    const [references, keys, spends] = await Promise.all([
      both((number) => transfer('world -> a', 1, { reference: `r-${number}` })),
      both((number) => ({ ...transfer('world -> b'), ...key(`k-${number}`) })),
      both(() => transfer('user -> shop')),
    ]);
    for (const pair of references) expect(new Set(pair.map(statusOf))).toEqual(new Set([200, 'CONFLICT']));
    for (const pair of keys) {
      expect(new Set(pair.map(statusOf))).toEqual(new Set([200, 'replay of 200']));
      const answers = pair.map((submission) => submission.kind === 'answered' && submission.answer);
      expect(answers[0]).toEqual(answers[1]);
    }
    // Of the 80 that were tried, as many as the three coins of the beginning.
    expect(spends.flat().filter((submission) => statusOf(submission) === 200)).toHaveLength(3);
    const made = await destinations();
    expect(made.toSorted()).toEqual([...numbers.map(() => 'a'), ...numbers.map(() => 'b'), 'shop', 'shop', 'shop']);
  });
});
