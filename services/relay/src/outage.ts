import type { Logger } from '@daybook/runtime';

/** Says once that a dependency failed and once that it works again, however many attempts lie between. */
export class Outage {
  readonly #logger: Logger;
  readonly #dependency: string;
  readonly #onChange: (lost: boolean) => void;
  #cause: string | undefined;
  #error: Error | undefined;
  #since = 0;

  constructor(logger: Logger, dependency: string, onChange: (lost: boolean) => void = () => {}) {
    this.#logger = logger;
    this.#dependency = dependency;
    this.#onChange = onChange;
  }

  /** The last failure, or undefined while all is well. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** @param cause groups failures: another one is said again. @param hint what an operator may do about it. */
  failed(error: unknown, cause: string, hint?: string): void {
    const known = this.#error !== undefined;
    this.#error = error instanceof Error ? error : new Error(String(error));
    if (cause === this.#cause) return;
    this.#cause = cause;
    if (!known) this.#since = performance.now();
    this.#logger.warn({ dependency: this.#dependency, cause, hint, err: this.#error }, 'dependency failed, retrying');
    if (!known) this.#onChange(true);
  }

  recovered(): void {
    if (this.#error === undefined) return;
    this.#error = undefined;
    this.#cause = undefined;
    const outageMs = Math.round(performance.now() - this.#since);
    this.#logger.info({ dependency: this.#dependency, outageMs }, 'dependency works again');
    this.#onChange(false);
  }
}
