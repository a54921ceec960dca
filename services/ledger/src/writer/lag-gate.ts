import type { LaneLag } from '@daybook/outbox';

interface LagGateOptions {
  /** Past this age of its oldest unpublished row a lane takes no more writes. */
  readonly lagSecondsMax: number;
  /** Of all lanes. */
  readonly lags: () => Promise<readonly LaneLag[]>;
  readonly observer: LagGateObserver;
  /** A monotonic clock in milliseconds. */
  readonly now?: () => number;
}

export interface LagGateObserver {
  /** Other lanes than before are refused now. `lagSeconds` is the greatest lag. */
  lagGateMoved?(report: { readonly lanes: readonly number[]; readonly lagSeconds: number }): void;
  /** The lag could not be read, for the first time since it could. */
  lagUnknown?(error: unknown): void;
}

const lookIntervalMs = 1_000;

/** An answer older than this says nothing any more: a gate that cannot see lets writes pass. */
const trustedMs = 10_000;

/**
 * Which lanes take no more writes, since relays are too far behind: the outbox would grow without end. It looks once a second, so a
 * lane may pass its limit by that much and a write costs nothing.
 */
export class LagGate {
  readonly #options: LagGateOptions;
  readonly #now: () => number;
  #closed: ReadonlySet<number> = new Set();
  #lookedAtMs = -Infinity;
  #isBlind = false;
  #looking: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LagGateOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /**
   * Looks once and from then on at intervals.
   *
   * @throws what the first look throws: a right that is missing shows at the start.
   */
  async start(): Promise<void> {
    await this.#look();
    this.#timer = setInterval(() => void this.look(), lookIntervalMs);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  isClosed(lane: number): boolean {
    return this.#closed.has(lane) && this.#now() - this.#lookedAtMs < trustedMs;
  }

  /** One look; none while another is under way. Never rejects: after a failure the last answer counts for a while. */
  async look(): Promise<void> {
    this.#looking ??= this.#look()
      .catch((error: unknown) => {
        if (!this.#isBlind) this.#options.observer.lagUnknown?.(error);
        this.#isBlind = true;
      })
      .finally(() => (this.#looking = undefined));
    await this.#looking;
  }

  async #look(): Promise<void> {
    const { lags, lagSecondsMax, observer } = this.#options;
    const found = await lags();
    this.#isBlind = false;
    this.#lookedAtMs = this.#now();
    const lanes = found.filter(({ lagSeconds }) => lagSeconds > lagSecondsMax).map(({ lane }) => lane);
    const hasMoved = lanes.length !== this.#closed.size || lanes.some((lane) => !this.#closed.has(lane));
    this.#closed = new Set(lanes);
    if (!hasMoved) return;
    const lagSeconds = found.reduce((greatest, lag) => Math.max(greatest, lag.lagSeconds), 0);
    observer.lagGateMoved?.({ lanes, lagSeconds });
  }
}
