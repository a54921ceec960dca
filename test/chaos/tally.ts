import type { Audit, Fault, Finding, WorkloadCounts } from '../../packages/stack/src/testing/index.ts';
import { faultKinds, type FaultKind } from './fault-kind.ts';
import { percentile } from './percentile.ts';
import type { ScheduleResult } from './run-schedule.ts';
import type { SessionResult } from './session.ts';
import { countVerdicts, findingsIn, type Verdict } from './verdict.ts';

/** What became of the planned faults of one kind. */
interface KindTally {
  readonly kind: FaultKind;
  readonly planned: number;
  readonly injected: number;
  readonly missed: number;
  readonly unstaged: number;
}

export interface TakeoverTally {
  readonly count: number;
  /** Undefined without any. */
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
  readonly mostMs: number | undefined;
}

/** All that a run comes to. */
export interface Tally {
  readonly schedules: number;
  /** One for each kind. */
  readonly kinds: readonly KindTally[];
  readonly faultsInjected: number;
  /** Distinct events that were found in the topic, and all records of it. */
  readonly events: number;
  readonly records: number;
  readonly repeats: number;
  /** Of the schedules that killed relays, whatever else they did, and how many relays they killed. */
  readonly aroundKills: { readonly repeats: number; readonly kills: number };
  readonly ledgers: number;
  readonly writes: Omit<WorkloadCounts, 'inFlight'>;
  readonly verdicts: Readonly<Record<Verdict, number>>;
  readonly findings: Partial<Record<Fault, Finding>>;
  readonly complaints: readonly string[];
  readonly stalls: readonly string[];
  readonly takeovers: TakeoverTally;
  /** Those during which no other fault was under way. */
  readonly takeoversAlone: TakeoverTally;
  /** Why the run is no success; empty when it is. */
  readonly failures: readonly string[];
}

/** Adds up a run. */
export function tallyRun(sessions: readonly SessionResult[]): Tally {
  const schedules = sessions.flatMap((session) => session.schedules);
  const findings = sessions.map(findingsOf).reduce(addFindings, {});
  const audits = sessions.flatMap(({ audit }) => (audit === undefined ? [] : [audit]));
  const kinds = tallyKinds(schedules);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const tally = {
    schedules: schedules.length,
    kinds,
    faultsInjected: sum(kinds.map(({ injected }) => injected)),
    events: sum(audits.map(({ events }) => events)),
    records: sum(audits.map(({ records }) => records)),
    repeats: sum(audits.map(({ repeats }) => repeats)),
    aroundKills: tallyKills(schedules),
    ledgers: sum(audits.map(({ ledgers }) => ledgers)),
    writes: tallyWrites(schedules),
    verdicts: countVerdicts(findings),
    findings,
    complaints: schedules.flatMap(({ complaints }) => complaints),
    stalls: [
      ...schedules.flatMap(({ schedule, stall }) =>
        stall === undefined ? [] : [`schedule ${schedule.number}: ${stall}`],
      ),
      ...sessions.flatMap(({ stall }) => (stall === undefined ? [] : [stall])),
    ],
    takeovers: tallyTakeovers(schedules.flatMap(({ takeovers }) => takeovers.map(({ ms }) => ms))),
    takeoversAlone: tallyTakeovers(schedules.flatMap(aloneOf)),
  };
  return { ...tally, failures: failuresOf(tally) };
}

/** The last line of a run, for those who compare runs. */
export function lastLine({ schedules, verdicts, repeats, takeovers }: Tally, seed: number): string {
  const ms = (value: number | undefined) => (value === undefined ? 'unknown' : Math.round(value));
  return (
    `chaos: ${schedules} schedules from seed ${seed}: missing ${verdicts.missing}, phantom ${verdicts.phantom}, ` +
    `out of order ${verdicts['out of order']}, repeats ${repeats}, ` +
    `takeover p50 ${ms(takeovers.p50Ms)} ms p99 ${ms(takeovers.p99Ms)} ms`
  );
}

