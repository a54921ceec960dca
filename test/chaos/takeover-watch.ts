import { setTimeout as delay } from 'node:timers/promises';
import type { AuditorDatabase } from '../../packages/stack/src/testing/index.ts';
import { readTakeovers, type Absence } from './takeover.ts';

const pollMs = 150;

/** How long a lane waited for another relay after the fault. */
export interface TakeoverSample {
  readonly absence: Absence;
  readonly lane: number;
  readonly ms: number;
}

/** Looks again and again who has taken over from relays that were taken out; positions are pruned, so later is too late. */
export class TakeoverWatch {
  readonly #database: AuditorDatabase;
  readonly #absences: Absence[] = [];
  readonly #samples = new Map<string, TakeoverSample>();
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;

  constructor(database: AuditorDatabase) {
    this.#database = database;
    this.#running = this.#run();
  }

  note(absence: Absence): void {
    this.#absences.push(absence);
  }

  /** What was seen, after one more look. */
  async stop(): Promise<readonly TakeoverSample[]> {
    this.#stopping.abort();
    await this.#running;
    await this.#look();
    return [...this.#samples.values()];
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      // The database may be away just now.
      await this.#look().catch(() => {});
      await delay(pollMs, undefined, { signal: this.#stopping.signal }).catch(() => {});
    }
  }

  async #look(): Promise<void> {
    for (const [index, absence] of this.#absences.entries()) {
      const open = absence.lanes.filter((lane) => !this.#samples.has(`${index} ${lane}`));
      if (open.length === 0) continue;
      for (const { lane, ms } of await readTakeovers(this.#database, { ...absence, lanes: open })) {
        this.#samples.set(`${index} ${lane}`, { absence, lane, ms });
      }
    }
  }
}
