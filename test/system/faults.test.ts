import { beforeAll, describe, expect, inject, test } from 'vitest';
import type { Audit, Fault } from '../../packages/stack/src/testing/index.ts';
import { runChaos } from '../chaos/run-chaos.ts';
import { planShort } from '../chaos/schedule.ts';
import type { SessionResult } from '../chaos/session.ts';
import { lastLine, tallyRun, type Tally } from '../chaos/tally.ts';

const seed = inject('seed');
const schedules = 4;
const runWithinMs = 280_000;

let tally: Tally;
let result: Audit;

beforeAll(async () => {
  const sessions = await runChaos({
    schedules: planShort(seed, schedules),
    again: () => `vitest run --project system test/system/faults.test.ts --sequence.seed=${seed}`,
    forMs: runWithinMs,
    keepGoing: true,
    // Mounting one takes root, and tests are the same for everyone.
    disk: false,
    say,
  });
  tally = tallyRun(sessions);
  say(JSON.stringify(tally.writes));
  say(lastLine(tally, seed));
  result = auditOf(sessions);
}, runWithinMs);

/** Everything that was ever written, in one audit. */
function auditOf([session, ...others]: readonly SessionResult[]): Audit {
  if (session?.audit === undefined || others.length > 0) {
    throw new Error(`A stack did not come back to life: ${tally.stalls.join('\n')}`);
  }
  return session.audit;
}

function say(line: string): void {
  process.stderr.write(`faults (seed ${seed}): ${line}\n`);
}

/** Those of the faults that were found, by a schedule or in the end. */
function found(...faults: Fault[]): Tally['findings'] {
  return Object.fromEntries(Object.entries(tally.findings).filter(([fault]) => faults.some((each) => each === fault)));
}

describe('under faults of every kind', () => {
  test('the run was what it should be: each kind of fault hit, and writes of every kind had every outcome', () => {
    const absent = tally.kinds.filter(({ injected }) => injected === 0);
    expect(absent.map(({ kind }) => kind)).toEqual(['disk-read-only']);
    const { written, refused, previewed, unknown, retries } = tally.writes;
    expect(written).toBeGreaterThan(1_000);
    expect(refused).toBeGreaterThan(10);
    expect(previewed).toBeGreaterThan(10);
    expect(retries).toBeGreaterThan(10);
    expect(unknown).toBe(0);
    expect(tally.complaints).toEqual([]);
  });

  test('everything comes back to life by itself once the faults end', () => {
    expect(tally.stalls).toEqual([]);
    expect(tally.takeovers.count).toBeGreaterThan(0);
  });

  test('no-committed-event-is-lost', () => {
    expect(found('missing', 'lost-write')).toEqual({});
  });

  test('no-event-without-its-write', () => {
    expect(found('phantom', 'malformed', 'torn', 'trace', 'doubled-write')).toEqual({});
  });

  test('order-per-ledger', () => {
    expect(found('disordered', 'skipped', 'misplaced', 'uneven', 'txid-gap', 'parted')).toEqual({});
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
    expect(found('unbalanced', 'wrong-volumes', 'wrong-balance', 'overdrawn', 'stale')).toEqual({});
    expect(result.balances.length).toBeGreaterThan(result.ledgers);
  });

  test('the verdict is a success', () => {
    expect(tally.failures).toEqual([]);
  });
});
