import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { eventually, Workload } from '../../packages/stack/src/testing/index.ts';
import { historyFaults } from '../model/history-faults.ts';
import { RestLedger } from '../model/ledger-api.ts';
import { readRows } from '../model/list-faults.ts';
import { AuditedStack } from './audited-stack.ts';
import { readHistory } from './ledger-history.ts';
import { ledgerVerdict } from './ledger-verdict.ts';

const seed = inject('seed');
const ledgers = ['one', 'two', 'three'];
const connections = 64;
const loadMs = 60_000;

let audited: AuditedStack;
let workload: Workload;

beforeAll(async () => {
  audited = await AuditedStack.start({ ledgers: 2, relays: 1 });
}, 120_000);

afterAll(async () => {
  await workload?.stop();
  await audited?.stop();
});

test('64 clients write at random to the same ledgers through two processes for a minute, and each write has an outcome', async () => {
  const { ledgerUrls } = audited.stack;
  workload = new Workload({ seed, ledgerUrls, ledgers, clients: connections });
  const endsAt = performance.now() + loadMs;
  await eventually(() => performance.now() > endsAt, { what: 'a minute of load', withinMs: 2 * loadMs, pollMs: 100 });
  await workload.stop();
  process.stderr.write(`shared ledgers (seed ${seed}): ${JSON.stringify(workload.counts)}\n`);
  expect(workload.complaints).toEqual([]);
  expect(workload.counts.unknown).toBe(0);
  expect(workload.counts.written).toBeGreaterThan(5_000);
  expect(workload.counts.refused).toBeGreaterThan(100);
});

test('then txids, log ids and event sequences have no gaps, references are unique and the chain of each log is valid', async () => {
  const histories = await Promise.all(ledgers.map(async (ledger) => await readHistory(audited.pool, ledger)));
  expect(histories.flatMap(historyFaults)).toEqual([]);
  expect(histories.every(({ transactions }) => transactions.length > 500)).toBe(true);
  expect(histories.every(({ transactions }) => transactions.some(({ reference }) => reference !== ''))).toBe(true);
});

test('REST shows the same numbers, references and hashes, by either process, and money is conserved', async () => {
  for (const [index, ledger] of ledgers.entries()) {
    const api = new RestLedger(audited.stack.ledgerUrls[index % 2] ?? '', ledger);
    const { transactions, logs } = await readHistory(audited.pool, ledger);
    const shownTransactions = await readRows(api, { path: 'transactions?', pageSize: 1_000 });
    expect(shownTransactions.toReversed().map(numbered)).toEqual(transactions);
    const shownLogs = await readRows(api, { path: 'logs?', pageSize: 1_000 });
    expect(shownLogs.toReversed().map(hashed)).toEqual(logs.map(hashed));
    const { body } = await api.read('aggregate/balances');
    expect(new Set(totalsOf(body))).toEqual(new Set([0n]));
  }
});

test('`ledger verify` finds every row of each ledger as its log says', async () => {
  for (const ledger of ledgers) {
    expect(await ledgerVerdict(audited.stack.databaseUrl, ledger)).toMatchObject({ code: 0 });
  }
});

test('and state, log, outbox, topic and what clients were told belong together', async () => {
  await audited.settled();
  const { faults, events, repeats } = await audited.audit(workload);
  process.stderr.write(`shared ledgers (seed ${seed}): ${events} events, ${repeats} repeats\n`);
  expect(faults).toEqual({});
});

function fieldsOf(row: unknown): ReadonlyMap<string, unknown> {
  return new Map(typeof row === 'object' && row !== null ? Object.entries(row) : []);
}

/** A transaction as the history has it. */
function numbered(row: unknown) {
  const fields = fieldsOf(row);
  return { txid: Number(fields.get('txid')), reference: fields.get('reference') };
}

function hashed(row: unknown) {
  const fields = fieldsOf(row);
  return { id: Number(fields.get('id')), hash: fields.get('hash') };
}

function totalsOf(body: unknown): unknown[] {
  return [...fieldsOf(fieldsOf(body).get('data')).values()];
}
