import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { countPublished, eventually, Workload } from '../../packages/stack/src/testing/index.ts';
import { AuditedStack } from './audited-stack.ts';
import { LaneWatch } from './lane-watch.ts';

const seed = inject('seed');
const ledgers = Array.from({ length: 48 }, (_, index) => `ledger-${index}`);
const heartbeatMs = 1_000;
const relayEnv = { RELAY_HEARTBEAT_MS: String(heartbeatMs), RELAY_DEAD_AFTER_MS: String(5 * heartbeatMs) };

let audited: AuditedStack;
let workload: Workload;
let watch: LaneWatch;

beforeAll(async () => {
  audited = await AuditedStack.start({ ledgers: 2, relays: 3, relayEnv });
  const { stack, pool } = audited;
  workload = new Workload({ seed, ledgerUrls: stack.ledgerUrls, ledgers, clients: 16, writesPerSecondMax: 200 });
  watch = new LaneWatch(pool);
}, 120_000);

afterAll(async () => {
  await watch?.stop();
  await workload?.stop();
  await audited?.stop();
});

function say(line: string): void {
  process.stderr.write(`members (seed ${seed}): ${line}\n`);
}

/** Waits until so many relays publish: each has stated a position in the last second. */
async function publishing(count: number): Promise<void> {
  const sql = `select count(distinct relay) as relays from position where recorded_at > clock_timestamp() - interval '1 second'`;
  await eventually(async () => (await audited.pool.query<{ relays: number }>(sql)).rows[0]?.relays === count, {
    what: `${count} relays that publish`,
    withinMs: 30_000,
  });
}

async function published(rows: number): Promise<void> {
  const before = await countPublished(audited.pool);
  await eventually(async () => (await countPublished(audited.pool)) > before + rows, {
    what: `${rows} more rows published`,
    withinMs: 60_000,
  });
}

test('a relay joins, another leaves: every lane with rows advances within two heartbeats', async () => {
  const { stack } = audited;
  await publishing(3);
  await published(300);
  watch.takeLongest();
  await published(300);
  const steady = watch.takeLongest();
  await stack.add('relay');
  await publishing(4);
  await published(300);
  const joining = watch.takeLongest();
  await stack.halt('relay', 0);
  await publishing(3);
  await published(300);
  const leaving = watch.takeLongest();
  say(`longest standstill of a lane with rows, of ${watch.laneCount} lanes, heartbeat ${heartbeatMs} ms:`);
  say(
    `three relays ${steady.standstillMs} ms, one joins ${joining.standstillMs} ms, one leaves ${leaving.standstillMs} ms`,
  );

  await workload.stop();
  await audited.settled();
  const result = await audited.audit(workload);
  say(`${result.records} records of ${result.events} events: ${result.repeats} repeats`);
  expect(result.faults).toEqual({});
  expect(workload.complaints).toEqual([]);
  expect(watch.laneCount).toBeGreaterThan(20);
  expect(joining.standstillMs).toBeLessThanOrEqual(2 * heartbeatMs);
  expect(leaving.standstillMs).toBeLessThanOrEqual(2 * heartbeatMs);
});
