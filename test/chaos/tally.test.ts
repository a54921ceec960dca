import { describe, expect, test } from 'vitest';
import type { Audit, Fault, ReportedWrite } from '../../packages/stack/src/testing/index.ts';
import { faultKinds, type FaultKind } from './fault-kind.ts';
import type { Injection } from './faults/fault.ts';
import { percentile } from './percentile.ts';
import { writeReport } from './report.ts';
import type { InjectedStep, ScheduleResult } from './run-schedule.ts';
import { planSchedule } from './schedule.ts';
import type { SessionResult } from './session.ts';
import type { TakeoverSample } from './takeover-watch.ts';
import { lastLine, tallyRun } from './tally.ts';
import { verdictOf } from './verdict.ts';

function step(
  kind: FaultKind,
  outcome: Injection['outcome'] = 'injected',
  at: readonly [number, number] = [0, 10],
): InjectedStep {
  const injection: Injection = outcome === 'injected' ? { outcome, saw: 'it' } : { outcome, why: 'so' };
  const [startedAtMs, endedAtMs] = at;
  return { step: { kind, place: 0, pauseMs: 0, durationMs: 0, delayMs: 0 }, injection, startedAtMs, endedAtMs };
}

function sample(sinceMs: number, ms: number): TakeoverSample {
  return { absence: { relay: 'relay-0', lanes: [1], sinceMs }, lane: 1, ms };
}

function audit(faults: Partial<Record<Fault, number>> = {}, events = 10): Audit {
  const found = Object.entries(faults).map(([fault, count]) => [fault, { count, examples: [`${fault} here`] }]);
  return { records: events + 2, events, repeats: 2, ledgers: 3, balances: [], faults: Object.fromEntries(found) };
}

function schedule(number: number, given: Partial<ScheduleResult> = {}): ScheduleResult {
  const writes: ReportedWrite[] = [];
  return {
    schedule: planSchedule(1, number),
    steps: [step('relay-overslept')],
    takeovers: [sample(0, 1_500)],
    counts: { inFlight: 0, written: 9, refused: 2, previewed: 1, unknown: 0, retries: 3, replays: 1 },
    complaints: [],
    writes,
    stall: undefined,
    audit: audit(),
    phasesMs: { faults: 1, healing: 1, audit: 1 },
    ...given,
  };
}

function session(schedules: readonly ScheduleResult[], given: Partial<SessionResult> = {}): SessionResult {
  return { schedules, audit: audit({}, 10 * schedules.length), stall: undefined, ...given };
}

test('a run without findings is no failure, and its last line has the agreed form', () => {
  const tally = tallyRun([
    session([schedule(0), schedule(1)]),
    session([schedule(2, { takeovers: [sample(0, 1_800)] })]),
  ]);
  expect(tally.failures).toEqual([]);
  expect(tally).toMatchObject({ schedules: 3, events: 30, records: 34, repeats: 4, ledgers: 6, faultsInjected: 3 });
  expect(tally.writes).toEqual({ written: 27, refused: 6, previewed: 3, unknown: 0, retries: 9, replays: 3 });
  expect(lastLine(tally, 42)).toBe(
    'chaos: 3 schedules from seed 42: missing 0, phantom 0, out of order 0, repeats 4, takeover p50 1500 ms p99 1800 ms',
  );
});

