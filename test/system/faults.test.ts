import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import {
  countPublished,
  countUnpublished,
  eventually,
  Random,
  Workload,
  type Audit,
  type Fault,
} from '../../packages/stack/src/testing/index.ts';
import { AuditedStack } from './audited-stack.ts';
import { planFaults } from './faults.ts';

const seed = inject('seed');
const ledgers = Array.from({ length: 24 }, (_, index) => `ledger-${index}`);
const movedWithinMs = 60_000;
const runWithinMs = 280_000;

let audited: AuditedStack;
let workload: Workload;
let result: Audit;
let kills = 0;

/**
 * Waits until work is in flight everywhere: since the call answers have come and positions have advanced; now requests are
 * open and rows unpublished. So whatever is hit next is in the middle of something.
 */
async function busy(): Promise<void> {
  const written = workload.counts.written;
  const published = await eventually(async () => (await countPublished(audited.pool)) + 1, {
    what: 'an answer of the database',
    withinMs: movedWithinMs,
  });
  await eventually(
    async () =>
      workload.counts.written > written + 20 &&
      (await countPublished(audited.pool)) > published + 20 &&
      (await countUnpublished(audited.pool)) > 0 &&
      workload.counts.inFlight > 0,
    { what: 'writes and publishing under way', withinMs: movedWithinMs, pollMs: 5 },
  );
}

beforeAll(async () => {
  audited = await AuditedStack.start({ ledgers: 2, relays: 2 });
  const { stack } = audited;
  workload = new Workload({ seed, ledgerUrls: stack.ledgerUrls, ledgers, clients: 24, writesPerSecondMax: 250 });
  const random = new Random(seed);
  const startedAt = performance.now();
  for (const fault of planFaults(random)) {
    await busy();
    const hitAt = performance.now();
    await fault.run(audited, random);
    kills += fault.isKill ? 1 : 0;
    say(
      `${((hitAt - startedAt) / 1_000).toFixed(1)} s: ${fault.name}, back after ${Math.round(performance.now() - hitAt)} ms`,
    );
  }
  await busy();
  await workload.stop();
  await audited.settled();
  result = await audited.audit(workload);
  say(`${kills} kills; clients saw ${JSON.stringify(workload.counts)}`);
  say(
    `the topic has ${result.records} records of ${result.events} events in ${result.ledgers} ledgers: ${result.repeats} repeats`,
  );
  say(`faults found: ${JSON.stringify(result.faults)}`);
}, runWithinMs);

afterAll(async () => {
  await workload?.stop();
  await audited?.stop();
});

function say(line: string): void {
  process.stderr.write(`faults (seed ${seed}): ${line}\n`);
}

/** Those of the faults that were found. */
function found(...faults: Fault[]): Partial<Audit['faults']> {
  return Object.fromEntries(Object.entries(result.faults).filter(([fault]) => faults.some((each) => each === fault)));
}

describe('under SIGKILL of relays, ledgers, PostgreSQL and Kafka, and paused relays', () => {
  test('the run was what it should be: 20 kills, writes of every kind with every outcome', () => {
    expect(kills).toBeGreaterThanOrEqual(20);
    const { written, refused, previewed, unknown, replays } = workload.counts;
    expect(written).toBeGreaterThan(1_000);
    expect(refused).toBeGreaterThan(10);
    expect(previewed).toBeGreaterThan(10);
    expect(replays).toBeGreaterThan(0);
    expect(unknown).toBe(0);
    expect(workload.complaints).toEqual([]);
  });

  test('no-committed-event-is-lost', () => {
    expect(found('missing', 'lost-write')).toEqual({});
  });

  test('no-event-without-its-write', () => {
    expect(found('phantom', 'malformed', 'torn', 'trace', 'doubled-write')).toEqual({});
  });

  test('order-per-ledger', () => {
    expect(found('disordered', 'skipped', 'misplaced', 'uneven', 'txid-gap')).toEqual({});
  });

  test('same-event-same-id', () => {
    expect(found('changed')).toEqual({});
    expect(result.records).toBe(result.events + result.repeats);
  });

  test('position-after-ack', () => {
    expect(found('early-position')).toEqual({});
  });

  test('relays-may-overlap', () => {
    expect(found('missing', 'disordered', 'skipped')).toEqual({});
  });

  test('money-is-conserved', () => {
    expect(found('unbalanced', 'wrong-volumes', 'wrong-balance')).toEqual({});
    expect(result.balances.length).toBeGreaterThan(ledgers.length);
  });
});
