import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { readWholeTopic, Workload } from '../../packages/stack/src/testing/index.ts';
import { AuditedStack, topic } from './audited-stack.ts';
import { longestGap, type TimedRow } from './lane-gaps.ts';

const seed = inject('seed');
const ledgers = Array.from({ length: 48 }, (_, index) => `ledger-${index}`);
const relays = [0, 1, 2];
// The defaults of production.
const relayEnv = { RELAY_HEARTBEAT_MS: '2000', RELAY_DEAD_AFTER_MS: '10000' };
const gapMaxMs = 1_000;

let audited: AuditedStack;
let workload: Workload;

beforeAll(async () => {
  audited = await AuditedStack.start({ ledgers: 2, relays: relays.length, relayEnv });
}, 120_000);

afterAll(async () => {
  await workload?.stop();
  await audited?.stop();
});

const timedRowsSql = `
select lane, seq, event_id as "eventId", extract(epoch from at)::float8 * 1000 as "committedAtMs"
from outbox where at >= to_timestamp($1::float8 / 1000)`;

test('three relays are restarted one after another under load: no lane with rows stands still for a second', async () => {
  const { stack, pool } = audited;
  const { ledgerUrls } = stack;
  workload = new Workload({ seed, ledgerUrls, ledgers, clients: 16, writesPerSecondMax: 200 });
  await audited.publishing(relays.length);
  const { rows: clock } = await pool.query<{ nowMs: number }>(
    `select extract(epoch from clock_timestamp())::float8 * 1000 as "nowMs"`,
  );
  for (const relay of relays) {
    await audited.published(200);
    await stack.halt('relay', relay);
    await audited.published(200);
    await stack.restart('relay', relay);
    await audited.publishing(relays.length);
  }
  await workload.stop();
  await audited.settled();

  const records = await readWholeTopic(stack.kafkaBrokers, topic);
  const { rows } = await pool.query<TimedRow>(timedRowsSql, [clock[0]?.nowMs ?? 0]);
  const gap = longestGap(records, rows);
  const result = await audited.audit(workload);
  process.stderr.write(
    `rolling restart (seed ${seed}): ${rows.length} rows, longest gap ${gap.gapMs} ms (lane ${gap.lane}), ${result.repeats} repeats\n`,
  );
  expect(rows.length).toBeGreaterThan(500);
  expect(gap.gapMs).toBeLessThan(gapMaxMs);
  expect(result.faults).toEqual({});
  expect(result.repeats).toBe(0);
});
