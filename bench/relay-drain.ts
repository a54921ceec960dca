import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from '@daybook/postgres';
import type { Backlog, BacklogShare } from './backlog.ts';
import type { KafkaClientName } from './bare-client.ts';
import { runPlan } from './benchmark-process.ts';
import type { Contender, Measurement } from './measurement.ts';
import type { BarePlan, BareResult } from './processes/bare-producer.ts';
import { Service } from './service.ts';
import type { ServiceProfile } from './service-profile.ts';
import type { Stops } from './stops.ts';
import type { Topics } from './topic-audit.ts';

export const partitions = 8;
const batchRows = 500;
const pollMs = 50;
const stalledAfterMs = 60_000;

interface DrainOptions {
  readonly backlog: Backlog;
  readonly databaseUrl: string;
  /** With four sessions: for what is asked, what is held open, and what is sampled. */
  readonly pool: Pool;
  readonly topics: Topics;
  readonly brokers: readonly string[];
  readonly profile: ServiceProfile;
  readonly stops: Stops;
}

interface RelayContender {
  readonly name: string;
  /** Said of it beside what all have. */
  readonly remark?: string;
  readonly env: Readonly<Record<string, string>>;
  /** How many relays share the lanes; one unless told. */
  readonly relays?: number;
  /** How many rows are timed, where not all of the backlog. */
  readonly rows?: number;
  /** Another session keeps a snapshot open that it took before the relay began. */
  readonly isSnapshotHeld?: boolean;
}

/** What drains a backlog: the relay, and the bare producer of the same records. */
export class Drain {
  readonly #with: DrainOptions;

  constructor(options: DrainOptions) {
    this.#with = options;
  }

  bare(client: KafkaClientName): Contender {
    return {
      name: `bare ${client} producer`,
      settings: `own process, batches of ${batchRows}, acks=all, idempotent, 1 in flight`,
      measure: async (run) => this.#onTopic('bare', run, async (topic) => this.#measureBare(client, topic)),
    };
  }

