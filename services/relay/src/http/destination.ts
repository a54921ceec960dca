import type { Failure, OutgoingRecord, Outcome } from '../publisher.ts';

/** A record, and whom to tell what became of it. */
export interface Parcel {
  readonly record: OutgoingRecord;
  readonly settle: (outcome: Outcome) => void;
}

interface DestinationOptions {
  /** Never rejects. */
  readonly send: (record: OutgoingRecord) => Promise<Outcome>;
  /** How many keys may have a request in flight. */
  readonly requestsMax: number;
}

/**
 * One URL. Records of a key go one after another, each after the answer to the one before; so many keys at the same time, the others in
 * the order in which they came. When the URL fails, so does all that waits for it: whoever gave it tries again, and no queue of requests
 * that time out one after another builds up.
 */
export class Destination {
  readonly #options: DestinationOptions;
  /** What is left of keys with a request in flight, and of keys that wait for their turn. */
  readonly #running = new Map<string, Parcel[]>();
  readonly #waiting = new Map<string, Parcel[]>();
  readonly #runs = new Set<Promise<void>>();
  #failure: Failure | undefined;

  constructor(options: DestinationOptions) {
    this.#options = options;
  }

  /** Why the last request failed, unless it was for the record alone. */
  get failure(): Failure | undefined {
    return this.#failure;
  }

  get isIdle(): boolean {
    return this.#running.size === 0;
  }

  give(parcel: Parcel): void {
    const { key } = parcel.record;
    const queue = this.#running.get(key) ?? this.#waiting.get(key);
    if (queue === undefined) this.#waiting.set(key, [parcel]);
    else queue.push(parcel);
    this.#startWaiting();
  }

  /** Resolves when all that was given is settled. */
  async settled(): Promise<void> {
    while (!this.isIdle) await Promise.all(this.#runs);
  }

  #startWaiting(): void {
    for (const [key, queue] of this.#waiting) {
      if (this.#running.size >= this.#options.requestsMax) return;
      this.#waiting.delete(key);
      this.#running.set(key, queue);
      const run = this.#run(key, queue).finally(() => this.#runs.delete(run));
      this.#runs.add(run);
    }
  }

  async #run(key: string, queue: Parcel[]): Promise<void> {
    for (let parcel = queue.shift(); parcel !== undefined; parcel = queue.shift()) {
      const outcome = await this.#options.send(parcel.record);
      this.#failure = outcome.kind === 'retry' || outcome.kind === 'fatal' ? outcome : undefined;
      const rest = outcome.kind === 'acknowledged' ? [] : queue.splice(0);
      const waiting = this.#failure === undefined ? [] : [...this.#waiting.values()].flat();
      if (waiting.length > 0) this.#waiting.clear();
      parcel.settle(outcome);
      const behind = outcome.kind === 'poison' ? waitsBehind(parcel.record) : outcome;
      for (const each of rest) each.settle(behind);
      for (const each of waiting) each.settle(outcome);
    }
    this.#running.delete(key);
    this.#startWaiting();
  }
}

function waitsBehind(record: OutgoingRecord): Outcome {
  return {
    kind: 'retry',
    reason: 'broker',
    error: new Error(`waits behind a refused record with the key ${record.key}`),
  };
}
