import { doorbellChannel, lanesRung, membershipChannel, type LaneCursor } from '@daybook/outbox';
import { Listener, type Pool } from '@daybook/postgres';
import { createBackoff, type Logger } from '@daybook/runtime';
import type { Observe } from './observer.ts';

interface WakeUpOptions {
  readonly pool: Pool;
  readonly logger: Logger;
  readonly observe: Observe;
  /** Between two looks at idle lanes while LISTEN works, and while it does not. */
  readonly pollIntervalMs: number;
  readonly pollIntervalWithoutListenMs: number;
  readonly retryBaseMs: number;
  readonly retryMaxMs: number;
  readonly delay: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly idleCursors: () => readonly LaneCursor[];
  /** Which of the lanes have rows above the cursors; undefined when told to stop meanwhile. */
  readonly waitingLanes: (cursors: readonly LaneCursor[]) => Promise<readonly number[] | undefined>;
  /** These lanes, or without an argument all, may have new rows. */
  readonly wakeLanes: (lanes?: readonly number[]) => void;
  /** A relay came, went, or handed over lanes (the payload names them), or an operator decided something. */
  readonly onMembership: (payload: string) => void;
  /** Listening again: the database may have been restarted. */
  readonly onReconnected: () => void;
}

/** What wakes a relay: the doorbell of writers, and a look at the idle lanes now and then, since a notification can be lost. */
export class WakeUp {
  readonly #options: WakeUpOptions;
  readonly #listener: Listener;
  readonly #stopping = new AbortController();
  /** Ends the pause between two polls. */
  #pause = new AbortController();
  #isLost = false;
  readonly #firstListening = Promise.withResolvers<void>();

  constructor(options: WakeUpOptions) {
    this.#options = options;
    const backoff = createBackoff({ baseMs: options.retryBaseMs, maxMs: options.retryMaxMs });
    this.#listener = new Listener(options.pool, {
      channels: [doorbellChannel, membershipChannel],
      onNotification: (channel, payload) => this.#onNotification(channel, payload),
      onListening: () => {
        backoff.reset();
        this.#onListening();
      },
      onLost: (error) => this.#onLost(error),
      retryDelayMs: () => backoff.next(),
    });
  }

  get isListening(): boolean {
    return this.#listener.isListening;
  }

  /** Resolves when LISTEN works for the first time. */
  get listening(): Promise<void> {
    return this.#firstListening.promise;
  }

  /** Listens and polls until `stop`. Rejects only on a defect. */
  async run(): Promise<void> {
    this.#listener.start();
    const { delay, idleCursors, waitingLanes, wakeLanes } = this.#options;
    while (!this.#stopping.signal.aborted) {
      this.#pause = new AbortController();
      await delay(this.#intervalMs, AbortSignal.any([this.#pause.signal, this.#stopping.signal]));
      const cursors = idleCursors();
      if (cursors.length === 0 || this.#stopping.signal.aborted) continue;
      const waiting = await waitingLanes(cursors);
      if (waiting !== undefined && waiting.length > 0) wakeLanes(waiting);
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#listener.stop();
  }

  get #intervalMs(): number {
    return this.isListening ? this.#options.pollIntervalMs : this.#options.pollIntervalWithoutListenMs;
  }

  #onNotification(channel: string, payload: string): void {
    if (channel === membershipChannel) this.#options.onMembership(payload);
    else this.#options.wakeLanes(lanesRung(payload));
  }

  #onListening(): void {
    this.#firstListening.resolve();
    if (this.#isLost) {
      this.#isLost = false;
      this.#options.logger.info('listening again');
      this.#options.observe({ kind: 'listen-restored' });
      this.#options.onReconnected();
    }
    // What was said while nobody listened is lost.
    this.#options.onMembership('');
    this.#pause.abort();
  }

  #onLost(error: unknown): void {
    if (this.#isLost) return;
    this.#isLost = true;
    const pollIntervalMs = this.#options.pollIntervalWithoutListenMs;
    this.#options.logger.warn({ err: error, pollIntervalMs }, 'LISTEN lost, polling more often until it is back');
    this.#options.observe({ kind: 'listen-lost' });
    // From now on the shorter interval counts.
    this.#pause.abort();
  }
}
