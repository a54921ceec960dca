import { OutboxDatabase } from '@daybook/outbox/testing';
import { createPool, type Pool } from '@daybook/postgres';
import { eventually } from '@daybook/stack/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { poolByTransaction } from '../../test-fixtures/transaction-pooler.ts';
import { readTopicMapping } from '../topic-mapping.ts';
import type { Finding } from './check.ts';
import { postgresqlChecks } from './postgresql-checks.ts';
import { runChecks } from './run-checks.ts';
import { judgeSession, probeListen, probeSession, probeSetting } from './session-probe.ts';
import type { DoctorSubject } from './subject.ts';

const role = 'doctor_test_role';
const password = 'for-this-test-alone';

let database: OutboxDatabase;
const closing: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  database = await OutboxDatabase.create();
});

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
  await database.drop();
});

function open(databaseUrl: string, options: Partial<Parameters<typeof createPool>[1]> = {}): Pool {
  const pool = createPool(databaseUrl, { size: 4, applicationName: 'daybook-doctor', ...options });
  closing.push(async () => pool.end());
  return pool;
}

/** What each check of PostgreSQL finds. */
async function examine(
  databaseUrl = database.databaseUrl,
  transactionAgeMaxSeconds = 300,
): Promise<Readonly<Record<string, Finding>>> {
  const pool = open(databaseUrl, { session: { [probeSetting.name]: probeSetting.value } });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of the settings these checks look at one alone
  const settings = { databasePoolSize: 6 } as DoctorSubject['settings'];
  const away = () => {
    throw new Error('no check of PostgreSQL asks Kafka');
  };
  const subject: DoctorSubject = {
    settings,
    mapping: readTopicMapping(['*:all'], 'skip'),
    pool,
    session: async () => await probeSession(pool),
    barePool: open(databaseUrl, { bare: true, size: 1 }),
    inspector: away,
    cluster: away,
    transactionAgeMaxSeconds,
    eventBytesMax: 900_000,
  };
  const results = await runChecks(postgresqlChecks, subject, { timeoutMs: 20_000 });
  return Object.fromEntries(results.map(({ name, finding }) => [name, finding]));
}

function troublesOf(findings: Readonly<Record<string, Finding>>): readonly string[] {
  return Object.entries(findings)
    .filter(([, { status }]) => status !== 'ok')
    .map(([name, { status }]) => `${name} ${status}`);
}

/** A role that may do what the relay does, but for what the statements say. */
async function makeRole(...statements: readonly string[]): Promise<string> {
  await database.pool.query(`create role ${role} login password '${password}'`);
  closing.push(async () => {
    await database.pool.query(`drop owned by ${role}`);
    await database.pool.query(`drop role ${role}`);
  });
  await database.pool.query(`grant select, insert, update, delete on all tables in schema public to ${role}`);
  for (const statement of statements) await database.pool.query(statement);
  const url = new URL(database.databaseUrl);
  url.username = role;
  url.password = password;
  return url.href;
}

