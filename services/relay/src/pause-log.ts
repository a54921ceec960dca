import type { Pause } from '@daybook/outbox';
import type { Logger } from '@daybook/runtime';

const shownMax = 20;

/** Says once what operators paused, with who and why, and when it is over: so the log of a relay tells why nothing moves. */
export class PauseLog {
  readonly #logger: Logger;
  #known: ReadonlyMap<string, Pause> = new Map();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** @param pauses all that there are now */
  note(pauses: readonly Pause[]): void {
    const now = new Map(pauses.map((pause) => [`${pause.scope} ${pause.target}`.trim(), pause]));
    const begun = [...now].filter(([name, { pausedAt }]) => this.#known.get(name)?.pausedAt !== pausedAt);
    const over = [...this.#known.keys()].filter((name) => !now.has(name));
    this.#known = now;
    if (begun.length > 0) {
      const shown = begun.slice(0, shownMax).map(([what, { pausedBy, why }]) => ({ what, by: pausedBy, why }));
      this.#logger.info({ count: begun.length, pauses: shown }, 'operators paused publishing');
    }
    if (over.length > 0) {
      this.#logger.info({ count: over.length, pauses: over.slice(0, shownMax) }, 'operators ended pauses');
    }
  }
}
