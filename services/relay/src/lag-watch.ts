import type { LaneLag } from '@daybook/outbox';

interface LagWatchOptions {
  readonly lanes: () => readonly number[];
  readonly lagOf: (lanes: readonly number[]) => Promise<readonly LaneLag[]>;
  /** For how long a lane of this relay has not advanced though it might; undefined for one that is paused. */
  readonly sinceAdvanceMs: (lane: number) => number | undefined;
  /** A monotonic clock in milliseconds. */
  readonly now: () => number;
}

/** A lane with rows that have waited so long without any progress is stuck. */
export const stuckAfterMs = 30_000;

const freshMs = 1_000;

/** The lag of this relay's lanes, asked of the database when metrics or readiness want it, and at most once a second. */
export class LagWatch {
  readonly #options: LagWatchOptions;
  #asked: Promise<readonly LaneLag[]> | undefined;
  #askedAtMs = -Infinity;

  constructor(options: LagWatchOptions) {
    this.#options = options;
  }

  async lags(): Promise<readonly LaneLag[]> {
    const now = this.#options.now();
    if (this.#asked === undefined || now - this.#askedAtMs > freshMs) {
      this.#askedAtMs = now;
      this.#asked = this.#options.lagOf(this.#options.lanes());
    }
    return await this.#asked;
  }

  /** Lanes with rows that wait while nothing moves. */
  async stuckLanes(): Promise<readonly number[]> {
    const lags = await this.lags();
    return lags
      .filter(({ lane, lagSeconds }) => {
        const sinceAdvanceMs = this.#options.sinceAdvanceMs(lane);
        return sinceAdvanceMs !== undefined && Math.min(lagSeconds * 1_000, sinceAdvanceMs) > stuckAfterMs;
      })
      .map(({ lane }) => lane);
  }
}
