import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from '../../packages/postgres/src/index.ts';

const pollMs = 25;

const lanesSql = `
select lane.id as lane, h.seq as head, coalesce(p.seq, 0) as position
from lane
cross join lateral (select seq from outbox where outbox.lane = lane.id order by seq desc limit 1) h
left join lateral (select seq from position where position.lane = lane.id order by seq desc limit 1) p on true`;

interface LaneState {
  position: number;
  /** Since when it has had rows to publish and has not moved; undefined while it has none. */
  waitingSinceMs: number | undefined;
}

/** The longest that a lane with rows stood still. */
export interface Standstill {
  lane: number;
  standstillMs: number;
}

/** Looks at all lanes again and again, and keeps how long each had rows to publish without advancing. */
export class LaneWatch {
  readonly #pool: Pool;
  readonly #lanes = new Map<number, LaneState>();
  readonly #longestMs = new Map<number, number>();
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;

  constructor(pool: Pool) {
    this.#pool = pool;
    this.#running = this.#run();
    this.#running.catch(() => undefined);
  }

  /** How many lanes had rows so far. */
  get laneCount(): number {
    return this.#lanes.size;
  }

  /** The longest standstill since the last call, those that still last included. */
  takeLongest(): Standstill {
    const nowMs = performance.now();
    for (const [lane, { waitingSinceMs }] of this.#lanes) {
      this.#note(lane, nowMs - (waitingSinceMs ?? nowMs));
    }
    let longest: Standstill = { lane: -1, standstillMs: 0 };
    for (const [lane, standstillMs] of this.#longestMs) {
      longest = standstillMs > longest.standstillMs ? { lane, standstillMs: Math.round(standstillMs) } : longest;
    }
    this.#longestMs.clear();
    return longest;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const { rows } = await this.#pool.query<{ lane: number; head: number; position: number }>(lanesSql);
      const nowMs = performance.now();
      for (const { lane, head, position } of rows) {
        this.#look({ lane, head, position, nowMs });
      }
      await delay(pollMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
    }
  }

  #look({ lane, head, position, nowMs }: { lane: number; head: number; position: number; nowMs: number }): void {
    const before = this.#lanes.get(lane);
    if (before?.waitingSinceMs !== undefined) {
      this.#note(lane, nowMs - before.waitingSinceMs);
    }
    const hasStood = before?.position === position;
    const waitingSinceMs = head === position ? undefined : ((hasStood ? before?.waitingSinceMs : undefined) ?? nowMs);
    this.#lanes.set(lane, { position, waitingSinceMs });
  }

  #note(lane: number, standstillMs: number): void {
    this.#longestMs.set(lane, Math.max(standstillMs, this.#longestMs.get(lane) ?? 0));
  }
}
