import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { eventually, Workload, type Audit } from '../../packages/stack/src/testing/index.ts';
import { AuditedStack } from './audited-stack.ts';
import { LaneWatch } from './lane-watch.ts';

const seed = inject('seed');
const ledgers = Array.from({ length: 48 }, (_, index) => `ledger-${index}`);
// The defaults of production.
const heartbeatMs = 2_000;
const relayEnv = { RELAY_HEARTBEAT_MS: String(heartbeatMs), RELAY_DEAD_AFTER_MS: String(5 * heartbeatMs) };

let audited: AuditedStack;
const workloads: Workload[] = [];

beforeAll(async () => {
  audited = await AuditedStack.start({ ledgers: 2, relays: 3, relayEnv });
}, 120_000);

afterAll(async () => {
  await Promise.all(workloads.map(async (workload) => workload.stop()));
  await audited?.stop();
});

function startWriting(): Workload {
  const { ledgerUrls } = audited.stack;
  const options = { ledgerUrls, ledgers, clients: 16, writesPerSecondMax: 200 };
  const workload = new Workload({ ...options, seed: seed + workloads.length });
  workloads.push(workload);
  return workload;
}

/** Stops writing, waits until all is published, and audits all that was written so far. */
async function auditAll(): Promise<Audit> {
  await Promise.all(workloads.map(async (workload) => workload.stop()));
  await audited.settled();
  const result = await audited.audit({ writes: workloads.flatMap(({ writes }) => writes) });
  say(`${result.records} records of ${result.events} events: ${result.repeats} repeats`);
  expect(workloads.flatMap(({ complaints }) => complaints)).toEqual([]);
  return result;
}

function say(line: string): void {
  process.stderr.write(`members (seed ${seed}): ${line}\n`);
}

test('a relay joins, another leaves: every lane with rows advances within two heartbeats', async () => {
  const { stack, pool } = audited;
  startWriting();
  const watch = new LaneWatch(pool);
  onTestFinished(async () => watch.stop());
  await audited.publishing(3);
  await audited.published(300);
  watch.takeLongest();
  await audited.published(300);
  const steady = watch.takeLongest();
  await stack.add('relay');
  await audited.publishing(4);
  await audited.published(300);
  const joining = watch.takeLongest();
  await stack.halt('relay', 0);
  await audited.publishing(3);
  await audited.published(300);
  const leaving = watch.takeLongest();
  say(`longest standstill of a lane with rows, of ${watch.laneCount} lanes, heartbeat ${heartbeatMs} ms:`);
  say(
    `three relays ${steady.standstillMs} ms, one joins ${joining.standstillMs} ms, one leaves ${leaving.standstillMs} ms`,
  );

  const result = await auditAll();
  expect(result.faults).toEqual({});
  expect(watch.laneCount).toBeGreaterThan(20);
  expect(joining.standstillMs).toBeLessThanOrEqual(2 * heartbeatMs);
  expect(leaving.standstillMs).toBeLessThanOrEqual(2 * heartbeatMs);
});

/** How many records a relay has handed to its publisher. */
async function recordsSent(url = ''): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(/^daybook_relay_records_sent_total\{[^}]*\} (\d+)$/m.exec(metrics)?.[1] ?? 0);
}

test('relays-may-overlap: two relays under one name publish the same lanes at once, and only repeat each other', async () => {
  const { stack } = audited;
  startWriting();
  await audited.publishing(3);
  const twin = await stack.add('relay', { RELAY_ID: 'relay-1' });
  // A newcomer waits a heartbeat before it publishes, on a busy machine longer; from then on both do.
  await eventually(async () => (await recordsSent(stack.relayUrls[twin])) > 100, {
    what: 'the twin publishes',
    withinMs: 30_000,
  });
  await audited.published(300);
  await stack.kill('relay', twin);
  await audited.published(300);
  const result = await auditAll();
  expect(result.faults).toEqual({});
  expect(result.repeats).toBeGreaterThan(50);
});
