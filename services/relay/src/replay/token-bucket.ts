/** Bounds a rate: tokens come at a steady pace, and at most `capacity` of them wait to be taken. */
export class TokenBucket {
  readonly #perMs: number;
  readonly #now: () => number;
  /** The most that can be taken at once. */
  readonly capacity: number;
  #tokens: number;
  #countedAtMs: number;

  /**
   * @param options.burstMs so much of the rate may come at once after a rest
   * @param options.capacityMax bounds what that is
   * @param options.now a monotonic clock in milliseconds
   */
  constructor(options: {
    readonly perSecond: number;
    readonly burstMs: number;
    readonly capacityMax: number;
    readonly now: () => number;
  }) {
    const { perSecond, burstMs, capacityMax, now } = options;
    this.#perMs = perSecond / 1_000;
    this.#now = now;
    this.capacity = Math.max(1, Math.min(capacityMax, Math.ceil(this.#perMs * burstMs)));
    this.#tokens = this.capacity;
    this.#countedAtMs = now();
  }

  /** Takes tokens, at most `capacity`, and says in how many milliseconds they are there; the next ones come behind them. */
  take(tokens: number): number {
    if (tokens > this.capacity) throw new RangeError(`${tokens} tokens of a bucket that holds ${this.capacity}`);
    const nowMs = this.#now();
    this.#tokens = Math.min(this.capacity, this.#tokens + (nowMs - this.#countedAtMs) * this.#perMs) - tokens;
    this.#countedAtMs = nowMs;
    return this.#tokens >= 0 ? 0 : -this.#tokens / this.#perMs;
  }
}
