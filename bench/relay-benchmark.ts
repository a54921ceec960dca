import { setTimeout as delay } from 'node:timers/promises';
import { createPool, type Pool } from '@daybook/postgres';
import { startKafka, startPostgres } from '@daybook/stack';
import { Backlog } from './backlog.ts';
import type { BarePlan, BareResult } from './processes/bare-producer.ts';
import { runPlan } from './benchmark-process.ts';
import { compare, type ComparisonResult, type Measurement } from './measurement.ts';
import { seedOutbox } from './seed-outbox.ts';
import { migrate, Service } from './service.ts';
import { choices, wholeNumber } from './option.ts';
import { subject, type BenchmarkResult, type Conditions } from './subject.ts';
import { databaseSurroundings, kafkaSurroundings } from './surroundings.ts';
import { Topics } from './topic-audit.ts';

interface RelayBenchmarkOptions extends Conditions {
  readonly rows: number;
  /** How many lanes the rows lie in; each number is a comparison of its own. */
  readonly lanes: readonly number[];
}

export const relaySubject = subject({
  name: 'relay',
  title: 'The relay',
  about: 'R1 the drain of a backlog',
  options: {
    rows: wholeNumber('rows of the backlog, rounded up to a multiple of 8,000', 1_000_000, {
      min: 8_000,
      max: 20_000_000,
    }),
    lanes: choices('how many lanes the rows lie in, of', ['64', '1']),
  },
  method: () => 'from the first acknowledgement to the last',
  run: async ({ rows, lanes }, conditions) => benchmarkRelay({ rows, lanes: lanes.map(Number), ...conditions }),
});

const partitions = 8;
const batchRows = 500;
const pollMs = 50;
const stalledAfterMs = 60_000;

/** Measures the relay on a PostgreSQL of its own and on the Kafka that the stack finds. */
async function benchmarkRelay(options: RelayBenchmarkOptions): Promise<BenchmarkResult> {
  const { stops, progress } = options;
  progress('starting PostgreSQL and Kafka …');
  const postgres = await startPostgres({ report: progress });
  stops.add(async () => postgres.stop());
  const kafka = await startKafka({ report: progress });
  stops.add(async () => kafka.stop());
  const topics = new Topics(kafka.brokers);
  await topics.connect();
  stops.add(async () => topics.disconnect());

  const comparisons: ComparisonResult[] = [];
  let surroundings = kafkaSurroundings({ isOurs: kafka.pid !== undefined, partitions });
  for (const lanes of options.lanes) {
    const databaseUrl = await createDatabase(postgres.databaseUrl, `lanes_${lanes}`);
    const pool = createPool(databaseUrl, { size: 2, applicationName: 'daybook bench', queryTimeoutMs: 0 });
    const endPool = stops.add(async () => pool.end());
    surroundings = { ...(await databaseSurroundings(pool)), ...surroundings };
    const backlog = new Backlog({ rows: options.rows, lanes });
    await migrate(databaseUrl, stops);
    await seedOutbox(pool, backlog, progress);
    const drain = new Drain({ ...options, backlog, databaseUrl, pool, topics, brokers: kafka.brokers });
    comparisons.push(await drain.compare());
    await endPool();
  }
  return { comparisons, gauges: [], surroundings };
}

interface DrainOptions extends Pick<RelayBenchmarkOptions, 'runs' | 'stops' | 'progress'> {
  readonly backlog: Backlog;
  readonly databaseUrl: string;
  readonly pool: Pool;
  readonly topics: Topics;
  readonly brokers: readonly string[];
}

/** R1: the drain of one backlog, against the bare producer of the same records. */
class Drain {
  readonly #with: DrainOptions;

  constructor(options: DrainOptions) {
    this.#with = options;
  }

  async compare(): Promise<ComparisonResult> {
    const { rows, lanes } = this.#with.backlog;
    return compare(
      {
        id: 'R1',
        variant: `lanes=${lanes}`,
        work: `drain of ${rows.toLocaleString('en-US')} rows, ${lanes} ${lanes === 1 ? 'lane' : 'lanes'}`,
        unit: 'msg/s',
        direction: '>=',
        target: 0.9,
        stretch: 1.5,
        ours: {
          name: 'relay',
          settings: `1 process, RELAY_BATCH_ROWS=${batchRows}, otherwise defaults`,
          measure: async (run) => this.#onTopic('relay', run, async (topic) => this.#measureRelay(topic)),
        },
        baseline: {
          name: 'bare kafkajs producer',
          settings: `own process, batches of ${batchRows}, acks=all, idempotent, 1 in flight`,
          measure: async (run) => this.#onTopic('bare', run, async (topic) => this.#measureBare(topic)),
        },
        others: [],
      },
      this.#with,
    );
  }

