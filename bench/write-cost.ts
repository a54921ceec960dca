import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from '@daybook/postgres';
import type { Gauge, Measurement } from './measurement.ts';
import type { Service } from './service.ts';

const batchCommitsMetric = 'daybook_ledger_batch_commits_total';
const roundTripsMetric = 'daybook_ledger_batch_round_trips_total';

/** A session hands its counts over when its transaction ends, or a second later. */
const statisticsDelayMs = 1_500;

type Counter = 'roundTrips' | 'commits' | 'databaseCommits';

/** L7: what writes cost at the database, by the writer's own counters and by PostgreSQL's. */
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

  gauges(): readonly Gauge[] {
    const faults = [...new Set(this.#faults)];
    const gauge = (work: string, { unit, target }: Pick<Gauge, 'unit' | 'target'>, counter: Counter): Gauge => ({
      id: 'L7',
      work,
      unit,
      target,
      figures: faults.length === 0 ? this.#perWrite.map((counters) => counters[counter]) : [],
      faults,
    });
    return [
      gauge('SQL round trips per single write, 64 connections', { unit: 'round trips', target: 0.2 }, 'roundTrips'),
      gauge('commits per single write, 64 connections', { unit: 'commits', target: 0.1 }, 'commits'),
      gauge(
        'transactions that PostgreSQL counts per single write, doorbell and upkeep included',
        { unit: 'transactions', target: undefined },
        'databaseCommits',
      ),
    ];
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
