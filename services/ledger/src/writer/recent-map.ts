/**
 * A map of what was set or asked for lately: what was not, from one turn to the turn after the next, is gone. Two generations, so a turn
 * costs nothing.
 */
export class RecentMap<Key, Value> {
  #young = new Map<Key, Value>();
  #old = new Map<Key, Value>();

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** Of the generation that is written to. */
  get youngSize(): number {
    return this.#young.size;
  }

  has(key: Key): boolean {
    return this.#young.has(key) || this.#old.has(key);
  }

  get(key: Key): Value | undefined {
    if (this.#young.has(key)) return this.#young.get(key);
    const old = this.#old.get(key);
    // A value may be undefined and yet be one; then it is not worth a move.
    if (old !== undefined) this.#young.set(key, old);
    return old;
  }

  set(key: Key, value: Value): void {
    this.#young.set(key, value);
  }

  turn(): void {
    this.#old = this.#young;
    this.#young = new Map();
  }
}