  relay(contender: RelayContender): Contender {
    const { name, remark, relays = 1, isSnapshotHeld = false } = contender;
    return {
      name,
      settings: `${relays} ${relays === 1 ? 'process' : 'processes'}, RELAY_BATCH_ROWS=${batchRows}, otherwise defaults${remark === undefined ? '' : `; ${remark}`}`,
      measure: async (run) =>
        this.#onTopic('relay', run, async (topic) => {
          await this.#with.pool.query('truncate position, relay');
          const drain = async () => this.#measureRelay(contender, topic);
          return isSnapshotHeld ? await this.#withSnapshot(drain) : await drain();
        }),
    };
  }

  /** Each run has a topic of its own; each reads another partition back. */
  async #onTopic(
    label: string,
    run: number,
    measure: (topic: string) => Promise<{ readonly measurement: Measurement; readonly published: BacklogShare }>,
  ): Promise<Measurement> {
    const { topics } = this.#with;
    const topic = await topics.create(label, partitions);
    const { measurement, published } = await measure(topic);
    const faults = await topics.audit(topic, published, (run - 1) % partitions);
    await topics.delete(topic);
    return { ...measurement, faults: [...measurement.faults, ...faults] };
  }

  async #measureBare(client: KafkaClientName, topic: string) {
    const { brokers, backlog, stops } = this.#with;
    const { rows, lanes } = backlog;
    const plan: BarePlan = { client, brokers, topic, partitions, rows, lanes, batchRows };
    const { records, seconds, cpuSeconds } = await runPlan<BareResult>('bench/processes/bare-producer.ts', plan, stops);
    const measurement: Measurement = {
      figure: records / seconds,
      cpuSecondsPer100k: (cpuSeconds / records) * 100_000,
      remarks: [],
      faults: records + batchRows === rows ? [] : [`${records + batchRows} of ${rows} records sent`],
    };
    return { measurement, published: backlog };
  }

  async #measureRelay({ name, env, relays: asMany = 1, rows: asked }: RelayContender, topic: string) {
    const { databaseUrl, brokers, stops, pool, backlog, profile } = this.#with;
    const all = asked ?? backlog.rows;
    const settings = { ...relaySettings({ databaseUrl, brokers, topic }), ...env };
    const relays = await Promise.all(
      Array.from({ length: asMany }, async () =>
        Service.launch('relay', settings, stops, profile.nodeArguments('relay')),
      ),
    );
    const cpuSeconds = async () => {
      const each = await Promise.all(relays.map(async (relay) => relay.cpuSeconds()));
      return each.reduce((sum, seconds) => sum + seconds, 0);
    };
    const first = await this.#published(relays, 1);
    const cpuBefore = await cpuSeconds();
    const label = `drain, ${backlog.lanes} ${backlog.lanes === 1 ? 'lane' : 'lanes'}, ${name}`;
    const last = await profile.during(label, pool, async () => this.#published(relays, all));
    const cpu = (await cpuSeconds()) - cpuBefore;
    await Promise.all(relays.map(async (relay) => relay.stop()));
    // A relay that is stopped in the middle of a backlog states what was still in flight.
    const positions = await this.#positions();
    const published = backlog.upTo(new Map(positions.map(({ lane, seq }) => [lane, seq])));
    const rows = last.rows - first.rows;
    const isWhole = asked === undefined ? published.rows === all : published.rows >= all;
    const measurement: Measurement = {
      figure: rows / (last.atSeconds - first.atSeconds),
      cpuSecondsPer100k: (cpu / rows) * 100_000,
      remarks: [],
      faults: isWhole ? [] : [`positions stand at ${published.rows} rows`],
    };
    return { measurement, published };
  }

  /** The snapshot is of a transaction that can read the state that other sessions change; it touches none of their tables. */
  async #withSnapshot<Result>(work: () => Promise<Result>): Promise<Result> {
    const client = await this.#with.pool.connect();
    try {
      await client.query('begin isolation level repeatable read, read only');
      await client.query('select count(*) from lane');
      return await work();
    } finally {
      await client.query('rollback');
      client.release();
    }
  }

  /** Waits until at least so many rows are acknowledged; the moment is that of the last position, by the database's clock. */
  async #published(
    relays: readonly Service[],
    rows: number,
  ): Promise<{ readonly rows: number; readonly atSeconds: number }> {
    let before = 0;
    let movedAtMs = performance.now();
    for (;;) {
      const positions = await this.#positions();
      const found = {
        rows: positions.reduce((sum, { seq }) => sum + seq, 0),
        atSeconds: Math.max(0, ...positions.map(({ atSeconds }) => atSeconds)),
      };
      if (found.rows >= rows) return found;
      for (const relay of relays) relay.check();
      if (found.rows > before) {
        before = found.rows;
        movedAtMs = performance.now();
      }
      if (performance.now() - movedAtMs > stalledAfterMs) {
        throw new Error(`what is published stands at ${found.rows} rows for ${stalledAfterMs / 1_000} s`);
      }
      await delay(pollMs);
    }
  }

  async #positions(): Promise<readonly Position[]> {
    const { rows } = await this.#with.pool.query<Position>({ name: 'positions', text: positionsSql });
    return rows;
  }
}

interface DrainRoute {
  readonly databaseUrl: string;
  readonly brokers: readonly string[];
  readonly topic: string;
}

/** What a relay that drains into one topic is started with. */
export function relaySettings({ databaseUrl, brokers, topic }: DrainRoute): Readonly<Record<string, string>> {
  return {
    DATABASE_URL: databaseUrl,
    PUBLISHER_KAFKA_ENABLED: 'true',
    PUBLISHER_KAFKA_BROKER: brokers.join(','),
    PUBLISHER_TOPIC_MAPPING: `*:${topic}`,
    RELAY_BATCH_ROWS: String(batchRows),
  };
}

interface Position {
  readonly lane: number;
  readonly seq: number;
  /** When it was stated. */
  readonly atSeconds: number;
}

// One index step per lane.
const positionsSql = `
select lane.id as lane, p.seq, extract(epoch from p.recorded_at)::float8 as "atSeconds"
from lane
cross join lateral (
  select seq, recorded_at from position where position.lane = lane.id order by seq desc limit 1
) p`;
