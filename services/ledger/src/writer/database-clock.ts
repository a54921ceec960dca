import { nanosecondsBetween, parseInstant, plusMicroseconds, type Instant } from '../command/instant.ts';

/** A session that went to sleep may be this far off; older than that, the clock is asked again. */
const freshMs = 1_000;

/** An answer may be so long on its way before this process reads it; one that is behind by more shows a clock that was set back. */
const lateMsMax = 100;

interface Shown {
  readonly instant: Instant;
  /** By `performance.now()`. */
  readonly atMs: number;
}

/** What the database's clock shows, or a little less, without asking it each time. */
export class DatabaseClock {
  #shown: Shown | undefined;

  /** @param text shown when a statement ran whose answer has just come, in UTC with nine fractional digits; anything else is passed by */
  note(text: string): void {
    const instant = parseInstant(text);
    if (instant === undefined) return;
    const atMs = performance.now();
    const known = this.#shown;
    if (known === undefined || atMs - known.atMs > freshMs / 2 || !isLate(instant, movedOn(known, atMs))) {
      this.#shown = { instant, atMs };
    }
  }

  /** Never ahead of the database's clock, unless that was set back; undefined where it was not noted within the last second. */
  now(): Instant | undefined {
    const nowMs = performance.now();
    const known = this.#shown;
    return known === undefined || nowMs - known.atMs > freshMs ? undefined : movedOn(known, nowMs);
  }
}

/** Whether an answer that was long on its way shows less than is known from one that was not. */
function isLate(instant: Instant, known: Instant): boolean {
  return instant < known && nanosecondsBetween(instant, known) <= BigInt(lateMsMax) * 1_000_000n;
}

function movedOn({ instant, atMs }: Shown, nowMs: number): Instant {
  return plusMicroseconds(instant, Math.floor((nowMs - atMs) * 1_000));
}
