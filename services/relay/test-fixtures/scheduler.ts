/** Evenly from 0 to below 1, the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

interface Step {
  readonly run: () => void;
  readonly isDead: () => boolean;
}

/** Runs steps one at a time, in an order that the seed decides: whatever would be concurrent happens in every order, given enough seeds. */
export class Scheduler {
  readonly random: () => number;
  #steps: Step[] = [];

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  /** True with that probability. */
  chance(probability: number): boolean {
    return this.random() < probability;
  }

  /** An integer from 0 to below `limit`. */
  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  /** Resolves when the scheduler picks it. One that belongs to a dead process is never picked. */
  turn(isDead: () => boolean = () => false, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const step = { run: resolve, isDead };
      this.#steps.push(step);
      signal?.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  get hasSteps(): boolean {
    this.#steps = this.#steps.filter((step) => !step.isDead());
    return this.#steps.length > 0;
  }

  /** Runs one step, and everything that follows from it without another turn. */
  async step(): Promise<void> {
    if (!this.hasSteps) return;
    const [step] = this.#steps.splice(this.below(this.#steps.length), 1);
    step?.run();
    await settleMicrotasks();
  }
}

/** Lets all that waits for nothing but resolved promises run. */
export function settleMicrotasks(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
