import type { ClientLibraryName } from '../../services/relay/src/kafka-client.ts';
import type { ScheduleResult } from './run-schedule.ts';
import type { Schedule } from './schedule.ts';
import { Session, type SessionResult } from './session.ts';
import { countVerdicts } from './verdict.ts';

/** A new stack is started after so many schedules, so that no audit has to read without bound. */
const schedulesPerStack = 25;

export interface RunOptions {
  readonly schedules: readonly Schedule[];
  /** What to say to have a schedule again. */
  readonly again: (schedule: Schedule) => string;
  /** Starts no further schedule after so long. */
  readonly forMs: number;
  readonly keepGoing: boolean;
  /** Whether Kafka gets a disk that can fail, where that can be staged. */
  readonly disk: boolean;
  /** By which library the relays publish; without it, by their default. */
  readonly kafkaClient?: ClientLibraryName | undefined;
  readonly signal?: AbortSignal | undefined;
  /** A line of progress. */
  readonly say: (line: string) => void;
}

/** Runs schedules in turn, each stack's worth with an audit of everything; stops at the first finding unless told otherwise. */
export async function runChaos(options: RunOptions): Promise<readonly SessionResult[]> {
  const { schedules, forMs } = options;
  const endsAt = performance.now() + forMs;
  const sessions: SessionResult[] = [];
  for (let next = 0; next < schedules.length && performance.now() < endsAt;) {
    const result = await runSession(schedules.slice(next, next + schedulesPerStack), endsAt, options);
    sessions.push(result);
    // Without a schedule the stack did not even start, or time was up.
    if (result.schedules.length === 0 || (hasFinding(result) && !options.keepGoing)) break;
    next += result.schedules.length;
  }
  return sessions;
}

async function runSession(
  schedules: readonly Schedule[],
  endsAt: number,
  { again, keepGoing, disk, kafkaClient, signal, say }: RunOptions,
): Promise<SessionResult> {
  const session = await Session.start({ disk, kafkaClient, signal, report: () => {} }).catch((error: unknown) => {
    signal?.throwIfAborted();
    return `a stack could not be started: ${String(error)}`;
  });
  if (typeof session === 'string') {
    say(session);
    return { schedules: [], audit: undefined, stall: session };
  }
  let keep = false;
  const runAll = async () => {
    for (const schedule of schedules) {
      if (performance.now() >= endsAt) break;
      const result = await session.run(schedule, { signal });
      say(describe(result));
      if (isBad(result)) {
        keep = true;
        say(`  again: ${again(schedule)}`);
        // What stands still would only stand still again.
        if (!keepGoing || result.stall !== undefined) break;
      }
    }
    const result = await session.auditAll();
    keep ||= hasFinding(result);
    if (keep) say(`  logs and data are kept in ${session.arena.folder}`);
    return result;
  };
  try {
    return await untilAborted(runAll(), signal);
  } finally {
    // What was found so far must not be lost for it.
    await session.stop({ keep }).catch((error: unknown) => say(`a stack did not end in order: ${String(error)}`));
  }
}

/** The result of the work; rejects at once when the signal aborts, and leaves the work to fail by itself. */
async function untilAborted<Result>(work: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  work.catch(() => {});
  try {
    signal?.throwIfAborted();
    return await Promise.race([work, aborted]);
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

/** Whether anything was found that fails a run. */
function hasFinding({ schedules, audit, stall }: SessionResult): boolean {
  return stall !== undefined || Object.keys(audit?.faults ?? {}).length > 0 || schedules.some(isBad);
}

function isBad({ audit, stall, complaints, counts }: ScheduleResult): boolean {
  const isClean = audit !== undefined && Object.keys(audit.faults).length === 0;
  return !isClean || stall !== undefined || complaints.length > 0 || counts.unknown > 0;
}

/** A line for each schedule, and more for one with findings. */
function describe(result: ScheduleResult): string {
  const { schedule, steps, takeovers, counts, audit, phasesMs } = result;
  const faults = steps.map(
    ({ step, injection }) =>
      step.kind + { injected: '', missed: ' (missed)', unstaged: ' (not staged)' }[injection.outcome],
  );
  const verdicts = Object.entries(countVerdicts(audit?.faults ?? {})).map(([verdict, count]) => `${verdict} ${count}`);
  const line =
    `schedule ${schedule.number} (${seconds(phasesMs)}): ${faults.join(', ')}; ${counts.written} written, ` +
    `${audit?.events ?? 0} events, ${audit?.repeats ?? 0} repeats, ${takeovers.length} takeovers; ${verdicts.join(', ')}`;
  return isBad(result) ? [line, ...detailsOf(result)].join('\n') : line;
}

function seconds({ faults, healing, audit }: ScheduleResult['phasesMs']): string {
  return [faults, healing, audit].map((ms) => (ms / 1_000).toFixed(1)).join(' + ') + ' s';
}

function detailsOf({ schedule, steps, audit, stall, complaints, counts }: ScheduleResult): string[] {
  return [
    `  plan: ${JSON.stringify(schedule)}`,
    ...steps.map(({ step, injection }) => `  ${step.kind}: ${JSON.stringify(injection)}`),
    ...Object.entries(audit?.faults ?? {}).map(
      ([fault, { count, examples }]) => `  ${fault} ${count}: ${examples.join(' | ')}`,
    ),
    ...(stall === undefined ? [] : [`  stall: ${stall}`]),
    ...(complaints.length === 0 ? [] : [`  answers: ${complaints.slice(0, 5).join(' | ')}`]),
    ...(counts.unknown === 0 ? [] : [`  ${counts.unknown} writes whose outcome nobody could tell`]),
  ];
}