function failuresOf(tally: Omit<Tally, 'failures'>): string[] {
  const { verdicts, stalls, complaints, writes, kinds, takeovers } = tally;
  const failures = Object.entries(verdicts)
    .filter(([, count]) => count > 0)
    .map(([verdict, count]) => `${verdict}: ${count}`);
  if (stalls.length > 0) failures.push(`${stalls.length} times something did not come back to life`);
  if (complaints.length > 0) failures.push(`${complaints.length} answers that no server in order gives`);
  if (writes.unknown > 0) failures.push(`${writes.unknown} writes whose outcome nobody could tell`);
  if (tally.events === 0) failures.push('no event was audited');
  if (tally.faultsInjected === 0) failures.push('no fault was injected');
  // In so many schedules in a row each kind leads one; in fewer, chance may leave a kind out or without an effect.
  if (tally.schedules >= faultKinds.length) {
    const absent = kinds.filter(({ injected, unstaged }) => injected === 0 && unstaged === 0);
    if (absent.length > 0) failures.push(`never injected: ${absent.map(({ kind }) => kind).join(', ')}`);
  }
  const hasOverslept = kinds.some(({ kind, injected }) => kind === 'relay-overslept' && injected > 0);
  if (takeovers.count === 0 && (tally.schedules >= faultKinds.length || hasOverslept)) {
    failures.push('no takeover was seen');
  }
  return failures;
}

/** A fault may show in the audit of a schedule, of everything, or both: the larger number counts. */
function findingsOf({ schedules, audit }: SessionResult): Audit['faults'] {
  const early = schedules.map((result) => result.audit?.faults ?? {}).reduce(addFindings, {});
  const all: Audit['faults'] = { ...early };
  for (const [fault, finding] of findingsIn(audit?.faults ?? {})) {
    if (finding.count >= (early[fault]?.count ?? 0)) all[fault] = finding;
  }
  return all;
}

const examplesMax = 10;

function addFindings(one: Audit['faults'], other: Audit['faults']): Audit['faults'] {
  const sum = { ...one };
  for (const [fault, { count, examples }] of findingsIn(other)) {
    const before = sum[fault] ?? { count: 0, examples: [] };
    sum[fault] = { count: before.count + count, examples: [...before.examples, ...examples].slice(0, examplesMax) };
  }
  return sum;
}

function tallyKinds(schedules: readonly ScheduleResult[]): KindTally[] {
  const steps = schedules.flatMap((result) => result.steps);
  return faultKinds.map((kind) => {
    const ofKind = steps.filter(({ step }) => step.kind === kind);
    const count = (outcome: string) => ofKind.filter(({ injection }) => injection.outcome === outcome).length;
    return {
      kind,
      planned: ofKind.length,
      injected: count('injected'),
      missed: count('missed'),
      unstaged: count('unstaged'),
    };
  });
}

function tallyKills(schedules: readonly ScheduleResult[]): Tally['aroundKills'] {
  const around = { repeats: 0, kills: 0 };
  for (const { steps, audit } of schedules) {
    const isKill = ({ step, injection }: ScheduleResult['steps'][number]) =>
      step.kind === 'relay-killed' && injection.outcome === 'injected';
    const kills = steps.filter(isKill).length;
    around.kills += kills;
    around.repeats += kills > 0 ? (audit?.repeats ?? 0) : 0;
  }
  return around;
}

function tallyWrites(schedules: readonly ScheduleResult[]): Tally['writes'] {
  const writes = { written: 0, refused: 0, previewed: 0, unknown: 0, retries: 0, replays: 0 };
  for (const { counts } of schedules) {
    writes.written += counts.written;
    writes.refused += counts.refused;
    writes.previewed += counts.previewed;
    writes.unknown += counts.unknown;
    writes.retries += counts.retries;
    writes.replays += counts.replays;
  }
  return writes;
}

function tallyTakeovers(samplesMs: readonly number[]): TakeoverTally {
  return {
    count: samplesMs.length,
    p50Ms: percentile(samplesMs, 50),
    p99Ms: percentile(samplesMs, 99),
    mostMs: percentile(samplesMs, 100),
  };
}

/** Takeovers during which no fault was under way but the one that caused them. */
function aloneOf({ takeovers, steps }: ScheduleResult): number[] {
  return takeovers
    .filter(({ absence: { sinceMs }, ms }) => {
      const during = steps.filter(({ startedAtMs, endedAtMs }) => startedAtMs <= sinceMs + ms && endedAtMs >= sinceMs);
      return during.length <= 1;
    })
    .map(({ ms }) => ms);
}
