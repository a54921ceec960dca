/** Wakes one waiter. A ring that nobody waits for is remembered, so none is missed between looking and waiting. */
export class Bell {
  #rung = false;
  #waiter: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#waiter?.();
  }

  /** Resolves at once when it rang since the last call, else at the next ring. */
  async heard(): Promise<void> {
    if (!this.#rung) {
      await new Promise<void>((resolve) => {
        this.#waiter = resolve;
      });
    }
    this.#rung = false;
    this.#waiter = undefined;
  }
}
