import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { processEnvironment } from '../../packages/config/src/index.ts';
import { eventually, produceRecord, Workload } from '../../packages/stack/src/testing/index.ts';
import { AuditedStack, topic } from './audited-stack.ts';

const seed = inject('seed');
const ledgers = Array.from({ length: 8 }, (_, index) => `ledger-${index}`);
const launcher = fileURLToPath(new URL('../../packages/stack/src/relay-command-main.ts', import.meta.url));
const main = fileURLToPath(new URL('../../services/relay/src/main.ts', import.meta.url));
const run = promisify(execFile);

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Report {
  readonly ok: boolean;
  readonly topics: readonly Record<string, number>[];
  readonly ledgers: readonly { readonly ledger: string; readonly verifiedUpTo: number; readonly head: number }[];
  readonly faults: Record<string, { readonly count: number; readonly examples: readonly Record<string, unknown>[] }>;
  readonly counts: Record<string, number>;
}

let audited: AuditedStack;
let folder: string;
let workloads = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'daybook-test-'));
  // Without the look at the tail of the topic, so that positions moved back are sure to cost repeats.
  const relayEnv = { RELAY_VERIFY_INTERVAL_MS: '500', PUBLISHER_DEDUPE_ON_TAKEOVER: 'false' };
  audited = await AuditedStack.start({ describeIn: { folder }, relayEnv });
  await write();
}, 120_000);

afterAll(async () => {
  await audited?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Some writes, all of them published. */
async function write(): Promise<void> {
  workloads += 1;
  const { ledgerUrls } = audited.stack;
  const workload = new Workload({ seed: seed + workloads, ledgerUrls, ledgers, clients: 4, writesMax: 100 });
  await workload.finished();
  expect(workload.complaints).toEqual([]);
  await audited.settled();
}

/** Runs a file as an operator would, in the folder of the stack. */
async function runIn(file: string, args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  const options = { cwd: folder, env: { ...processEnvironment(), ...env }, maxBuffer: 50_000_000 };
  return await run(process.execPath, [file, ...args], options).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: Outcome) => error,
  );
}

async function verify(...args: readonly string[]): Promise<{ readonly code: number; readonly report: Report }> {
  const { code, stdout, stderr } = await runIn(launcher, ['verify', '--json', ...args]);
  expect(stderr).toContain('Using the stack that');
  const report: Report = JSON.parse(stdout);
  return { code, report };
}

async function countRows(): Promise<number> {
  const { rows } = await audited.pool.query<{ rows: number }>('select count(*) as rows from outbox');
  return rows[0]?.rows ?? 0;
}

const countsOf = ({ faults }: Report) =>
  Object.fromEntries(Object.entries(faults).flatMap(([kind, { count }]) => (count === 0 ? [] : [[kind, count]])));

test('all is well, up to the last event of every ledger, and exit code 0', async () => {
  const { code, report } = await verify();
  expect(code).toBe(0);
  expect(report.ok).toBe(true);
  expect(countsOf(report)).toEqual({});
  expect(report.topics).toMatchObject([{ topic, records: await countRows(), matched: await countRows(), repeated: 0 }]);
  expect(report.ledgers.map(({ ledger }) => ledger)).toEqual(ledgers);
  for (const { verifiedUpTo, head } of report.ledgers) expect(verifiedUpTo).toBe(head);
});

test('the same for people, with progress apart from the answer', async () => {
  const { code, stdout, stderr } = await runIn(launcher, ['verify', '--all-ledgers']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^topic +records +matched +repeated/);
  expect(stdout).toMatch(/\nledger-0 +\d+ +1 to \d+ +\d+\n/);
  expect(stdout).toContain(`All is well: ${await countRows()} events are in their topics`);
  expect(stderr).toMatch(/reading topics +\[#*\.*\] \d+ %/);
});

test('a stretch of positions moved back: exactly so many repeats, and nothing else', async () => {
  const { stack, pool } = audited;
  await stack.halt('relay');
  const moved = await pool.query<{ rows: number }>(`
    with latest as (select lane, max(seq) as seq from position group by lane),
      moved as (
        insert into position (lane, seq, at, relay)
        select l.lane, o.seq, o.at, 'test' from latest l join outbox o on o.lane = l.lane and o.seq = l.seq - 10
        on conflict do nothing returning lane),
      gone as (delete from position p using latest l where p.lane = l.lane and p.seq > l.seq - 10 returning p.lane)
    select sum(least(l.seq, 10)) as rows from latest l, (select count(*) from moved) m, (select count(*) from gone) g`);
  const repeats = Number(moved.rows[0]?.rows);
  expect(repeats).toBeGreaterThan(10);
  await stack.restart('relay');
  await audited.settled();
  const { code, report } = await verify();
  expect(code).toBe(0);
  expect(countsOf(report)).toEqual({});
  expect(report.counts['repeated']).toBe(repeats);
  expect(report.topics).toMatchObject([{ records: (await countRows()) + repeats, repeated: repeats }]);
});

test('records that no relay sent: each is a phantom, and exit code 1', async () => {
  const id = randomUUID();
  await produceRecord(audited.stack.kafkaBrokers, topic, { key: 'ledger-0', value: '{}' });
  await produceRecord(audited.stack.kafkaBrokers, topic, {
    key: 'ledger-1',
    value: '{}',
    headers: { id, sequence: '1', type: 'x', ledger: 'ledger-1' },
  });
  const { code, report } = await verify();
  expect(code).toBe(1);
  expect(report.ok).toBe(false);
  expect(countsOf(report)).toEqual({ phantom: 2 });
  expect(report.faults['phantom']?.examples).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ topic, why: 'no header ledger' }),
      expect.objectContaining({ topic, ledger: 'ledger-1', sequence: 1, id, why: 'no row has this id' }),
    ]),
  );
  expect((await verify('--ledger', 'ledger-2,ledger-3')).code).toBe(0);
  expect(countsOf((await verify('--ledger', 'ledger-1')).report)).toEqual({ phantom: 1 });
});