  /** Each run has a topic of its own; each reads another partition back. */
  async #onTopic(label: string, run: number, measure: (topic: string) => Promise<Measurement>): Promise<Measurement> {
    const { topics, backlog } = this.#with;
    const topic = await topics.create(label, partitions);
    const measurement = await measure(topic);
    const faults = await topics.audit(topic, backlog, (run - 1) % partitions);
    await topics.delete(topic);
    return { ...measurement, faults: [...measurement.faults, ...faults] };
  }

  async #measureBare(topic: string): Promise<Measurement> {
    const { brokers, backlog, stops } = this.#with;
    const { rows, lanes } = backlog;
    const plan: BarePlan = { client: 'kafkajs', brokers, topic, partitions, rows, lanes, batchRows };
    const { records, seconds, cpuSeconds } = await runPlan<BareResult>('bench/processes/bare-producer.ts', plan, stops);
    return {
      figure: records / seconds,
      cpuSecondsPer100k: (cpuSeconds / records) * 100_000,
      remarks: [],
      faults: records + batchRows === rows ? [] : [`${records + batchRows} of ${rows} records sent`],
    };
  }

  async #measureRelay(topic: string): Promise<Measurement> {
    const { databaseUrl, brokers, stops, pool } = this.#with;
    await pool.query('truncate position, relay');
    const relay = await Service.launch(
      'relay',
      {
        DATABASE_URL: databaseUrl,
        PUBLISHER_KAFKA_ENABLED: 'true',
        PUBLISHER_KAFKA_BROKER: brokers.join(','),
        PUBLISHER_TOPIC_MAPPING: `*:${topic}`,
        RELAY_BATCH_ROWS: String(batchRows),
      },
      stops,
    );
    const first = await this.#published(relay, 1);
    const cpuBefore = await relay.cpuSeconds();
    const last = await this.#published(relay, this.#with.backlog.rows);
    const cpu = (await relay.cpuSeconds()) - cpuBefore;
    await relay.stop();
    const rows = last.rows - first.rows;
    return {
      figure: rows / (last.atSeconds - first.atSeconds),
      cpuSecondsPer100k: (cpu / rows) * 100_000,
      remarks: [],
      faults: last.rows === this.#with.backlog.rows ? [] : [`positions stand at ${last.rows} rows`],
    };
  }

  /** Waits until at least so many rows are acknowledged; the moment is that of the last position, by the database's clock. */
  async #published(relay: Service, rows: number): Promise<{ readonly rows: number; readonly atSeconds: number }> {
    let before = 0;
    let movedAtMs = performance.now();
    for (;;) {
      const found = await this.#progress();
      if (found.rows >= rows) return found;
      relay.check();
      if (found.rows > before) {
        before = found.rows;
        movedAtMs = performance.now();
      }
      if (performance.now() - movedAtMs > stalledAfterMs) {
        throw new Error(`the relay stands at ${found.rows} rows for ${stalledAfterMs / 1_000} s`);
      }
      await delay(pollMs);
    }
  }

  async #progress(): Promise<{ readonly rows: number; readonly atSeconds: number }> {
    const { rows } = await this.#with.pool.query<{ rows: number; atSeconds: number }>(progressSql);
    const [progress] = rows;
    if (progress === undefined) throw new Error('the database told no progress');
    return progress;
  }
}

// One index step per lane.
const progressSql = `
select coalesce(sum(p.seq), 0)::bigint as rows,
  coalesce(extract(epoch from max(p.recorded_at)), 0)::float8 as "atSeconds"
from lane
cross join lateral (
  select seq, recorded_at from position where position.lane = lane.id order by seq desc limit 1
) p`;

async function createDatabase(serverUrl: string, name: string): Promise<string> {
  const pool = createPool(serverUrl, { size: 1, applicationName: 'daybook bench', queryTimeoutMs: 0 });
  await pool.query(`create database ${name}`);
  await pool.end();
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
