export interface Backoff {
  /** The next wait in milliseconds, an integer from 1 to the current ceiling. */
  next(): number;
  /** To be called after a success. */
  reset(): void;
  /** How many waits were handed out since the start or the last reset. */
  readonly attempts: number;
}

/**
 * Exponential backoff with full jitter: each wait is drawn evenly from 1 to min(maxMs, baseMs · 2^attempts), so that clients which
 * failed together do not come back together.
 *
 * @throws RangeError unless 1 ≤ baseMs ≤ maxMs
 */
export function createBackoff(options: {
  readonly baseMs: number;
  readonly maxMs: number;
  /** Evenly from 0 to below 1; for tests. */
  readonly random?: () => number;
}): Backoff {
  const { baseMs, maxMs, random = Math.random } = options;
  if (!(baseMs >= 1 && baseMs <= maxMs && Number.isFinite(maxMs))) {
    throw new RangeError(`a backoff needs 1 <= baseMs <= maxMs, but was given ${baseMs} and ${maxMs}`);
  }
  let attempts = 0;
  return {
    next() {
      const ceilingMs = Math.floor(Math.min(maxMs, baseMs * 2 ** attempts));
      attempts += 1;
      return 1 + Math.floor(random() * ceilingMs);
    },
    reset() {
      attempts = 0;
    },
    get attempts() {
      return attempts;
    },
  };
}