test('a relay that compares by itself says the same by its metrics', async () => {
  const positions = await audited.pool.query<{ lane: number; seq: number }>(
    'select lane, max(seq) as seq from position group by lane order by lane',
  );
  const verified = await eventually(
    async () => {
      const metrics = await (await fetch(`${audited.stack.relayUrls[0]}/metrics`)).text();
      if (!/^daybook_relay_verify_faults_total\{kind="phantom",service="relay"\} 2$/m.test(metrics)) return undefined;
      return [...metrics.matchAll(/^daybook_relay_verified_sequence\{lane="(\d+)",.*\} (\d+)$/gm)];
    },
    { what: 'two phantoms in the metrics', withinMs: 30_000 },
  );
  expect(new Set(verified.map(([, lane, seq]) => `${lane}: ${seq}`))).toEqual(
    new Set(positions.rows.map(({ lane, seq }) => `${lane}: ${seq}`)),
  );
});

test('a database that went back to an older state: the topic is ahead, with what to do', async () => {
  const { stack, pool } = audited;
  await stack.halt('relay');
  const gone = await pool.query<{ event_id: string }>(
    `with last as (select lane, max(seq) as seq from outbox group by lane order by count(*) desc limit 1)
     delete from outbox o using last l where o.lane = l.lane and o.seq > l.seq - 3 returning event_id`,
  );
  const { code, report } = await verify();
  expect(code).toBe(1);
  expect(Object.keys(countsOf(report))).toEqual(['phantom', 'ahead']);
  expect(new Set(report.faults['ahead']?.examples.map(({ id }) => id))).toEqual(
    new Set(gone.rows.map(({ event_id: id }) => id)),
  );
  const people = await runIn(launcher, ['verify']);
  expect(people.code).toBe(1);
  expect(people.stdout).toMatch(/the database ends at event \d+ of this ledger/);
  expect(people.stdout).toContain('docs/OPERATIONS.md#backups');
});

test('what cannot be asked is told apart: settings 2, no answer 3', async () => {
  const { kafkaBrokers, serviceUrls } = audited.stack;
  const env = {
    DATABASE_URL: serviceUrls.relayUrl,
    PUBLISHER_KAFKA_ENABLED: 'true',
    PUBLISHER_KAFKA_BROKER: kafkaBrokers.join(','),
    PUBLISHER_TOPIC_MAPPING: `*:${topic}`,
  };
  const off = await runIn(main, ['verify'], { ...env, PUBLISHER_KAFKA_ENABLED: 'false' });
  expect(off).toMatchObject({ code: 2, stdout: '' });
  expect(off.stderr).toContain('PUBLISHER_KAFKA_ENABLED');
  const nobody = await runIn(main, ['verify', '--ledger', 'nobody'], env);
  expect(nobody).toMatchObject({ code: 2, stdout: '' });
  expect(nobody.stderr).toContain('there is no ledger nobody');
  const noKafka = await runIn(main, ['verify'], { ...env, PUBLISHER_KAFKA_BROKER: '127.0.0.1:1' });
  expect(noKafka).toMatchObject({ code: 3, stdout: '' });
  expect(noKafka.stderr).toContain('no verdict');
  const noDatabase = await runIn(main, ['verify', '--json'], { ...env, DATABASE_URL: 'postgresql://a@127.0.0.1:1/b' });
  expect(noDatabase).toMatchObject({ code: 3, stdout: '' });
});
