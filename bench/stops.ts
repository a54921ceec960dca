/** What is running, so that all of it can be stopped, the last first. */
export class Stops {
  readonly #stops: (() => Promise<void>)[] = [];

  /** Gives back the function itself, which then stops the thing before the others. */
  add(stop: () => Promise<void>): () => Promise<void> {
    const once = async () => {
      const index = this.#stops.indexOf(once);
      if (index !== -1) {
        this.#stops.splice(index, 1);
        await stop();
      }
    };
    this.#stops.push(once);
    return once;
  }

  async stopAll(): Promise<void> {
    for (let stop = this.#stops.at(-1); stop !== undefined; stop = this.#stops.at(-1)) await stop();
  }
}
