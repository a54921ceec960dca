import { setTimeout as delay } from 'node:timers/promises';
import {
  eventually,
  Workload,
  type Audit,
  type ReportedWrite,
  type WorkloadCounts,
} from '../../packages/stack/src/testing/index.ts';
import type { Arena } from './arena.ts';
import { auditHistory } from './audit-history.ts';
import type { Injection, Scene } from './faults/fault.ts';
import { faults } from './faults/inject.ts';
import { awaitLiveness } from './liveness.ts';
import { claimsOf, type Schedule, type Step } from './schedule.ts';
import { TakeoverWatch, type TakeoverSample } from './takeover-watch.ts';
import type { TopicHistory } from './topic-history.ts';

const underWayWithinMs = 30_000;
const writesBeforeFaults = 20;
const writtenWithinMs = 60_000;
/** How long a write is tried; the longest fault and what it takes to heal are well below. */
const giveUpAfterMs = 60_000;

/** A step, when it ran and what became of it. */
export interface InjectedStep {
  readonly step: Step;
  readonly injection: Injection;
  /** By the wall clock, in milliseconds. */
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}

export interface ScheduleResult {
  readonly schedule: Schedule;
  readonly steps: readonly InjectedStep[];
  readonly takeovers: readonly TakeoverSample[];
  readonly counts: WorkloadCounts;
  /** Answers that no server in order gives. */
  readonly complaints: readonly string[];
  readonly writes: readonly ReportedWrite[];
  /** What did not come back to life after the faults; undefined when all did. */
  readonly stall: string | undefined;
  /** Of the schedule's own ledgers; undefined when it could not be made, which is a stall too. */
  readonly audit: Audit | undefined;
  /** How long the faults lasted, how long all took to come back and catch up after them, and how long the audit took. */
  readonly phasesMs: { readonly faults: number; readonly healing: number; readonly audit: number };
}

export interface RunScheduleOptions {
  readonly arena: Arena;
  readonly history: TopicHistory;
  /** Keeps what a fault leaves behind for later schedules. */
  readonly keep: (end: () => Promise<void>) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Lets a workload run, injects the faults of a schedule, ends them, awaits liveness, and audits what was written. */
export async function runSchedule(schedule: Schedule, options: RunScheduleOptions): Promise<ScheduleResult> {
  const { arena, history, keep, signal } = options;
  const phase = stopwatch();
  const phasesMs = { faults: 0, healing: 0, audit: 0 };
  const { seed, ledgers, clients, writesPerSecondMax, writesMin } = schedule;
  const { ledgerUrls } = arena.stack;
  const workload = new Workload({ seed, ledgerUrls, ledgers, clients, writesPerSecondMax, giveUpAfterMs });
  const watch = new TakeoverWatch(arena.database);
  const scene: Scene = { arena, schedule, workload, history, keep, noteAbsence: (absence) => watch.note(absence) };
  const troubles: string[] = [];
  const trouble = (what: string) => (error: unknown) => void troubles.push(`${what}: ${messageOf(error)}`);
  let steps: readonly InjectedStep[] = [];
  let audit: Audit | undefined;
  try {
    await written(workload, writesBeforeFaults, underWayWithinMs).catch(trouble('before the faults'));
    steps = await injectAll(scene, { trouble, signal });
    arena.calm();
    phasesMs.faults = phase();
    signal?.throwIfAborted();
    await written(workload, writesMin, writtenWithinMs).catch(trouble('after the faults'));
  } finally {
    await workload.stop().catch(trouble('the workload'));
  }
  signal?.throwIfAborted();
  await awaitLiveness(arena, { signal }).catch(trouble('after the faults'));
  phasesMs.healing = phase();
  const takeovers = await watch.stop().catch(() => []);
  signal?.throwIfAborted();
  try {
    audit = await auditHistory(arena, { records: await history.readOn(), writes: workload.writes, ledgers });
  } catch (error) {
    trouble('the audit')(error);
  }
  phasesMs.audit = phase();
  const { counts, complaints, writes } = workload;
  return {
    schedule,
    steps,
    takeovers,
    counts,
    complaints,
    writes,
    stall: troubles.length > 0 ? troubles.join('\n') : undefined,
    audit,
    phasesMs,
  };
}

/** Each call gives the milliseconds since the one before. */
function stopwatch(): () => number {
  let last = performance.now();
  return () => {
    const before = last;
    last = performance.now();
    return last - before;
  };
}

async function written(workload: Workload, writes: number, withinMs: number): Promise<void> {
  await eventually(() => workload.counts.written >= writes, { what: `${writes} writes committed`, withinMs });
}

interface InjectOptions {
  readonly trouble: (what: string) => (error: unknown) => void;
  readonly signal: AbortSignal | undefined;
}

/** Starts each step a pause after the one before, but never while one runs that is in its way. */
async function injectAll(scene: Scene, { trouble, signal }: InjectOptions): Promise<readonly InjectedStep[]> {
  const running = new Map<string, Promise<unknown>>();
  const all: Promise<InjectedStep>[] = [];
  for (const step of scene.schedule.steps) {
    const claims = claimsOf(step);
    await Promise.all(claims.map(async (claim) => running.get(claim)));
    if (signal?.aborted === true) break;
    await delay(step.pauseMs);
    const run = inject(scene, step, trouble);
    for (const claim of claims) running.set(claim, run);
    all.push(run);
  }
  return Promise.all(all);
}

async function inject(scene: Scene, step: Step, trouble: InjectOptions['trouble']): Promise<InjectedStep> {
  const startedAtMs = Date.now();
  try {
    const injection = await faults[step.kind](scene, step);
    return { step, injection, startedAtMs, endedAtMs: Date.now() };
  } catch (error) {
    trouble(`while ${step.kind}`)(error);
    return { step, injection: { outcome: 'missed', why: messageOf(error) }, startedAtMs, endedAtMs: Date.now() };
  }
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message} (${messageOf(error.cause)})`;
}
