import { Backlog } from './backlog.ts';
import { kafkaClients, type KafkaClientName } from './bare-client.ts';
import { benchPool, createDatabase } from './database.ts';
import {
  compareMeasured,
  measureInTurn,
  type Comparison,
  type ComparisonResult,
  type Contender,
} from './measurement.ts';
import { choices, folder, UsageError, wholeNumber } from './option.ts';
import { relayClients, type RelayClients } from './relay-clients.ts';
import { Drain, partitions } from './relay-drain.ts';
import { seedOutbox } from './seed-outbox.ts';
import { startServers } from './servers.ts';
import { migrate } from './service.ts';
import { ServiceProfile } from './service-profile.ts';
import { subject, type BenchmarkResult, type Conditions } from './subject.ts';
import { databaseSurroundings, kafkaSurroundings } from './surroundings.ts';

type Line = 'R1' | 'R3';

interface RelayBenchmarkOptions extends Conditions {
  readonly lines: readonly Line[];
  readonly rows: number;
  /** How many lanes the rows lie in; each number is a comparison of its own. */
  readonly lanes: readonly number[];
  readonly clients: readonly KafkaClientName[];
  /** Rows of R3's backlog, of which as many are timed as R1 drains. */
  readonly backlog: number;
  readonly profileFolder: string | undefined;
}

const rowsBounds = { min: 8_000, max: 20_000_000 };
/** R3 has its rows in as many. */
const manyLanes = 64;

export const relaySubject = subject({
  name: 'relay',
  title: 'The relay',
  about: 'R1 the drain of a backlog, R3 the same with a greater one and with a snapshot held open',
  options: {
    rows: wholeNumber('rows that are drained, rounded up to a multiple of 8,000', 1_000_000, rowsBounds),
    lanes: choices('how many lanes the rows lie in, of', ['64', '1']),
    client: choices("the relay's Kafka client, of", kafkaClients),
    backlog: wholeNumber("rows of R3's backlog, no fewer than those that are drained", 10_000_000, {
      min: 8_000,
      max: 100_000_000,
    }),
    only: choices('of', ['R1', 'R3']),
    profile: folder('where to leave CPU profiles; then shows where the time goes, and figures are no figures'),
  },
  method: () => 'from the first acknowledgement to the last',
  run: async ({ rows, lanes, client, backlog, only, profile }, conditions) => {
    if (backlog < rows) throw new UsageError('--backlog must not be less than --rows');
    if (only.includes('R3') && !lanes.map(Number).includes(manyLanes)) {
      throw new UsageError(`R3 is of ${manyLanes} lanes, so --lanes must name them or --only must not name R3`);
    }
    return benchmarkRelay({
      ...conditions,
      rows,
      backlog,
      lines: only,
      lanes: lanes.map(Number),
      clients: client,
      profileFolder: profile,
    });
  },
});

/** Measures the relay on a PostgreSQL of its own and on the Kafka that the stack finds. */
async function benchmarkRelay(options: RelayBenchmarkOptions): Promise<BenchmarkResult> {
  const { stops, progress, rows, lines } = options;
  const clients = await relayClients(options.clients);
  for (const refusal of clients.refusals) progress(refusal);
  progress('starting PostgreSQL and Kafka …');
  const { databaseUrl: serverUrl, brokers, topics, isOurKafka } = await startServers(options);
  const profile = new ServiceProfile(options.profileFolder);

  const comparisons: ComparisonResult[] = [];
  let surroundings = kafkaSurroundings({ isOurs: isOurKafka, partitions });
  const drainOf = async (lanes: number, backlogRows: number): Promise<Drain> => {
    const databaseUrl = await createDatabase(serverUrl, `lanes_${lanes}_rows_${backlogRows}`);
    const pool = benchPool(databaseUrl, 4);
    stops.add(async () => pool.end());
    surroundings = { ...(await databaseSurroundings(pool)), ...surroundings };
    const backlog = new Backlog({ rows: backlogRows, lanes });
    await migrate(databaseUrl, stops);
    await seedOutbox(pool, backlog, progress);
    return new Drain({ backlog, databaseUrl, pool, topics, brokers, profile, stops });
  };
  for (const lanes of options.lanes) {
    const drain = await drainOf(lanes, rows);
    const long = lines.includes('R3') && lanes === manyLanes ? await drainOf(lanes, options.backlog) : undefined;
    comparisons.push(...(await compareDrains({ ...options, clients, drain, long, lanes })));
  }
  return { comparisons, gauges: [], surroundings, tables: profile.tables() };
}

interface DrainsOptions extends Omit<RelayBenchmarkOptions, 'clients' | 'lanes'> {
  readonly clients: RelayClients;
  readonly lanes: number;
  readonly drain: Drain;
  /** Of R3's backlog, where that is measured. */
  readonly long: Drain | undefined;
}

/** All drains of as many lanes in turn, so that each comparison has the same minutes. */
async function compareDrains(options: DrainsOptions): Promise<ComparisonResult[]> {
  const { clients, drain, long, lanes, lines, rows, runs, progress } = options;
  const work = `drain of ${count(rows)} rows, ${lanes} ${lanes === 1 ? 'lane' : 'lanes'}`;
  const shared = { work, unit: 'msg/s', direction: '>=', others: [] } as const;
  const bare = new Map(kafkaClients.map((client) => [client, drain.bare(client)] as const));
  const relays = new Map(
    [...clients.settings].map(([client, env]) => [client, drain.relay({ name: `relay with ${client}`, env })] as const),
  );
  const preset = relays.get(clients.preset) ?? drain.relay({ name: `relay with ${clients.preset}`, env: {} });
  const comparisons: Comparison[] = [];
  if (lines.includes('R1')) {
    const r1 = { ...shared, id: 'R1', target: 0.9 } as const;
    for (const [client, relay] of relays) {
      const named = { variant: `${lanes} lanes, ${client}`, work: `${work}, ${client}` };
      comparisons.push({ ...r1, ...named, stretch: undefined, ...against(relay, bare.get(client)) });
    }
    const named = { variant: `${lanes} lanes, preset`, work: `${work}, the relay as it comes against bare kafkajs` };
    comparisons.push({ ...r1, ...named, stretch: 1.5, ...against(preset, bare.get('kafkajs')) });
  }
  if (long !== undefined) {
    const name = `relay with ${clients.preset}`;
    const before = `the first of a backlog of ${count(options.backlog)}`;
    const greater = long.relay({ name: `${name}, ${before}`, env: {}, rows });
    const held = drain.relay({ name: `${name}, snapshot held`, env: {}, isSnapshotHeld: true });
    const r3 = { ...shared, id: 'R3', target: 0.95, stretch: undefined } as const;
    comparisons.push(
      { ...r3, variant: 'backlog', work: `${work}, ${before}`, ...against(greater, preset) },
      {
        ...r3,
        variant: 'snapshot',
        work: `${work}, a snapshot held open by another session`,
        ...against(held, preset),
      },
    );
  }
  progress(`${lines.join(', ')}: ${work}`);
  const contenders = new Set(comparisons.flatMap(({ baseline, ours }) => [baseline, ours]));
  const measured = await measureInTurn([...contenders], { runs, unit: shared.unit, progress });
  return comparisons.map((comparison) => compareMeasured(comparison, measured));
}

function against(ours: Contender, baseline: Contender | undefined): Pick<Comparison, 'ours' | 'baseline'> {
  if (baseline === undefined) throw new Error(`there is nothing to hold ${ours.name} against`);
  return { ours, baseline };
}

function count(rows: number): string {
  return rows.toLocaleString('en-US');
}
