import { setTimeout as delay } from 'node:timers/promises';
import { createPool, type Pool } from '@daybook/postgres';
import { createTopic } from '../packages/stack/src/testing/create-topic.ts';
import { readWholeTopic } from '../packages/stack/src/testing/topic-reader.ts';
import { Backlog } from './backlog.ts';
import type { Gauge } from './measurement.ts';
import { wholeNumber } from './option.ts';
import { seedOutbox } from './seed-outbox.ts';
import { startServers } from './servers.ts';
import { migrate, Service } from './service.ts';
import { subject, type BenchmarkResult, type Conditions } from './subject.ts';
import { databaseSurroundings, kafkaSurroundings } from './surroundings.ts';

interface TakeoverBenchmarkOptions extends Conditions {
  readonly rows: number;
}

export const takeoverSubject = subject({
  name: 'takeover',
  title: 'A killed relay',
  about: 'K1 to K4, a relay killed in the middle of a drain: what is repeated, and when something new appears',
  options: {
    rows: wholeNumber('rows of the drain, rounded up to a multiple of 8,000', 104_000, { min: 8_000, max: 20_000_000 }),
  },
  method: () => 'append times by the broker',
  run: async (values, conditions) => benchmarkTakeover({ ...values, ...conditions }),
});

interface Scenario {
  readonly id: string;
  /** A second relay shares the lanes from the beginning; else the same one is started again at once. */
  readonly hasStandby: boolean;
  readonly dedupes: boolean;
}

const scenarios: readonly Scenario[] = [
  { id: 'K1', hasStandby: false, dedupes: true },
  { id: 'K2', hasStandby: false, dedupes: false },
  { id: 'K3', hasStandby: true, dedupes: true },
  { id: 'K4', hasStandby: true, dedupes: false },
];

const partitions = 8;
const lanes = 64;
/** How much of the drain is done when the relay is killed. */
const killedAtShare = 0.4;
const deadAfterMs = 10_000;
const repeatsMax = 1_000;
const stalledAfterMs = 60_000;
const pollMs = 10;

interface Outcome {
  readonly repeats: number;
  readonly firstNewMs: number;
  readonly faults: readonly string[];
}

/** K1 to K4: a relay is killed in the middle of a drain. Counts what is repeated, and how long nothing new of its lanes appears. */
async function benchmarkTakeover(options: TakeoverBenchmarkOptions): Promise<BenchmarkResult> {
  const { stops, progress, runs } = options;
  progress('starting PostgreSQL and Kafka …');
  const { databaseUrl, brokers, isOurKafka } = await startServers(options);
  const pool = createPool(databaseUrl, { size: 2, applicationName: 'daybook bench', queryTimeoutMs: 0 });
  stops.add(async () => pool.end());
  const surroundings = {
    ...(await databaseSurroundings(pool)),
    ...kafkaSurroundings({ isOurs: isOurKafka, partitions }),
  };
  const backlog = new Backlog({ rows: options.rows, lanes });
  await migrate(databaseUrl, stops);
  await seedOutbox(pool, backlog, progress);

  const gauges: Gauge[] = [];
  for (const scenario of scenarios) {
    const outcomes: Outcome[] = [];
    for (let run = 1; run <= runs; run += 1) {
      const kill = new Kill({ ...options, databaseUrl, pool, brokers, rows: backlog.rows, scenario });
      const outcome = await kill.run(`bench-${scenario.id}-${run}`.toLowerCase());
      progress(
        `${scenario.id}, run ${run} of ${runs}: ${outcome.repeats} repeats, new again after ${Math.round(outcome.firstNewMs)} ms`,
      );
      outcomes.push(outcome);
    }
    gauges.push(...gaugesOf(scenario, outcomes, backlog.rows));
  }
  return { comparisons: [], gauges, surroundings };
}

function gaugesOf({ id, hasStandby, dedupes }: Scenario, outcomes: readonly Outcome[], rows: number): Gauge[] {
  const who = hasStandby ? 'another relay shares the lanes' : 'the same relay is started again at once';
  const how = `PUBLISHER_DEDUPE_ON_TAKEOVER=${dedupes}`;
  const work = `SIGKILL ${killedAtShare * 100} % into a drain of ${rows.toLocaleString('en-US')}, ${who}, ${how}`;
  const faults = outcomes.flatMap((outcome) => outcome.faults);
  const ofAll = (figure: (outcome: Outcome) => number) => (faults.length === 0 ? outcomes.map(figure) : []);
  return [
    {
      id,
      variant: 'repeats',
      work: `${work}: repeats`,
      unit: 'records',
      target: dedupes ? 0 : repeatsMax,
      figures: ofAll(({ repeats }) => repeats),
      faults,
    },
    {
      id,
      variant: 'firstNew',
      work: `${work}: first new record of its lanes after`,
      unit: 'ms',
      // Dead after so long, by heartbeats that are looked at every two seconds.
      target: deadAfterMs + 2_000,
      figures: ofAll(({ firstNewMs }) => firstNewMs),
      faults: [],
    },
  ];
}

