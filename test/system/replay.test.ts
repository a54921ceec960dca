import { execFile } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { processEnvironment } from '../../packages/config/src/index.ts';
import { findReplay, type Replay } from '../../packages/outbox/src/index.ts';
import {
  eventually,
  groupBy,
  readOutbox,
  readWholeTopic,
  Workload,
  type OutboxEntry,
  type TopicRecord,
} from '../../packages/stack/src/testing/index.ts';
import { ownerOf } from '../../services/relay/src/rendezvous.ts';
import { AuditedStack, topic } from './audited-stack.ts';

const seed = inject('seed');
const ledgers = Array.from({ length: 12 }, (_, index) => `ledger-${index}`);
const relayMain = fileURLToPath(new URL('../../services/relay/src/main.ts', import.meta.url));
const workloads: Workload[] = [];

let audited: AuditedStack;

beforeAll(async () => {
  audited = await AuditedStack.start({ ledgers: 1, relays: 2, restart: false });
  await write({ writesMax: 500 }).finished();
  await audited.settled();
}, 120_000);

afterAll(async () => {
  await Promise.all(workloads.map(async (workload) => workload.stop()));
  await audited?.stop();
});

function write(bounds: { readonly writesMax?: number; readonly writesPerSecondMax?: number }): Workload {
  const { ledgerUrls } = audited.stack;
  const workload = new Workload({ seed: seed + workloads.length, ledgerUrls, ledgers, clients: 8, ...bounds });
  workloads.push(workload);
  return workload;
}

/** Runs a command of the relay as an operator would, and reads the JSON that it prints. */
async function relay(...args: readonly string[]): Promise<Replay> {
  const env = { ...processEnvironment(), DATABASE_URL: audited.stack.serviceUrls.relayUrl };
  const { stdout } = await promisify(execFile)(process.execPath, [relayMain, ...args, '--why', 'a test', '--json'], {
    env,
  });
  const replay: Replay = JSON.parse(stdout);
  return replay;
}

async function reached(id: string, isReached: (replay: Replay) => boolean): Promise<Replay> {
  return await eventually(
    async () => {
      const replay = await findReplay(audited.pool, id);
      return replay !== undefined && isReached(replay) ? replay : undefined;
    },
    { what: 'the replay to get there', withinMs: 30_000, pollMs: 20 },
  );
}

const isDone = ({ state }: Replay) => state === 'done';

const read = async (name: string) => await readWholeTopic(audited.stack.kafkaBrokers, name);

/** What a consumer gets that reads a topic for the first time: each ledger's events by their first appearance. */
function firstsOf(records: readonly TopicRecord[]): ReadonlyMap<string, readonly string[]> {
  const seen = new Set<string>();
  const firsts = records.filter(({ headers: { id = '' } }) => !seen.has(id) && seen.add(id));
  const byLedger = [...groupBy(firsts, ({ headers }) => headers['ledger'] ?? '')];
  return new Map(byLedger.map(([ledger, ofLedger]) => [ledger, ofLedger.map(({ value }) => value.toString('utf8'))]));
}

function bodiesOf(rows: readonly OutboxEntry[]): ReadonlyMap<string, readonly string[]> {
  const inOrder = rows.toSorted((a, b) => a.eventSequence - b.eventSequence);
  return new Map(
    [...groupBy(inOrder, (row) => row.ledger)].map(([name, ofLedger]) => [name, ofLedger.map(({ body }) => body)]),
  );
}

test('a range of one ledger goes to another topic: exactly these rows, in order and marked, and the live topic is untouched', async () => {
  const [ledger = ''] = ledgers;
  const liveBefore = (await read(topic)).length;
  const range = ['--ledger', ledger, '--from-sequence', '11', '--to-sequence', '60'];
  const replay = await relay('replay', ...range, '--mapping', '*:again', '--wait');
  const records = await read('again');
  const chosen = (await readOutbox(audited.pool)).filter(
    (row) => row.ledger === ledger && row.eventSequence >= 11 && row.eventSequence <= 60,
  );
  expect(replay).toMatchObject({ state: 'done', sentRows: 50, error: null });
  expect(records.map(({ headers }) => Number(headers['sequence']))).toEqual(
    Array.from({ length: 50 }, (_, index) => 11 + index),
  );
  expect(firstsOf(records)).toEqual(bodiesOf(chosen));
  expect(records.every(({ headers, key }) => headers['replay'] === replay.id && key === ledger)).toBe(true);
  expect(await read(topic)).toHaveLength(liveBefore);
});