describe('a run fails', () => {
  test.for(Object.entries(verdictOf))(
    'when the audit of everything finds %s, which counts as %s',
    ([fault, verdict]) => {
      const { verdicts, failures } = tallyRun([session([schedule(0)], { audit: audit({ [fault]: 2 }) })]);
      expect(verdicts).toEqual({ missing: 0, phantom: 0, 'out of order': 0, [verdict]: 2 });
      expect(failures).toEqual([`${verdict}: 2`]);
    },
  );

  test.for([
    {
      what: 'a schedule is found wrong, though all is well in the end',
      given: { audit: audit({ missing: 1 }) },
      says: 'missing: 1',
    },
    { what: 'something stalls', given: { stall: 'lane 3 waits' }, says: '1 times something did not come back to life' },
    {
      what: 'an answer is out of order',
      given: { complaints: ['500'] },
      says: '1 answers that no server in order gives',
    },
    { what: 'nothing was injected', given: { steps: [step('relay-killed', 'missed')] }, says: 'no fault was injected' },
    { what: 'a relay overslept and nobody took over', given: { takeovers: [] }, says: 'no takeover was seen' },
  ])('when $what', ({ given, says }) => {
    expect(tallyRun([session([schedule(0, given)])]).failures).toEqual([says]);
  });

  test('when no event was audited', () => {
    expect(tallyRun([session([schedule(0)], { audit: audit({}, 0) })]).failures).toEqual(['no event was audited']);
  });

  test('when the audit of everything could not be made', () => {
    const { failures } = tallyRun([session([schedule(0)], { audit: undefined, stall: 'no Kafka' })]);
    expect(failures).toContain('1 times something did not come back to life');
  });

  test('when a long run has not one of a kind, unless that cannot be staged there', () => {
    const steps = faultKinds
      .filter((kind) => kind !== 'pool-starved' && kind !== 'disk-read-only')
      .map((kind) => step(kind))
      .concat(step('disk-read-only', 'unstaged'));
    const schedules = faultKinds.map((_, number) => schedule(number, { steps }));
    expect(tallyRun([session(schedules)]).failures).toEqual(['never injected: pool-starved']);
  });
});

test('a finding that a schedule and the audit of everything both see is counted once', () => {
  const schedules = [schedule(0, { audit: audit({ missing: 3 }) })];
  expect(tallyRun([session(schedules, { audit: audit({ missing: 2 }) })]).verdicts.missing).toBe(3);
});

test('faults are counted by kind and by what became of them', () => {
  const steps = [step('relay-killed'), step('relay-killed', 'missed'), step('disk-read-only', 'unstaged')];
  const { kinds, faultsInjected } = tallyRun([session([schedule(0, { steps })])]);
  expect(kinds).toContainEqual({ kind: 'relay-killed', planned: 2, injected: 1, missed: 1, unstaged: 0 });
  expect(kinds).toContainEqual({ kind: 'disk-read-only', planned: 1, injected: 0, missed: 0, unstaged: 1 });
  expect(faultsInjected).toBe(1);
});

test('repeats are counted apart for schedules that killed relays', () => {
  const killing = schedule(0, { steps: [step('relay-killed'), step('relay-killed'), step('relay-killed', 'missed')] });
  expect(tallyRun([session([killing, schedule(1)])]).aroundKills).toEqual({ repeats: 2, kills: 2 });
});

test('takeovers with another fault meanwhile are told from those without', () => {
  const steps = [step('relay-killed', 'injected', [1_000, 1_200]), step('kafka-killed', 'injected', [4_000, 9_000])];
  const takeovers = [sample(1_010, 1_500), sample(1_010, 3_500)];
  const tally = tallyRun([session([schedule(0, { steps, takeovers })])]);
  expect(tally.takeovers).toEqual({ count: 2, p50Ms: 1_500, p99Ms: 3_500, mostMs: 3_500 });
  expect(tally.takeoversAlone).toEqual({ count: 1, p50Ms: 1_500, p99Ms: 1_500, mostMs: 1_500 });
});

test('the report has a row for each kind of fault, and ends with the last line', () => {
  const tally = tallyRun([session([schedule(0)])]);
  const given = { command: 'pnpm chaos', startedAt: 'today', durationMs: 60_000, surroundings: { Node: 'v24' } };
  const report = writeReport({ ...given, seed: 1, tally });
  for (const kind of faultKinds) expect(report).toContain(`| \`${kind}\` |`);
  expect(report).toContain('- Node: v24');
  expect(report.trimEnd().split('\n').at(-1)).toBe(lastLine(tally, 1));
});

test.for([
  [[], 50, undefined],
  [[7], 99, 7],
  [[3, 1, 2], 50, 2],
  [[4, 3, 2, 1], 50, 2],
  [Array.from({ length: 200 }, (_, index) => index + 1), 99, 198],
  [[1, 2, 3], 100, 3],
] as const)('of %j the percentile %d is %s', ([values, perCent, expected]) => {
  expect(percentile(values, perCent)).toBe(expected);
});
