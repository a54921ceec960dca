import { createPool } from '@daybook/postgres';
import { AppendLatencyRuns, type AppendLatency, type SendLatency } from './append-latency.ts';
import { kafkaClients, type KafkaClientName } from './bare-client.ts';
import { compareMeasured, measureInTurn, type ComparisonResult, type Contender, type Gauge } from './measurement.ts';
import { choices, folder, wholeNumber, wholeNumbers } from './option.ts';
import { Pair, pairPartitions } from './pair.ts';
import { connections, FullLoad } from './pair-rate.ts';
import type { Latency } from './latency.ts';
import { relayClients, type RelayClients } from './relay-clients.ts';
import { startServers } from './servers.ts';
import { ServiceProfile } from './service-profile.ts';
import { spreadOf } from './statistics.ts';
import { subject, type BenchmarkResult, type Conditions } from './subject.ts';
import { databaseSurroundings, kafkaSurroundings } from './surroundings.ts';

interface LatencyBenchmarkOptions extends Conditions {
  readonly lines: readonly string[];
  readonly rates: readonly number[];
  readonly ledgers: number;
  readonly clients: readonly KafkaClientName[];
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly profileFolder: string | undefined;
}

/** The median may be so much above that of a bare producer. */
const p50AboveMsMax = 5;
const p99MsMax = 25;

export const latencySubject = subject({
  name: 'latency',
  title: 'The pair',
  about: 'R2 from an acknowledged write to its append at the broker, E1 events a second under full write load',
  options: {
    seconds: wholeNumber('measured seconds of each run', 20, { min: 3, max: 600 }),
    'warm-up': wholeNumber('seconds before it that do not count', 5, { min: 1, max: 600 }),
    rate: wholeNumbers("R2's writes a second", [500, 2_000], { min: 1, max: 20_000 }),
    ledgers: wholeNumber("ledgers that R2's writes go to in turn", 1, { min: 1, max: 10_000 }),
    client: choices("the relay's Kafka client, of", kafkaClients),
    only: choices('of', ['R2', 'E1']),
    profile: folder('where to leave CPU profiles; then shows where the time goes, and figures are no figures'),
  },
  method: ({ seconds, 'warm-up': warmUp }) =>
    `${seconds} s each after ${warmUp} s of warm-up, append times by the broker`,
  run: async ({ seconds, 'warm-up': warmUpSeconds, rate, ledgers, client, only, profile }, conditions) =>
    benchmarkLatency({
      ...conditions,
      seconds,
      warmUpSeconds,
      ledgers,
      rates: rate,
      clients: client,
      lines: only,
      profileFolder: profile,
    }),
});

/** Measures the ledger and the relay together, on a PostgreSQL of their own and on the Kafka that the stack finds. */
async function benchmarkLatency(options: LatencyBenchmarkOptions): Promise<BenchmarkResult> {
  const { stops, progress, lines } = options;
  const clients = await relayClients(options.clients);
  for (const refusal of clients.refusals) progress(refusal);
  progress('starting PostgreSQL, Kafka and a ledger …');
  const { databaseUrl, brokers, topics, isOurKafka } = await startServers(options);
  const pool = createPool(databaseUrl, { size: 2, applicationName: 'daybook bench', queryTimeoutMs: 0 });
  stops.add(async () => pool.end());
  const profile = new ServiceProfile(options.profileFolder);
  const servers = { ...options, databaseUrl, pool, brokers, topics, profile };
  const pair = await Pair.start(servers);

  const gauges = lines.includes('R2')
    ? await appendLatencies(new AppendLatencyRuns({ ...servers, pair }), { ...options, clients })
    : [];
  const comparisons = lines.includes('E1')
    ? await fullLoads(new FullLoad({ ...servers, pair }), { ...options, clients })
    : [];
  const surroundings = {
    ...(await databaseSurroundings(pool)),
    ...kafkaSurroundings({ isOurs: isOurKafka, partitions: pairPartitions }),
  };
  await pair.ledger.stop();
  return { comparisons, gauges, surroundings, tables: profile.tables() };
}

interface WithClients extends Omit<LatencyBenchmarkOptions, 'clients'> {
  readonly clients: RelayClients;
}

