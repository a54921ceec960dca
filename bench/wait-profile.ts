import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from '@daybook/postgres';

const everyMs = 20;
const queryLettersMax = 60;

/** What sessions were seen doing. */
export interface SeenSessions {
  readonly application: string;
  /** What it waits for, as PostgreSQL names it, or that it runs. */
  readonly wait: string;
  readonly query: string;
  readonly times: number;
}

// Idle sessions wait for nothing but work; what is idle within a transaction holds up others.
const sampleSql = `
select application_name as application,
  case when state = 'active' then coalesce(wait_event_type || ': ' || wait_event, 'runs')
    else state || ', ' || coalesce(wait_event, 'runs') end as wait,
  regexp_replace(left(query, 400), '\\s+', ' ', 'g') as query, count(*)::int as times
from pg_stat_activity
where datname = current_database() and backend_type = 'client backend' and state <> 'idle'
  and application_name not like 'daybook bench%'
group by 1, 2, 3`;

/** Looks at the services' sessions every 20 ms, for as long as something takes. */
export class WaitProfile {
  readonly #pool: Pool;
  readonly #seen = new Map<string, SeenSessions>();
  #looks = 0;
  #looksAtNobody = 0;

  /** @param pool of the same database, with a session that nobody else needs meanwhile and a name that begins with `daybook bench`. */
  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async during<Result>(work: () => Promise<Result>): Promise<Result> {
    const over = new AbortController();
    const sampling = this.#sample(over.signal);
    // Where the work fails, its failure is the one to hear of.
    sampling.catch(() => {});
    const result = await work().finally(() => over.abort());
    await sampling;
    return result;
  }

  /** How often it looked, and how often it found no session at work. */
  get looks(): { readonly all: number; readonly atNobody: number } {
    return { all: this.#looks, atNobody: this.#looksAtNobody };
  }

  /** The most frequent first. */
  get seen(): readonly SeenSessions[] {
    return [...this.#seen.values()].toSorted((a, b) => b.times - a.times);
  }

  async #sample(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const { rows } = await this.#pool.query<SeenSessions>({ name: 'sample-waits', text: sampleSql });
      this.#looks += 1;
      if (rows.length === 0) this.#looksAtNobody += 1;
      for (const { application, wait, query, times } of rows) {
        const short = query.trim().slice(0, queryLettersMax);
        const key = `${application}\n${wait}\n${short}`;
        const before = this.#seen.get(key)?.times ?? 0;
        this.#seen.set(key, { application, wait, query: short, times: before + times });
      }
      await delay(everyMs, undefined, { signal }).catch(() => {});
    }
  }
}
