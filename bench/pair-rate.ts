import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from '@daybook/postgres';
import { countLedgers, ledgerFaults } from './ledger-audit.ts';
import { generateLoad, measurementOf } from './ledger-load.ts';
import type { Measurement } from './measurement.ts';
import type { Pair } from './pair.ts';
import type { LoadResult } from './processes/load-generator.ts';
import type { Service } from './service.ts';
import type { ServiceProfile } from './service-profile.ts';
import type { Stops } from './stops.ts';
import { answeredOf } from './workload.ts';

/** Each with one write under way. */
export const connections = 64;

const sampleEveryMs = 500;

/** Of what was published, so many rows more behind at the end than at the beginning is a lag that grows. */
const growthShareMax = 0.01;

const workload = { kind: 'single' } as const;

interface FullLoadOptions {
  readonly pair: Pair;
  readonly pool: Pool;
  readonly profile: ServiceProfile;
  readonly stops: Stops;
  readonly seconds: number;
  readonly warmUpSeconds: number;
}

interface RelayOfLoad {
  /** Of the profile. */
  readonly label: string;
  /** What the relay is to be told. */
  readonly env: Readonly<Record<string, string>>;
}

/** How far a relay was at a moment. */
export interface PublishSample {
  readonly atMs: number;
  /** Records acknowledged since it started. */
  readonly acknowledged: number;
  readonly rowsBehind: number;
  /** Of the lane with the greatest. */
  readonly lagSeconds: number;
}

/** As the relay's own metrics have it; lag is at most a second old there. */
export async function samplePublishing(relay: Service): Promise<PublishSample> {
  const metrics = await relay.metrics();
  return {
    atMs: performance.now(),
    acknowledged: metrics.total('daybook_relay_records_acknowledged_total'),
    rowsBehind: metrics.total('daybook_relay_lane_head') - metrics.total('daybook_relay_lane_position'),
    lagSeconds: metrics.greatest('daybook_relay_lane_lag_seconds'),
  };
}

/** E1: single writes of one ledger as fast as 64 connections get them answered, with and without a relay beside it. */
export class FullLoad {
  readonly #with: FullLoadOptions;

  constructor(options: FullLoadOptions) {
    this.#with = options;
  }

  async ofLedger(name: string): Promise<Measurement> {
    return this.#measurement(name, await this.#load(name));
  }

  /** The figure is that of the relay. A lag that grows is a fault: such a rate does not last. */
  async ofPair(name: string, relay: RelayOfLoad): Promise<Measurement> {
    const { measured, load, pace: kept } = await this.#pair(name, relay);
    const writes = `${Math.round(load.requests / load.seconds)} writes/s were answered meanwhile`;
    const grew = `the lag grew: by ${percent(kept.growth)} of the ${Math.round(kept.eventsPerSecond)} events/s that were published`;
    return {
      ...measured,
      figure: kept.eventsPerSecond,
      remarks: [...measured.remarks, `${writes}, lag at most ${kept.lagSecondsMax.toFixed(2)} s`],
      faults: kept.growth > growthShareMax ? [...measured.faults, grew] : measured.faults,
    };
  }

  /**
   * What both take for a short time: writes a second, or events where they are fewer.
   * @throws Error when what was written or published is not what it should be.
   */
  async peak(name: string, relay: RelayOfLoad): Promise<number> {
    const { measured, pace: kept } = await this.#pair(name, relay);
    if (measured.faults.length > 0) throw new Error(`there is no peak: ${measured.faults.join('; ')}`);
    return Math.min(measured.figure, kept.eventsPerSecond);
  }

  async #pair(name: string, { label, env }: RelayOfLoad) {
    const { pair, pool, profile, seconds, warmUpSeconds } = this.#with;
    const { result, topic } = await pair.publishing(env, async ({ relay }) => {
      const load = profile.during(label, pool, async () => this.#load(name));
      // Its failure is heard of when it is waited for.
      load.catch(() => {});
      await delay(warmUpSeconds * 1_000);
      const samples = [await samplePublishing(relay)];
      const endMs = performance.now() + seconds * 1_000;
      while (performance.now() < endMs) {
        await delay(Math.min(sampleEveryMs, Math.max(1, endMs - performance.now())));
        samples.push(await samplePublishing(relay));
      }
      return { load: await load, samples };
    });
    const { load, samples } = result;
    const measured = await this.#measurement(name, load);
    const missing = await pair.audit(topic, new Map([[name, load.answered]]));
    return { load, measured: { ...measured, faults: [...measured.faults, ...missing] }, pace: pace(samples) };
  }

  async #measurement(name: string, load: LoadResult): Promise<Measurement> {
    const counts = await countLedgers(this.#with.pool, { name, areMany: false });
    const answered = answeredOf(workload, { prepared: 0, others: load.answered });
    return measurementOf(load, 1, ledgerFaults(counts, { ...answered, ledgers: 1 }));
  }

  async #load(name: string): Promise<LoadResult> {
    const origins = [this.#with.pair.ledger.url];
    return generateLoad({ origins, ledger: name, workload, isToPrepare: false, connections }, this.#with);
  }
}

interface Pace {
  readonly eventsPerSecond: number;
  /** How many rows more were behind in the last third than in the first, by the events published from the middle of one to that of the other. */
  readonly growth: number;
  readonly lagSecondsMax: number;
}

/**
 * What samples say of a rate.
 * @throws RangeError for fewer than three, or where nothing was published.
 */
export function pace(samples: readonly PublishSample[]): Pace {
  const third = Math.floor(samples.length / 3);
  const [first, last] = [samples[0], samples.at(-1)];
  if (third === 0 || first === undefined || last === undefined || last.acknowledged === first.acknowledged) {
    throw new RangeError('there is no pace of nothing');
  }
  const [begin, end] = [samples.slice(0, third), samples.slice(-third)];
  const mean = (some: readonly PublishSample[], of: (sample: PublishSample) => number) =>
    some.reduce((sum, sample) => sum + of(sample), 0) / some.length;
  const between = (of: (sample: PublishSample) => number) => mean(end, of) - mean(begin, of);
  return {
    eventsPerSecond: (last.acknowledged - first.acknowledged) / ((last.atMs - first.atMs) / 1_000),
    growth: between(({ rowsBehind }) => rowsBehind) / between(({ acknowledged }) => acknowledged),
    lagSecondsMax: Math.max(...samples.map(({ lagSeconds }) => lagSeconds)),
  };
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