/** R2 of each client and rate: the pair and the bare producer in turn. */
async function appendLatencies(measure: AppendLatencyRuns, options: WithClients): Promise<Gauge[]> {
  const { clients, rates, runs, progress } = options;
  const gauges: Gauge[] = [];
  for (const [client, env] of clients.settings) {
    for (const ratePerSecond of rates) {
      const sends: SendLatency[] = [];
      const appends: AppendLatency[] = [];
      for (let run = 1; run <= runs; run += 1) {
        const name = `r2-${client}-${ratePerSecond}-${run}`;
        const sent = await measure.ofBareProducer(name, { client, ratePerSecond });
        const appended = await measure.ofPair(name, { client, env, ratePerSecond });
        const outcome = [...sent.faults, ...appended.faults].join('; ') || shown(appended.fromAnswerMs);
        progress(`R2, ${client}, ${ratePerSecond}/s, run ${run} of ${runs}: ${outcome}; bare ${shown(sent.sendMs)}`);
        sends.push(sent);
        appends.push(appended);
      }
      gauges.push(...appendGauges({ client, ratePerSecond, ledgers: options.ledgers, sends, appends }));
    }
  }
  return gauges;
}

function appendGauges(of: {
  readonly client: KafkaClientName;
  readonly ratePerSecond: number;
  readonly ledgers: number;
  readonly sends: readonly SendLatency[];
  readonly appends: readonly AppendLatency[];
}): Gauge[] {
  const { client, ratePerSecond, ledgers, sends, appends } = of;
  const faults = [...sends, ...appends].flatMap((run) => run.faults);
  const remarks = [...new Set([...sends, ...appends].flatMap((run) => run.remarks))];
  const fromAnswerMs = medianLatency(appends.map((run) => run.fromAnswerMs));
  const fromRow = shown(medianLatency(appends.map((run) => run.fromRowMs)));
  const send = shown(medianLatency(sends.map((run) => run.sendMs)));
  const baselines = sends.map(({ sendMs }) => sendMs.p50);
  const shared = { id: 'R2', unit: 'ms', digits: 1, faults } as const;
  const work = `acknowledged commit to broker append, ${ratePerSecond} writes/s to ${ledgers} ${ledgers === 1 ? 'ledger' : 'ledgers'}, relay with ${client}`;
  const ofRuns = (figure: (run: AppendLatency) => number) => (faults.length === 0 ? appends.map(figure) : []);
  return [
    {
      ...shared,
      variant: `${client}, ${ratePerSecond}/s, p50`,
      work: `${work}: p50`,
      target: Math.round((spreadOf(baselines).median + p50AboveMsMax) * 10) / 10,
      figures: ofRuns((run) => run.fromAnswerMs.p50),
      baselines,
      latencyMs: fromAnswerMs,
      detail: [
        `from the row's moment before the COMMIT ${fromRow} ms`,
        `acknowledged sends of single records by bare ${client} ${send} ms (p50 / p95 / p99)`,
        ...remarks,
      ].join('; '),
    },
    {
      ...shared,
      variant: `${client}, ${ratePerSecond}/s, p99`,
      work: `${work}: p99`,
      target: p99MsMax,
      figures: ofRuns((run) => run.fromAnswerMs.p99),
      latencyMs: fromAnswerMs,
    },
  ];
}

/** E1: the pair with each client, against the ledger alone. */
async function fullLoads(load: FullLoad, options: WithClients): Promise<ComparisonResult[]> {
  const { clients, runs, progress } = options;
  const work = `single write, world → random user, 1 ledger, ${connections} connections, to Kafka`;
  const unit = 'events/s';
  const alone: Contender = {
    name: 'ledger alone (L1)',
    settings: `1 process, ${connections} connections, defaults`,
    measure: async (run) => load.ofLedger(`e1-alone-${run}`),
  };
  const pairs = [...clients.settings].map(([client, env]) => ({
    client,
    contender: {
      name: `ledger and relay with ${client}`,
      settings: `1 process each, ${connections} connections, defaults`,
      measure: async (run: number) => load.ofPair(`e1-${client}-${run}`, { label: `full load, ${client}`, env }),
    } satisfies Contender,
  }));
  progress(`E1: ${work}`);
  const contenders = [alone, ...pairs.map(({ contender }) => contender)];
  const measured = await measureInTurn(contenders, { runs, unit, progress });
  const shared = { id: 'E1', unit, direction: '>=', target: 0.6, stretch: undefined, others: [] } as const;
  return pairs.map(({ client, contender }) => {
    const named = { variant: client, work: `${work}, relay with ${client}` };
    return compareMeasured({ ...shared, ...named, ours: contender, baseline: alone }, measured);
  });
}

function medianLatency(latencies: readonly Latency[]): Latency {
  const median = (of: (latency: Latency) => number) => spreadOf(latencies.map(of)).median;
  return { p50: median(({ p50 }) => p50), p95: median(({ p95 }) => p95), p99: median(({ p99 }) => p99) };
}

function shown({ p50, p95, p99 }: Latency): string {
  return `${p50.toFixed(1)} / ${p95.toFixed(1)} / ${p99.toFixed(1)}`;
}