test('a cancelled replay stops, and resumed it goes on to the end', async () => {
  const { id } = await relay('replay', '--mapping', '*:resumed', '--rate', '40');
  await reached(id, ({ sentRows }) => sentRows > 0);
  await relay('cancel-replay', id);
  // What was read before is sent and stored; after that nothing more.
  await runs(id, 0);
  const cancelled = await reached(id, ({ state }) => state === 'cancelled');
  expect(cancelled.passedRows).toBeLessThan(cancelled.totalRows);
  expect(await read('resumed')).toHaveLength(cancelled.sentRows);
  // Faster, since what is tested is where it goes on.
  await audited.pool.query('update replay set rows_per_second = 10000 where id = $1', [id]);
  const resumed = await relay('resume-replay', id);
  expect(resumed).toMatchObject({ state: 'running', decidedWhy: 'a test' });
  await reached(id, isDone);
  expect(firstsOf(await read('resumed'))).toEqual(bodiesOf(await readOutbox(audited.pool)));
});

/** Which relay runs a replay while both live. */
function runnerOf(id: string): { readonly index: number; readonly url: string } {
  const index = ownerOf(id, ['relay-0', 'relay-1']) === 'relay-0' ? 0 : 1;
  return { index, url: audited.stack.relayUrls[index] ?? '' };
}

/** Waits until the relay that should run a replay says that it runs so many. */
async function runs(id: string, count: number): Promise<void> {
  const metric = new RegExp(String.raw`^daybook_relay_replays\{[^}]*state="running"[^}]*\} ${count}$`, 'm');
  await eventually(async () => metric.test(await (await fetch(`${runnerOf(id).url}/metrics`)).text()), {
    what: `${count} replays that run`,
    withinMs: 10_000,
  });
}

test('into the live topic while writes go on, its relay killed on the way: another goes on, and consumers see repeats only', async () => {
  const { stack } = audited;
  const writing = write({ writesPerSecondMax: 150 });
  const { id, totalRows } = await relay('replay', '--rate', '150');
  await reached(id, ({ sentRows }) => sentRows > 100);
  await runs(id, 1);
  await stack.kill('relay', runnerOf(id).index);
  const left = await findReplay(audited.pool, id);
  expect(left?.state).toBe('running');
  await reached(id, isDone);
  await writing.stop();
  await audited.settled();
  const result = await audited.audit({ writes: workloads.flatMap(({ writes }) => writes) });
  process.stderr.write(`replay (seed ${seed}): ${result.repeats} repeats, ${totalRows} of them asked for\n`);
  expect(workloads.flatMap(({ complaints }) => complaints)).toEqual([]);
  expect(result.faults).toEqual({});
  expect(result.repeats).toBeGreaterThanOrEqual(totalRows);
  const marked = (await read(topic)).filter(({ headers }) => headers['replay'] === id);
  expect(new Set(marked.map(({ headers }) => headers['id'])).size).toBe(totalRows);
});

test('a record carries the trace of the request that wrote it, whoever asks again and whenever it is replayed', async () => {
  const first = { traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`, tracestate: 'vendor=1' };
  const later = { traceparent: `00-${'3'.repeat(32)}-${'4'.repeat(16)}-01` };
  const post = async (headers: Readonly<Record<string, string>>) => {
    const answer = await fetch(`${audited.stack.ledgerUrls[0]}/traced/transactions`, {
      method: 'POST',
      headers: { 'idempotency-key': 'once', ...headers },
      body: JSON.stringify({ postings: [{ source: 'world', destination: 'a', amount: 1, asset: 'COIN' }] }),
    });
    return [answer.status, answer.headers.get('idempotency-hit')];
  };
  expect(await post(first)).toEqual([200, null]);
  expect(await post(later)).toEqual([200, 'true']);
  await audited.settled();
  const { id } = await relay('replay', '--ledger', 'traced', '--mapping', '*:traced', '--wait');
  const ofLedger = (await read(topic)).filter(({ key }) => key === 'traced');
  expect(ofLedger.map(({ headers }) => headers)).toMatchObject([first]);
  expect((await read('traced')).map(({ headers }) => headers)).toMatchObject([{ ...first, replay: id }]);
});
