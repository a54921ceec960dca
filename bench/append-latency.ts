import type { Pool } from '@daybook/postgres';
import type { KafkaClientName } from './bare-client.ts';
import { runPlan } from './benchmark-process.ts';
import { pairPartitions, type Pair } from './pair.ts';
import type { Latency } from './latency.ts';
import type { PacedPlan, PacedResult } from './processes/paced-writer.ts';
import type { PacedSendPlan, PacedSendResult } from './processes/paced-producer.ts';
import type { ServiceProfile } from './service-profile.ts';
import { latencyOf } from './statistics.ts';
import type { Stops } from './stops.ts';
import type { Topics } from './topic-audit.ts';

/** As many writes may be under way before the generator has to wait. */
const connections = 128;

/** Of the rate asked for; less has been another experiment. */
const rateShareMin = 0.98;
const lateMsMax = 5;

interface AppendLatencyOptions {
  readonly pair: Pair;
  readonly pool: Pool;
  readonly topics: Topics;
  readonly brokers: readonly string[];
  readonly profile: ServiceProfile;
  readonly stops: Stops;
  readonly ledgers: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
}

/** How long events took to the broker in one run. */
export interface AppendLatency {
  /** From the answer's arrival at the client. */
  readonly fromAnswerMs: Latency;
  /** From the moment in the row, which is before the COMMIT. */
  readonly fromRowMs: Latency;
  readonly remarks: readonly string[];
  readonly faults: readonly string[];
}

/** How long a bare producer waited for acknowledgements in one run. */
export interface SendLatency {
  readonly sendMs: Latency;
  readonly remarks: readonly string[];
  readonly faults: readonly string[];
}

const momentsSql = `
select event_id as id, (extract(epoch from at) * 1000)::float8 as "atMs" from outbox where ledger = any ($1::text[])`;

/** R2: the time from an acknowledged commit to the append at the broker, and what a bare producer needs to be acknowledged. */
export class AppendLatencyRuns {
  readonly #with: AppendLatencyOptions;

  constructor(options: AppendLatencyOptions) {
    this.#with = options;
  }

  async ofPair(name: string, { client, env, ratePerSecond }: PairAtRate): Promise<AppendLatency> {
    const { pair, pool, stops, profile, warmUpSeconds, seconds } = this.#with;
    const ledgers = this.#ledgers(name);
    const plan: PacedPlan = {
      origin: pair.ledger.url,
      ledgers,
      ratePerSecond,
      connections,
      warmUpMs: warmUpSeconds * 1_000,
      measureMs: seconds * 1_000,
      tellsAnswers: true,
    };
    const label = `append at ${ratePerSecond} writes/s, ${client}`;
    const { result: paced, topic } = await pair.publishing(env, async () =>
      profile.during(label, pool, async () => runPlan<PacedResult>('bench/processes/paced-writer.ts', plan, stops)),
    );
    const appends = new Map<string, Append>();
    const faults = await pair.audit(
      topic,
      new Map(ledgers.map((ledger, index) => [ledger, paced.answered[index] ?? 0])),
      ({ headers, value, timestamp }) => {
        const event: WrittenEvent = JSON.parse(String(value));
        const key = `${event.ledger}/${event.payload.transactions[0]?.txid}`;
        // The broker's moment is its millisecond's beginning; the append was not after its end.
        appends.set(key, { id: String(headers?.['id']), atMs: Number(timestamp) + 1 });
      },
    );
    const moments = await this.#moments(ledgers);
    const fromAnswerMs: number[] = [];
    const fromRowMs: number[] = [];
    let unmatched = 0;
    for (const [ledger, txid, answeredAtMs] of paced.answers) {
      const append = appends.get(`${ledgers[ledger]}/${txid}`);
      const rowAtMs = append === undefined ? undefined : moments.get(append.id);
      if (append === undefined || rowAtMs === undefined) unmatched += 1;
      else {
        fromAnswerMs.push(append.atMs - answeredAtMs);
        fromRowMs.push(append.atMs - rowAtMs);
      }
    }
    if (fromAnswerMs.length === 0) throw new Error(`nothing was written at ${ratePerSecond} writes/s`);
    return {
      fromAnswerMs: latencyOf(fromAnswerMs),
      fromRowMs: latencyOf(fromRowMs),
      remarks:
        paced.lateMs.p99 > lateMsMax ? [`the generator was ${paced.lateMs.p99.toFixed(1)} ms late at its p99`] : [],
      faults: [
        ...faults,
        ...pacingFaults(paced, ratePerSecond),
        ...(unmatched === 0 ? [] : [`${unmatched} writes have no event`]),
      ],
    };
  }

  async ofBareProducer(
    name: string,
    { client, ratePerSecond }: { readonly client: KafkaClientName; readonly ratePerSecond: number },
  ): Promise<SendLatency> {
    const { topics, brokers, stops, warmUpSeconds, seconds } = this.#with;
    const topic = await topics.create('single', pairPartitions, true);
    const plan: PacedSendPlan = {
      client,
      brokers,
      topic,
      partitions: pairPartitions,
      ledgers: this.#ledgers(name),
      ratePerSecond,
      warmUpMs: warmUpSeconds * 1_000,
      measureMs: seconds * 1_000,
    };
    const sent = await runPlan<PacedSendResult>('bench/processes/paced-producer.ts', plan, stops);
    let stored = 0;
    await topics.read(topic, () => {
      stored += 1;
    });
    await topics.delete(topic);
    const isHeld = sent.sentPerSecond >= ratePerSecond * rateShareMin;
    return {
      sendMs: sent.latencyMs,
      remarks: isHeld ? [] : [`bare ${client} sent ${Math.round(sent.sentPerSecond)}/s, one after the other`],
      faults: stored === sent.records ? [] : [`${stored} of ${sent.records} records are in the topic`],
    };
  }

  #ledgers(name: string): string[] {
    return Array.from({ length: this.#with.ledgers }, (_, index) => `${name}-${index}`);
  }

  async #moments(ledgers: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const { rows } = await this.#with.pool.query<{ id: string; atMs: number }>(momentsSql, [ledgers]);
    return new Map(rows.map(({ id, atMs }) => [id, atMs]));
  }
}

interface PairAtRate {
  readonly client: KafkaClientName;
  /** What makes the relay use it. */
  readonly env: Readonly<Record<string, string>>;
  readonly ratePerSecond: number;
}

interface Append {
  readonly id: string;
  readonly atMs: number;
}

interface WrittenEvent {
  readonly ledger: string;
  readonly payload: { readonly transactions: readonly { readonly txid: number }[] };
}

/** Why writes on a schedule were not what was asked for. */
export function pacingFaults(paced: PacedResult, ratePerSecond: number): string[] {
  const refused = Object.entries(paced.refused).map(([reason, count]) => `${count} writes ended with ${reason}`);
  if (paced.gaveUp) return [...refused, `the ledger fell behind ${ratePerSecond} writes/s`];
  const isHeld = paced.answeredPerSecond >= ratePerSecond * rateShareMin;
  return isHeld
    ? refused
    : [...refused, `${Math.round(paced.answeredPerSecond)} of ${ratePerSecond} writes/s were answered`];
}
