import { plusMicroseconds, type Instant } from '../command/instant.ts';

/** A session that went to sleep may be this far off; older than that, the clock is asked again. */
const freshMs = 1_000;

/** What the database's clock shows, or a little less, without asking it each time. */
export class DatabaseClock {
  #shown: { readonly instant: Instant; readonly atMs: number } | undefined;

  /** @param instant shown when a statement ran whose answer has just come */
  note(instant: Instant): void {
    this.#shown = { instant, atMs: performance.now() };
  }

  /** Never ahead of the database's clock, unless that was set back; undefined where it was not noted within the last second. */
  now(): Instant | undefined {
    if (this.#shown === undefined) return undefined;
    const elapsedMs = performance.now() - this.#shown.atMs;
    return elapsedMs > freshMs ? undefined : plusMicroseconds(this.#shown.instant, Math.floor(elapsedMs * 1_000));
  }
}
