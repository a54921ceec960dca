import type { Pool, PoolClient } from './pool.ts';

interface ListenerOptions {
  /** Names of our own, in lower case: they are not quoted. */
  readonly channels: readonly string[];
  readonly onNotification: (channel: string, payload: string) => void;
  /** Listening, for the first time or again. What was said while nobody listened is lost, so look everywhere now. */
  readonly onListening: () => void;
  /** Not listening any more, or an attempt failed. Attempts go on until `stop`. */
  readonly onLost: (error: unknown) => void;
  /** The wait before an attempt, in milliseconds, after so many failed ones in a row (from 1). */
  readonly retryDelayMs: (failures: number) => number;
  /** How often the connection is asked whether it lives, and how long an answer may take. */
  readonly pingIntervalMs?: number;
}

const channelName = /^[a-z_][a-z0-9_]{0,62}$/;

/**
 * A connection of the pool, kept for LISTEN and made again whenever it is lost. It is asked now and then whether it lives:
 * a half-open connection stays silent for ever, which looks just like a quiet database.
 */
export class Listener {
  readonly #pool: Pool;
  readonly #options: ListenerOptions;
  readonly #stopping = new AbortController();
  #listening = false;
  #running: Promise<void> | undefined;

  constructor(pool: Pool, options: ListenerOptions) {
    for (const channel of options.channels) {
      if (!channelName.test(channel)) throw new TypeError(`not a plain channel name: ${channel}`);
    }
    this.#pool = pool;
    this.#options = options;
  }

  get isListening(): boolean {
    return this.#listening;
  }

  /** Begins to listen; `onListening` tells when it does. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Gives the connection up. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#stopping.signal.aborted) {
      try {
        await this.#listen(() => {
          failures = 0;
        });
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        failures += 1;
        this.#options.onLost(error);
        await this.#wait(this.#options.retryDelayMs(failures));
      }
    }
  }

  /** Resolves when stopped, rejects when the connection is lost. */
  async #listen(onSuccess: () => void): Promise<void> {
    const client = await this.#pool.connect();
    const lost = Promise.withResolvers<never>();
    // Nobody may be waiting when it happens, and a rejection without a handler ends the process.
    lost.promise.catch(() => {});
    const onError = (error: Error) => lost.reject(error);
    const onEnd = () => lost.reject(new Error('Connection terminated'));
    const onNotification = ({ channel, payload }: { channel: string; payload?: string | undefined }) =>
      this.#options.onNotification(channel, payload ?? '');
    client.on('error', onError).on('end', onEnd).on('notification', onNotification);
    try {
      for (const channel of this.#options.channels) {
        await Promise.race([client.query(`LISTEN ${channel}`), lost.promise]);
      }
      onSuccess();
      this.#listening = true;
      this.#options.onListening();
      while (!this.#stopping.signal.aborted) {
        await Promise.race([this.#wait(this.#pingIntervalMs), lost.promise]);
        if (!this.#stopping.signal.aborted) await this.#ping(client, lost.promise);
      }
    } finally {
      this.#listening = false;
      client.off('error', onError).off('end', onEnd).off('notification', onNotification);
      // Destroyed rather than returned: the pool's next user would go on listening.
      client.on('error', () => {});
      client.release(true);
    }
  }

  get #pingIntervalMs(): number {
    return this.#options.pingIntervalMs ?? 5_000;
  }

  async #ping(client: PoolClient, lost: Promise<never>): Promise<void> {
    const answer = client.query('select 1');
    // Whoever loses the race may still fail.
    answer.catch(() => {});
    const raced = new AbortController();
    const silence = this.#silence(raced.signal);
    silence.catch(() => {});
    try {
      await Promise.race([answer, silence, lost]);
    } finally {
      raced.abort();
    }
  }

  /** Rejects when a ping was not answered within an interval. */
  async #silence(raced: AbortSignal): Promise<void> {
    await this.#wait(this.#pingIntervalMs, raced);
    if (!raced.aborted && !this.#stopping.signal.aborted) {
      throw new Error('Connection terminated: no answer to a ping');
    }
  }

  /** Resolves after `ms`, on stop, or when `signal` aborts. */
  #wait(ms: number, signal?: AbortSignal): Promise<void> {
    const ended = signal === undefined ? this.#stopping.signal : AbortSignal.any([signal, this.#stopping.signal]);
    if (ended.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = () => {
        clearTimeout(timer);
        ended.removeEventListener('abort', finish);
        resolve();
      };
      const timer = setTimeout(finish, ms);
      ended.addEventListener('abort', finish, { once: true });
    });
  }
}
