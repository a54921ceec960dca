import type { Audit } from '../../packages/stack/src/testing/index.ts';
import { topic } from '../system/audited-stack.ts';
import { Arena, type ArenaOptions } from './arena.ts';
import { auditHistory } from './audit-history.ts';
import { runSchedule, type ScheduleResult } from './run-schedule.ts';
import type { Schedule } from './schedule.ts';
import { TopicHistory } from './topic-history.ts';

/** Through how many further schedules a snapshot is held. */
const keptThrough = 3;

interface Kept {
  readonly end: () => Promise<void>;
  left: number;
}

/** What happened to one stack: several schedules in turn, then an audit of everything at once. */
export interface SessionResult {
  readonly schedules: readonly ScheduleResult[];
  /** Of all ledgers and whole lanes; undefined when it could not be made. */
  readonly audit: Audit | undefined;
  /** Why not. */
  readonly stall: string | undefined;
}

/** One stack and what was done to it so far. */
export class Session {
  readonly arena: Arena;
  readonly #history: TopicHistory;
  readonly #results: ScheduleResult[] = [];
  #kept: Kept[] = [];

  private constructor(arena: Arena) {
    this.arena = arena;
    this.#history = new TopicHistory(arena.stack.kafkaBrokers, topic);
  }

  static async start(options: ArenaOptions): Promise<Session> {
    return new Session(await Arena.start(options));
  }

  async run(schedule: Schedule, { signal }: { signal?: AbortSignal | undefined } = {}): Promise<ScheduleResult> {
    const result = await runSchedule(schedule, {
      arena: this.arena,
      history: this.#history,
      keep: (end) => this.#kept.push({ end, left: keptThrough }),
      signal,
    });
    this.#results.push(result);
    await this.#release((kept) => (kept.left -= 1) < 0);
    return result;
  }

  /** Audits all that was ever written. */
  async auditAll(): Promise<SessionResult> {
    await this.#release(() => true);
    const schedules = this.#results;
    const writes = schedules.flatMap((result) => result.writes);
    try {
      const audit = await auditHistory(this.arena, { records: await this.#history.readAnew(), writes });
      return { schedules, audit, stall: undefined };
    } catch (error) {
      return { schedules, audit: undefined, stall: `the audit of everything: ${String(error)}` };
    }
  }

  /** Ends everything; the folder with data and logs stays when asked to. */
  async stop(options: { keep?: boolean } = {}): Promise<void> {
    await this.#release(() => true);
    await this.arena.stop(options);
  }

  async #release(isDue: (kept: Kept) => boolean): Promise<void> {
    const due = this.#kept.filter(isDue);
    this.#kept = this.#kept.filter((kept) => !due.includes(kept));
    // Its connection may be long gone with a server that was killed.
    await Promise.allSettled(due.map(async ({ end }) => end()));
  }
}
