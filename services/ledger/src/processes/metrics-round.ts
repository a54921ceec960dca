import { renderSnapshots, type MetricsSnapshot } from '@daybook/runtime';
import type { Outcome } from './message.ts';

/** Below the time that Prometheus gives a scrape by default, 10 s, and above what a busy worker needs. */
const answersWithinMs = 2_000;

interface MetricsRoundOptions {
  /** The workers to be asked. */
  readonly workers: readonly number[];
  readonly ask: (worker: number) => void;
  /** What the parent shows of itself. */
  readonly own: () => Promise<MetricsSnapshot>;
  /** Told which workers are left out since they did not answer in time. */
  readonly onSilent: (workers: readonly number[]) => void;
}

/** Asks all workers once for their metrics. Those that end meanwhile, or do not answer within 2 s, are left out. */
export class MetricsRound {
  /** Rejects when a collector fails. */
  readonly page: Promise<string>;
  readonly #waiting: Set<number>;
  readonly #snapshots: MetricsSnapshot[] = [];
  readonly #answered = Promise.withResolvers<void>();

  constructor({ workers, ask, own, onSilent }: MetricsRoundOptions) {
    this.#waiting = new Set(workers);
    this.page = this.#run(own, onSilent);
    for (const worker of workers) ask(worker);
  }

  answer(worker: number, outcome: Outcome<MetricsSnapshot>): void {
    if (!this.#waiting.has(worker)) return;
    if ('failure' in outcome) this.#answered.reject(new Error(`worker ${worker}: ${outcome.failure}`));
    else {
      this.#snapshots.push(outcome.value);
      this.leave(worker);
    }
  }

  /** Nothing more is to be had of a worker that has ended. */
  leave(worker: number): void {
    this.#waiting.delete(worker);
    if (this.#waiting.size === 0) this.#answered.resolve();
  }

  async #run(own: MetricsRoundOptions['own'], onSilent: MetricsRoundOptions['onSilent']): Promise<string> {
    const timer = setTimeout(() => {
      onSilent([...this.#waiting]);
      this.#answered.resolve();
    }, answersWithinMs);
    try {
      const [ownSnapshot] = await Promise.all([own(), this.#answered.promise]);
      return await renderSnapshots([ownSnapshot, ...this.#snapshots]);
    } finally {
      clearTimeout(timer);
    }
  }
}
