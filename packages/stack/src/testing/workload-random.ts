/** Numbers that follow from a seed (mulberry32, by Tommy Ettinger), so that a run can be repeated. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** At least 0 and below 1. */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1));
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  /** @throws RangeError when there is nothing to pick from. */
  pick<Value>(values: readonly Value[]): Value {
    const value = values[this.between(0, values.length - 1)];
    if (value === undefined) {
      throw new RangeError('nothing to pick from');
    }
    return value;
  }

  /**
   * One of them, as often as its weight says.
   * @throws RangeError when there is nothing to pick from.
   */
  pickWeighted<Value extends { readonly weight: number }>(values: readonly Value[]): Value {
    let left = this.between(
      1,
      values.reduce((sum, { weight }) => sum + weight, 0),
    );
    const picked = values.find(({ weight }) => (left -= weight) <= 0);
    if (picked === undefined) {
      throw new RangeError('nothing to pick from');
    }
    return picked;
  }

  /** Another source of numbers, which this one's state decides. */
  fork(): Random {
    return new Random(this.between(0, 2 ** 32 - 1));
  }
}