describe('the doctor on PostgreSQL', () => {
  it('finds a migrated database well, whoever works on it', async () => {
    await database.write(3, 10);
    expect(troublesOf(await examine())).toEqual([]);
    // What other users' sessions do is shown to members of pg_read_all_stats alone.
    expect(troublesOf(await examine(database.relayUrl))).toEqual(['old-snapshots skipped']);
  });

  it('fails a session that is idle in an old transaction, and names its pid', async () => {
    const client = await database.pool.connect();
    try {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
      const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid from lane limit 1');
      const finding = await eventually(
        async () => {
          const { 'old-snapshots': found } = await examine(database.databaseUrl, 1);
          return found?.status === 'fail' ? found : undefined;
        },
        { what: 'a transaction of a second' },
      );
      expect(finding.found).toMatch(new RegExp(`^pid ${rows[0]?.pid} \\(.*\\) is idle in transaction`));
      expect(finding).toHaveProperty('mend', expect.stringContaining(`pg_terminate_backend(${rows[0]?.pid})`));
    } finally {
      client.release(true);
    }
  });

  it.each([
    ['drop table outbox_test', 'partitions-ahead fail', 'no partition for today'],
    ['create table rest partition of outbox default', 'partitions-ahead fail', 'rest is a default partition'],
    ['alter table relay set (autovacuum_enabled = off)', 'autovacuum warn', 'off for relay'],
    ['alter table outbox_test set (autovacuum_enabled = false)', 'autovacuum warn', 'off for outbox_test'],
    ['delete from lane', 'schema fail', 'no lanes'],
    ['drop table held', 'schema fail', 'missing tables: held'],
  ])('after %s: %s', async (statement, trouble, found) => {
    await database.pool.query(statement);
    const findings = await examine();
    const [name = ''] = trouble.split(' ');
    expect(troublesOf(findings)).toContain(trouble);
    expect(findings[name]?.found).toContain(found);
  });

  it('warns of a lane whose rows are from the future', async () => {
    await database.write(5, 1, { at: new Date(Date.now() + 3_600_000).toISOString() });
    expect((await examine())['lanes-ahead']).toMatchObject({
      status: 'warn',
      found: expect.stringContaining('lanes 5'),
    });
  });

  it('warns of a replication slot that nobody reads', async () => {
    await database.pool.query("select pg_create_physical_replication_slot('doctor_test_slot', true)");
    closing.push(async () => database.pool.query("select pg_drop_replication_slot('doctor_test_slot')"));
    expect((await examine())['replication-slots']).toMatchObject({
      status: 'warn',
      found: expect.stringContaining('doctor_test_slot is read by nobody'),
    });
  });

  it('fails rights that are missing, with grants that mend them', async () => {
    const url = await makeRole(`revoke insert on position, relay from ${role}`);
    const { rights } = await examine(url);
    expect(rights).toMatchObject({
      status: 'fail',
      found: expect.stringContaining('insert on position; insert on relay'),
    });
    for (const grant of (rights !== undefined && 'mend' in rights ? rights.mend : '').split('; ')) {
      await database.pool.query(grant);
    }
    expect((await examine(url))['rights']).toMatchObject({ status: 'ok' });
  });

  it('says that sessions of others are hidden from a role without the right to see them', async () => {
    const url = await makeRole();
    expect(troublesOf(await examine(url))).toEqual(['old-snapshots skipped']);
    await database.pool.query(`grant pg_read_all_stats to ${role}`);
    expect(troublesOf(await examine(url))).toEqual([]);
  });

  it('sees what a role is given by default', async () => {
    const url = await makeRole(
      `alter role ${role} set synchronous_commit = off`,
      `alter role ${role} set idle_session_timeout = '2s'`,
      `alter role ${role} set statement_timeout = '5s'`,
      `alter role ${role} connection limit 5`,
      `grant pg_read_all_stats to ${role}`,
    );
    // Fewer connections than the doctor would like to open are enough for it.
    const findings = await examine(url);
    expect(troublesOf(findings)).toEqual(['synchronous-commit warn', 'timeouts fail', 'connections warn']);
    expect(findings['timeouts']?.found).toContain('idle_session_timeout is 2000 ms');
  });

  it.each([
    ['a wrong password', (url: URL) => (url.password = 'not-the-secret'), /password authentication failed/],
    ['a wrong port', (url: URL) => (url.port = '1'), /ECONNREFUSED/],
    ['a wrong database', (url: URL) => (url.pathname = '/nowhere'), /"nowhere" does not exist/],
  ])('fails %s without a secret, and skips the rest', async (_, change, found) => {
    const url = new URL(await makeRole());
    change(url);
    const findings = await examine(url.href);
    expect(findings['database-connection']).toMatchObject({ status: 'fail', found: expect.stringMatching(found) });
    const others = Object.entries(findings).filter(([name]) => name !== 'database-connection');
    expect(others.every(([, { status }]) => status === 'skipped')).toBe(true);
    expect(JSON.stringify(findings)).not.toMatch(new RegExp(`${password}|not-the-secret`));
  });
});

describe('a pooler that hands out servers by transaction', () => {
  const asked = { session: { [probeSetting.name]: probeSetting.value } };

  it('is seen by the servers that answer one connection', async () => {
    expect(judgeSession(await probeSession(open(database.relayUrl, asked)))).toMatchObject({ status: 'ok' });
    const pooler = poolByTransaction(open(database.relayUrl, asked));
    expect(judgeSession(await probeSession(pooler))).toMatchObject({
      status: 'fail',
      found: expect.stringContaining('one connection was served by two server processes'),
    });
  });

  it('is seen when it has one server, and so no answer', async () => {
    const pooler = poolByTransaction(open(database.relayUrl, { ...asked, size: 1 }));
    expect(judgeSession(await probeSession(pooler))).toMatchObject({
      status: 'fail',
      found: expect.stringContaining('no answer'),
    });
  });

  it('has LISTEN hear nothing', async () => {
    expect(await probeListen(open(database.relayUrl))).toBe(true);
    expect(await probeListen(poolByTransaction(open(database.relayUrl)))).toBe(false);
  });

  it('is seen when it drops what sessions ask for', async () => {
    expect(judgeSession(await probeSession(open(database.relayUrl, { bare: true })))).toMatchObject({
      status: 'fail',
      found: expect.stringContaining('settings that a session asks for at its start were dropped'),
    });
  });
});
