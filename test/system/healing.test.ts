import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { countUnpublished, eventually, Workload } from '../../packages/stack/src/testing/index.ts';
import { AuditedStack } from './audited-stack.ts';

const seed = inject('seed');
const ledgers = Array.from({ length: 8 }, (_, index) => `ledger-${index}`);
// So rare that only the doorbell can explain a quick record.
const pollIntervalMs = 60_000;

let audited: AuditedStack;
let round = 0;
const workloads: Workload[] = [];

beforeAll(async () => {
  audited = await AuditedStack.start({ relays: 0, relayEnv: { RELAY_POLL_INTERVAL_MS: String(pollIntervalMs) } });
}, 120_000);

afterAll(async () => {
  await audited?.stop();
});

/** Some writes, all of them answered. */
async function write(): Promise<void> {
  round += 1;
  const { ledgerUrls } = audited.stack;
  const workload = new Workload({ seed: seed + round, ledgerUrls, ledgers, clients: 4, writesMax: 40 });
  workloads.push(workload);
  await workload.finished();
  expect(workload.counts.unknown).toBe(0);
  expect(workload.complaints).toEqual([]);
}

function relayLog(): string {
  return readFileSync(join(audited.stack.logFolder, 'relay-0.log'), 'utf8');
}

/** What the relay logged since the call before. */
function watchLog(): () => string {
  const from = relayLog().length;
  return () => relayLog().slice(from);
}

async function relayMetric(name: string): Promise<number> {
  const response = await fetch(`${audited.stack.relayUrls[0]}/metrics`);
  const line = (await response.text()).split('\n').find((each) => each.startsWith(name));
  return Number(line?.split(' ').at(-1));
}

/** The processes that ever were this relay. */
function relayPids(): Set<number> {
  return new Set([...relayLog().matchAll(/"pid":(\d+)/g)].map(([, pid]) => Number(pid)));
}

async function readiness(): Promise<string> {
  const response = await fetch(`${audited.stack.relayUrls[0]}/readyz`);
  return `${response.status} ${await response.text()}`;
}

test('Kafka absent at the start of the relay: it waits, says so, and publishes once Kafka is there', async () => {
  const { stack, pool } = audited;
  await stack.halt('kafka');
  const added = stack.add('relay');
  // It is ready only once Kafka is back.
  added.catch(() => undefined);
  await write();
  const answer = await eventually(async () => (await readiness()).startsWith('503') && (await readiness()), {
    what: 'a relay that is not ready',
    withinMs: 30_000,
  });
  expect(answer).toContain('publisher');
  expect(await countUnpublished(pool)).toBeGreaterThan(0);
  await stack.restart('kafka');
  await added;
  await audited.settled();
  expect(relayPids().size).toBe(1);
  expect(await readiness()).toMatch(/^200 /);
});

test('LISTEN lost: it listens again, and the doorbell wakes it as before', async () => {
  const { pool } = audited;
  await eventually(async () => (await relayMetric('daybook_relay_listening')) === 1, { what: 'LISTEN' });
  const logged = watchLog();
  const ended = await pool.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where application_name like 'daybook-relay%' and pid <> pg_backend_pid()`,
  );
  expect(ended.rowCount).toBeGreaterThan(0);
  await eventually(() => logged().includes('LISTEN lost'), { what: 'a word about it' });
  await eventually(async () => (await relayMetric('daybook_relay_listening')) === 1, { what: 'LISTEN again' });
  await write();
  await audited.settled();
  expect(relayPids().size).toBe(1);
});

test('database restarted: both services go on with it, without a restart of their own', async () => {
  const { stack } = audited;
  const ledgerPid = stack.pids.ledgers[0];
  const logged = watchLog();
  await stack.halt('postgres');
  await eventually(() => /LISTEN lost|dependency failed/.test(logged()), { what: 'a word about it' });
  await eventually(async () => (await readiness()).startsWith('503'), { what: 'a relay that is not ready' });
  await stack.restart('postgres');
  await write();
  await audited.settled();
  await eventually(async () => (await readiness()).startsWith('200'), { what: 'a ready relay', withinMs: 30_000 });
  expect(stack.pids.ledgers[0]).toBe(ledgerPid);
  expect(relayPids().size).toBe(1);
});

test('Kafka going away and coming back: nothing is lost, and the relay says so', async () => {
  const { stack } = audited;
  await stack.halt('kafka');
  await write();
  await eventually(async () => (await readiness()).startsWith('503'), { what: 'a relay that is not ready' });
  await stack.restart('kafka');
  await audited.settled();
  expect(relayPids().size).toBe(1);
});

test('after all of it, the topic has every event, in order', async () => {
  const writes = workloads.flatMap((workload) => workload.writes);
  const result = await audited.audit({ writes });
  process.stderr.write(`healing (seed ${seed}): ${result.records} records, ${result.repeats} repeats\n`);
  expect(result.faults).toEqual({});
});
