import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from '@daybook/postgres';
import type { Measurement } from './measurement.ts';
import type { Service } from './service.ts';

const batchCommitsMetric = 'daybook_ledger_batch_commits_total';
const roundTripsMetric = 'daybook_ledger_batch_round_trips_total';

/** A session hands its counts over when its transaction ends, or a second later. */
const statisticsDelayMs = 1_500;

export type Counter = 'roundTrips' | 'commits' | 'databaseCommits';

/** What writes cost at the database, by the writer's own counters and by PostgreSQL's. */
export class WriteCost {
  readonly #ledger: Service;
  readonly #pool: Pool;
  readonly #perWrite: Record<Counter, number>[] = [];
  readonly #faults: string[] = [];

  constructor(ledger: Service, pool: Pool) {
    this.#ledger = ledger;
    this.#pool = pool;
  }

  /** Counts over a load from its first write to its last, warm-up included. */
  async during(
    load: () => Promise<{ readonly measurement: Measurement; readonly writes: number }>,
  ): Promise<Measurement> {
    const before = await this.#counters();
    const { measurement, writes } = await load();
    const after = await this.#counters();
    this.#faults.push(...measurement.faults);
    if (before !== undefined && after !== undefined) {
      const perWrite = (counter: Counter) => (after[counter] - before[counter]) / writes;
      this.#perWrite.push({
        roundTrips: perWrite('roundTrips'),
        commits: perWrite('commits'),
        databaseCommits: perWrite('databaseCommits'),
      });
    }
    return measurement;
  }

  /** One for each load; none when a load or its counting failed. */
  figures(counter: Counter): readonly number[] {
    return this.faults.length === 0 ? this.#perWrite.map((counters) => counters[counter]) : [];
  }

  /** Why there are no figures. */
  get faults(): readonly string[] {
    return [...new Set(this.#faults)];
  }

  async #counters(): Promise<Record<Counter, number> | undefined> {
    await delay(statisticsDelayMs);
    const { rows } = await this.#pool.query<{ commits: number }>(
      'select xact_commit as commits from pg_stat_database where datname = current_database()',
    );
    const metrics = await this.#ledger.metrics();
    try {
      return {
        roundTrips: metrics.total(roundTripsMetric),
        commits: metrics.total(batchCommitsMetric),
        databaseCommits: rows[0]?.commits ?? Number.NaN,
      };
    } catch (error) {
      this.#faults.push(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }
}
