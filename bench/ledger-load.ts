import type { Pool } from '@daybook/postgres';
import { runPlan } from './benchmark-process.ts';
import { countLedgers, ledgerFaults } from './ledger-audit.ts';
import type { Measurement } from './measurement.ts';
import type { LoadPlan, LoadResult } from './processes/load-generator.ts';
import type { Service } from './service.ts';
import type { ServiceProfile } from './service-profile.ts';
import type { Stops } from './stops.ts';
import {
  answeredOf,
  nothingAnswered,
  sumOf,
  transactionsPerRequest,
  type Answered,
  type Workload,
} from './workload.ts';

/** How long each load lasts. */
export interface LoadTimes {
  readonly seconds: number;
  readonly warmUpSeconds: number;
}

interface LoadOptions extends LoadTimes {
  readonly stops: Stops;
  /** Where the time of the services is to be looked at. */
  readonly profile?: ServiceProfile;
}

interface AskedLoad {
  readonly ledger: string;
  readonly workload: Workload;
  readonly connections: number;
}

/** The event loop of the load generator had work for so long: it may have been the limit. */
const generatorBusyShareMax = 0.9;

/** Load on ledger services of one database. After each, what the database holds is held against what was answered. */
export class LedgerLoad {
  readonly #services: readonly Service[];
  readonly #pool: Pool;
  readonly #with: LoadOptions;
  /** By ledger, for all loads up to now. */
  readonly #answered = new Map<string, Answered>();

  constructor(services: readonly Service[], pool: Pool, options: LoadOptions) {
    this.#services = services;
    this.#pool = pool;
    this.#with = options;
  }

  /** The first load on a ledger also prepares it. */
  async measure(asked: AskedLoad): Promise<{ readonly measurement: Measurement; readonly writes: number }> {
    const { ledger, workload } = asked;
    const before = this.#answered.get(ledger);
    const origins = this.#services.map(({ url }) => url);
    const cpuBefore = await this.#cpuSeconds();
    const generate = async () => generateLoad({ ...asked, origins, isToPrepare: before === undefined }, this.#with);
    const label = `${workload.kind}, ${asked.connections} connections`;
    const load = await (this.#with.profile?.during(label, this.#pool, generate) ?? generate());
    const cpuSeconds = (await this.#cpuSeconds()) - cpuBefore;
    for (const service of this.#services) service.check();
    const left = answeredOf(workload, { prepared: load.prepared, others: load.answered });
    const answered = sumOf(before ?? nothingAnswered, left);
    this.#answered.set(ledger, answered);
    const areMany = workload.kind === 'ledgers';
    const counts = await countLedgers(this.#pool, { name: ledger, areMany });
    const faults = ledgerFaults(counts, { ...answered, ledgers: areMany ? workload.ledgers : 1 });
    const measurement = measurementOf(load, transactionsPerRequest(workload), faults);
    const cpuSecondsPer100k = (cpuSeconds / left.transactions) * 100_000;
    return { measurement: { ...measurement, cpuSecondsPer100k }, writes: left.transactions };
  }

  /** Writes what a workload needs, and a request or two more, so that no measured load has to. */
  async prepare(asked: AskedLoad): Promise<void> {
    const brief = new LedgerLoad(this.#services, this.#pool, { ...this.#with, seconds: 0, warmUpSeconds: 0 });
    const { measurement } = await brief.measure(asked);
    if (measurement.faults.length > 0) throw new Error(`cannot prepare: ${measurement.faults.join('; ')}`);
    for (const [ledger, answered] of brief.#answered) this.#answered.set(ledger, answered);
  }

  async #cpuSeconds(): Promise<number> {
    const each = await Promise.all(this.#services.map(async (service) => service.cpuSeconds()));
    return each.reduce((sum, seconds) => sum + seconds, 0);
  }
}

/** One run of the load generator. */
export async function generateLoad(
  asked: Omit<LoadPlan, 'warmUpMs' | 'measureMs'>,
  { seconds, warmUpSeconds, stops }: LoadTimes & { readonly stops: Stops },
): Promise<LoadResult> {
  const plan: LoadPlan = { ...asked, warmUpMs: warmUpSeconds * 1_000, measureMs: seconds * 1_000 };
  return runPlan<LoadResult>('bench/processes/load-generator.ts', plan, stops);
}

/** Transactions a second, or none where something was not answered with 200. */
export function measurementOf(load: LoadResult, perRequest: number, faults: readonly string[]): Measurement {
  const refused = Object.entries(load.refused).map(([reason, count]) => `${count} requests ended with ${reason}`);
  const { busyShare, cpuShare } = load;
  const isLimit = busyShare > generatorBusyShareMax;
  return {
    figure: (load.requests * perRequest) / load.seconds,
    latencyMs: load.latencyMs,
    generator: { busyShare, cpuShare },
    remarks: isLimit ? ['the load generator was the limit'] : [],
    faults: [...refused, ...faults],
  };
}
