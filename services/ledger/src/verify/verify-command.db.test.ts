import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { createPool, inTransaction, type Pool } from '@daybook/postgres';
import { createDatabase, eventually, type TestDatabase } from '@daybook/stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeEveryKind } from '../../test-fixtures/written-ledger.ts';
import { create, draft, posting } from '../command/testing/commands.ts';
import { migrate } from '../migrate.ts';
import { LedgerWriter } from '../writer/writer.ts';
import { runVerify } from './verify-command.ts';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));
const role = `verify_${randomBytes(6).toString('hex')}`;

let database: TestDatabase;
let pool: Pool;
let writer: LedgerWriter;

beforeAll(async () => {
  database = await createDatabase({ template: 'lanes_2', migrate: async (url) => migrate(url, { lanes: 2 }) });
  pool = createPool(database.databaseUrl, { size: 2, applicationName: 'verify test' });
  writer = new LedgerWriter({
    databaseUrl: database.ledgerUrl,
    connections: 1,
    execution: { eventFormat: 'v1.10', eventBytesMax: 900_000, commitPolicy: 'none' },
    batchCommandsMax: 100,
    batchBytesMax: 1_000_000,
    queueCommandsMax: 1_000,
    partitionsAheadDays: 1,
  });
  await writer.start();
  for (const ledger of ['well', 'tampered']) await writeEveryKind(writer, ledger);
  await pool.query(
    "update move set input = input + 1 where ledger = (select id from ledger where name = 'tampered') and account = 'carol'",
  );
  await pool.query(`create role ${role} login password '${role}'`);
  await pool.query(`grant select on ledger, log, mapping, transaction, move, account, outbox to ${role}`);
});

afterAll(async () => {
  await writer.stop();
  await pool.query(`drop owned by ${role}; drop role ${role}`);
  await pool.end();
  await database.drop();
});

/** Runs the command under a role that may select and nothing else. */
async function verify(ledger: string, { json = false, databaseUrl = urlOfReader() } = {}) {
  const printed: string[] = [];
  const notes: string[] = [];
  const terminal = {
    print: (line: string) => printed.push(line),
    note: (line: string) => notes.push(line),
    progress: () => undefined,
  };
  const code = await runVerify({ databaseUrl }, { ledger, json }, terminal);
  return { code, printed: printed.join('\n'), notes };
}

function urlOfReader(): string {
  const url = new URL(database.databaseUrl);
  url.username = role;
  url.password = role;
  return url.href;
}

describe('ledger verify', () => {
  it('says up to where all is well, by a role that may only select', async () => {
    expect(await verify('well')).toEqual({
      code: 0,
      notes: [],
      printed: [
        '17 log rows, 8 transactions, 20 moves, 7 accounts, 3 versions of the mapping, 18 events; the outbox still has 18 from sequence 1 on.',
        'All is well: ledger well, up to log id 16.',
      ].join('\n'),
    });
  });

  it('names the first bad row', async () => {
    expect(await verify('tampered')).toEqual({
      code: 1,
      notes: [],
      printed: [
        'move, txid 4, account carol, asset COIN: its volumes are not those before and the postings',
        '  expected  input 9, output 0',
        '  found     input 10, output 0',
        '',
        'Not well: ledger tampered.',
      ].join('\n'),
    });
  });

  it('prints JSON', async () => {
    const well = await verify('well', { json: true });
    expect(JSON.parse(well.printed)).toMatchObject({ ok: true, ledger: 'well', lastLogId: 16, counts: { moves: 20 } });
    const tampered = await verify('tampered', { json: true });
    expect(tampered.code).toBe(1);
    expect(JSON.parse(tampered.printed)).toMatchObject({
      ok: false,
      finding: { table: 'move', key: { txid: 4, account: 'carol', asset: 'COIN' }, expected: 'input 9, output 0' },
    });
  });

  it('is not led astray by writes that go on meanwhile', async () => {
    const over = new AbortController();
    const write = { ...create(draft(posting('world -> bob', 1n))), ledger: 'busy' };
    const writing = Array.from({ length: 4 }, async () => {
      while (!over.signal.aborted) await writer.submit(write);
    });
    const lastLogIds: number[] = [];
    try {
      await writer.submit(write);
      while (lastLogIds.length < 5) {
        const report = JSON.parse((await verify('busy', { json: true })).printed);
        expect(report).toMatchObject({ ok: true });
        lastLogIds.push(report.lastLogId);
      }
    } finally {
      over.abort();
      await Promise.all(writing);
    }
    expect(lastLogIds.at(-1)).toBeGreaterThan(lastLogIds[0] ?? Infinity);
  });

  it('gives no verdict on a ledger that is not there', async () => {
    expect(await verify('wel')).toEqual({
      code: 2,
      printed: '',
      notes: ['ledger verify: there is no ledger wel'],
    });
  });

  it.each([
    { title: 'cannot be reached', change: { port: '1' }, notes: /^ledger verify: no verdict: .*ECONNREFUSED/ },
    { title: 'is not migrated', change: { pathname: '/postgres' }, notes: /not migrated: run `ledger migrate`/ },
    { title: 'refuses the password', change: { password: 'wrong' }, notes: /check the user of DATABASE_URL/ },
  ])('gives no verdict where the database $title', async ({ change, notes }) => {
    const url = new URL(urlOfReader());
    Object.assign(url, change);
    const { code, ...said } = await verify('well', { databaseUrl: url.href });
    expect(code).toBe(2);
    expect(said.printed).toBe('');
    expect(said.notes.join('\n')).toMatch(notes);
    expect(said.notes.join('\n')).not.toContain('wrong@');
  });

  it('ends on SIGINT in the midst of a statement, and leaves no session behind', async () => {
    const held = Promise.withResolvers<void>();
    const isHeld = Promise.withResolvers<void>();
    const holding = inTransaction(pool, async (client) => {
      await client.query('lock table move in access exclusive mode');
      isHeld.resolve();
      await held.promise;
    });
    await isHeld.promise;
    const child = spawn(process.execPath, [main, 'verify', '--ledger', 'well'], {
      env: { DATABASE_URL: urlOfReader() },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    try {
      const output: string[] = [];
      child.stderr.on('data', (data: Buffer) => output.push(data.toString()));
      const sessions = async (state: string) =>
        (
          await pool.query(
            `select from pg_stat_activity where datname = current_database() and application_name = 'daybook-ledger-verify' ${state}`,
          )
        ).rowCount ?? 0;
      await eventually(async () => (await sessions("and wait_event_type = 'Lock'")) === 1, {
        what: 'the verification waits for the table',
      });
      child.kill('SIGINT');
      const [code] = await once(child, 'close');
      expect(code).toBe(130);
      expect(output.join('')).toContain('ledger verify: interrupted');
      await eventually(async () => (await sessions('')) === 0, { what: 'no session is left' });
    } finally {
      child.kill('SIGKILL');
      held.resolve();
      await holding;
    }
  });
});
