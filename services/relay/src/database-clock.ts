interface DatabaseClockOptions {
  /** The database's clock, in milliseconds since 1970. */
  readonly ask: () => Promise<number>;
  /** A monotonic clock in milliseconds. */
  readonly now: () => number;
}

/**
 * What the database's clock shows, from the last time that it was asked. Rows carry its moments, and this machine's own clock may show
 * anything.
 */
export class DatabaseClock {
  readonly #options: DatabaseClockOptions;
  #offsetMs: number | undefined;

  constructor(options: DatabaseClockOptions) {
    this.#options = options;
  }

  async measure(): Promise<void> {
    const { ask, now } = this.#options;
    const askedAtMs = now();
    const shownMs = await ask();
    // It was read somewhere between question and answer.
    this.#offsetMs = shownMs - (askedAtMs + now()) / 2;
  }

  /** Seconds since a moment as PostgreSQL writes it in UTC; undefined before the first measurement. */
  secondsSince(at: string): number | undefined {
    // Nothing was published before the first row: then it is -infinity, of which JavaScript makes some date.
    if (this.#offsetMs === undefined || !/^\d/.test(at)) return undefined;
    const atMs = Date.parse(`${at.replace(' ', 'T')}:00`);
    return Math.max(0, (this.#options.now() + this.#offsetMs - atMs) / 1_000);
  }
}