interface KillOptions extends TakeoverBenchmarkOptions {
  readonly databaseUrl: string;
  readonly pool: Pool;
  readonly brokers: readonly string[];
  readonly scenario: Scenario;
}

/** One drain, and one kill in it. */
class Kill {
  readonly #with: KillOptions;

  constructor(options: KillOptions) {
    this.#with = options;
  }

  async run(topic: string): Promise<Outcome> {
    const { pool, brokers, rows, scenario } = this.#with;
    await pool.query('truncate position, relay, parked, held, pause');
    // Nothing is published before all who share the lanes are there.
    await pool.query(pauseSql);
    await createTopic(brokers, topic, { partitions });
    const standby = scenario.hasStandby ? await this.#launch(topic, 'standby') : undefined;
    const victim = await this.#launch(topic, 'victim');
    await Promise.all([standby?.ready(), victim.ready()]);
    await pool.query(resumeSql);
    await this.#published(rows * killedAtShare);
    const { rows: owned } = await pool.query<{ lane: number }>(ownedSql);
    const killedAtMs = Date.now();
    await victim.kill();
    // A container that is started again has another name.
    const successor = standby ?? (await this.#launch(topic, 'successor'));
    await this.#published(rows);
    await successor.stop();
    return await this.#judge(topic, { killedAtMs, lanes: new Set(owned.map(({ lane }) => lane)) });
  }

  async #launch(topic: string, id: string): Promise<Service> {
    const { databaseUrl, brokers, scenario, stops } = this.#with;
    const env = {
      DATABASE_URL: databaseUrl,
      PUBLISHER_KAFKA_ENABLED: 'true',
      PUBLISHER_KAFKA_BROKER: brokers.join(','),
      PUBLISHER_TOPIC_MAPPING: `*:${topic}`,
      PUBLISHER_DEDUPE_ON_TAKEOVER: String(scenario.dedupes),
      RELAY_DEAD_AFTER_MS: String(deadAfterMs),
      RELAY_ID: id,
    };
    return await Service.launch('relay', env, stops);
  }

  async #published(rows: number): Promise<void> {
    const { pool } = this.#with;
    let before = -1;
    let movedAtMs = performance.now();
    for (;;) {
      const result = await pool.query<{ rows: number }>(publishedSql);
      const found = result.rows[0]?.rows ?? 0;
      if (found >= rows) return;
      if (found > before) {
        before = found;
        movedAtMs = performance.now();
      }
      if (performance.now() - movedAtMs > stalledAfterMs) {
        throw new Error(`publishing stands at ${found} rows for ${stalledAfterMs / 1_000} s`);
      }
      await delay(pollMs);
    }
  }

  async #judge(
    topic: string,
    kill: { readonly killedAtMs: number; readonly lanes: ReadonlySet<number> },
  ): Promise<Outcome> {
    const { pool, brokers, rows } = this.#with;
    const result = await pool.query<{ id: string; lane: number }>('select event_id as id, lane from outbox');
    const laneOf = new Map(result.rows.map(({ id, lane }) => [id, lane]));
    const seen = new Set<string>();
    const lastOf = new Map<string, number>();
    let repeats = 0;
    let disordered = 0;
    let firstNewAtMs = Infinity;
    for (const { headers, timestampMs } of await readWholeTopic(brokers, topic)) {
      const { id = '', ledger = '', sequence } = headers;
      if (seen.has(id)) {
        repeats += 1;
        continue;
      }
      seen.add(id);
      if (Number(sequence) !== (lastOf.get(ledger) ?? 0) + 1) disordered += 1;
      lastOf.set(ledger, Number(sequence));
      const isOfVictim = kill.lanes.has(laneOf.get(id) ?? -1);
      // What the broker had on its wire at the kill is not what we wait for.
      if (isOfVictim && timestampMs > kill.killedAtMs + onTheWireMs) firstNewAtMs = Math.min(firstNewAtMs, timestampMs);
    }
    const missing = rows - seen.size;
    return {
      repeats,
      firstNewMs: firstNewAtMs - kill.killedAtMs,
      faults: [
        ...(missing === 0 ? [] : [`${missing} events are missing or too many`]),
        ...(disordered === 0 ? [] : [`${disordered} events appeared out of order`]),
      ],
    };
  }
}

const onTheWireMs = 100;

const pauseSql = `insert into pause (scope, target, paused_by, why) values ('all', '', 'bench', 'until all are there')`;
const resumeSql = `with ended as (delete from pause returning 1) select pg_notify('daybook_relay', '') from ended`;

const publishedSql = `
select coalesce(sum(p.seq), 0)::bigint as rows
from lane cross join lateral (select seq from position where position.lane = lane.id order by seq desc limit 1) p`;

const ownedSql = `
select lane.id as lane from lane
cross join lateral (select relay from position where position.lane = lane.id order by seq desc limit 1) p
where p.relay = 'victim'`;
