import type { Sender } from './sender.ts';

interface SendersOptions {
  readonly open: (signal: AbortSignal) => Promise<Sender>;
}

/** How many are kept for what comes next. */
const idleMax = 2;

/** The producers of a publisher: those whose every send succeeded are used again, all others thrown away. */
export class KafkaSenders {
  readonly #options: SendersOptions;
  readonly #open = new Set<Sender>();
  readonly #idle: Sender[] = [];
  readonly #stopping = new AbortController();

  constructor(options: SendersOptions) {
    this.#options = options;
  }

  /** An idle one, or a new one. */
  async acquire(): Promise<Sender> {
    return this.#idle.pop() ?? (await this.#openOne());
  }

  /** Makes sure that a new one can be opened, and keeps it. */
  async prove(): Promise<void> {
    this.release(await this.#openOne());
  }

  /** After a success. Those that only a crowd needed are closed. */
  release(sender: Sender): void {
    if (this.#idle.length < idleMax) this.#idle.push(sender);
    else void this.discard(sender);
  }

  /** After a failure. */
  async discard(sender: Sender): Promise<void> {
    await sender.close();
    this.#open.delete(sender);
  }

  /** Gives up all sends that are under way. */
  giveUp(): void {
    this.#stopping.abort();
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#open].map(async (sender) => this.discard(sender)));
  }

  async #openOne(): Promise<Sender> {
    const sender = await this.#options.open(this.#stopping.signal);
    this.#open.add(sender);
    return sender;
  }
}
