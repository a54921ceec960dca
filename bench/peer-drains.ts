import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from '@daybook/postgres';
import { Backlog, sliceRows } from './backlog.ts';
import { benchPool, createDatabase } from './database.ts';
import { Debezium, debeziumTable, tunedConnector } from './debezium.ts';
import { drainRate, timed, type DrainSample } from './drain-rate.ts';
import { compare, type ComparisonResult, type Contender, type Measurement } from './measurement.ts';
import { partitions, relaySettings } from './relay-drain.ts';
import { seedOutbox } from './seed-outbox.ts';
import { startServers } from './servers.ts';
import { migrate, Service } from './service.ts';
import type { Conditions } from './subject.ts';
import { databaseSurroundings, kafkaSurroundings, type Surroundings } from './surroundings.ts';

const lanes = 64;
const slot = 'bench_debezium';
const pollMs = 50;
const stalledAfterMs = 120_000;
const progressEveryMs = 2_000;

interface PeerDrainsOptions extends Conditions {
  /** The folder of Debezium's jars. */
  readonly debezium: string;
  readonly rows: number;
}

/** D1: the relay drains a backlog beside Debezium, which has the same rows in a table of its own and is warm from the second run on. */
export async function compareDrains(options: PeerDrainsOptions): Promise<{
  readonly comparison: ComparisonResult;
  readonly surroundings: Surroundings;
}> {
  const { stops, progress } = options;
  progress('starting PostgreSQL, Kafka and Kafka Connect …');
  const { databaseUrl: serverUrl, brokers, topics, isOurKafka } = await startServers(options, { wal_level: 'logical' });
  const databaseUrl = await createDatabase(serverUrl, 'drains');
  const pool = benchPool(databaseUrl, 2);
  stops.add(async () => pool.end());
  const backlog = new Backlog({ rows: options.rows, lanes });
  await migrate(databaseUrl, stops);
  await seedOutbox(pool, backlog, progress);
  await pool.query(debeziumSql);
  const debezium = await Debezium.start(options.debezium, brokers, stops);

  /** Each run has a topic of its own; each reads another partition back. */
  const onTopic = async (run: number, label: string, drain: (topic: string) => Promise<TimedDrain>) => {
    const topic = await topics.create(label, partitions);
    const { figure, cpuSeconds } = await drain(topic);
    const faults = await topics.audit(topic, backlog, (run - 1) % partitions);
    await topics.delete(topic);
    const cpuSecondsPer100k = cpuSeconds === undefined ? undefined : (cpuSeconds / backlog.rows) * 100_000;
    return { figure, cpuSecondsPer100k, remarks: [], faults } satisfies Measurement;
  };
  const rate = async (topic: string, check: () => Promise<void>) => {
    const { rows } = backlog;
    return drainRate(await watchDrain({ count: async () => topics.count(topic), rows, check }), rows);
  };
  const relay: Contender = {
    name: 'relay',
    settings: '1 process, defaults',
    measure: async (run) =>
      onTopic(run, 'relay', async (topic) => {
        await pool.query('truncate position, relay');
        const service = await Service.launch('relay', relaySettings({ databaseUrl, brokers, topic }), stops);
        const figure = await rate(topic, async () => service.check());
        const cpuSeconds = await service.cpuSeconds();
        await service.stop();
        return { figure, cpuSeconds };
      }),
  };
  const version = await debezium.version();
  const peer = (name: string, remark: string, settings: Readonly<Record<string, string>>): Contender => ({
    name: `Debezium ${version}, ${name}`,
    settings: `1 worker of Kafka Connect, warm from the second run on, outbox event router, ${remark}`,
    measure: async (run) =>
      onTopic(run, `debezium-${name}`, async (topic) => {
        await fillDebezium(pool, backlog, progress);
        const connector = `${name}-${run}`;
        const cpuBefore = debezium.cpuSeconds() ?? Number.NaN;
        await debezium.create({ name: connector, databaseUrl, slot, topic, settings });
        const figure = await rate(topic, async () => debezium.check(connector));
        const cpuAfter = debezium.cpuSeconds();
        await debezium.remove(connector);
        await dropSlot(pool);
        return { figure, cpuSeconds: cpuAfter === undefined ? undefined : cpuAfter - cpuBefore };
      }),
  });
  const tuned = Object.entries(tunedConnector).map(([name, value]) => `${name}=${value}`);
  const rows = backlog.rows.toLocaleString('en-US');
  const comparison = await compare(
    {
      id: 'D1',
      work: `drain of ${rows} rows, from ${timed.from * 100} % to ${timed.to * 100} % of them`,
      unit: 'msg/s',
      direction: '>=',
      target: 2,
      stretch: undefined,
      ours: relay,
      baseline: peer('tuned', tuned.join(', '), tunedConnector),
      others: [peer('defaults', 'defaults', {})],
    },
    options,
  );
  const surroundings = {
    ...(await databaseSurroundings(pool)),
    ...kafkaSurroundings({ isOurs: isOurKafka, partitions }),
  };
  await debezium.stop();
  return { comparison, surroundings };
}

const debeziumSql = `
create table ${debeziumTable} (
  id uuid primary key, aggregatetype text not null, aggregateid text not null, type text not null, payload text not null, sequence bigint not null
);
create publication ${slot} for table ${debeziumTable}`;

const sliceSql = `
insert into ${debeziumTable} (id, aggregatetype, aggregateid, type, payload, sequence)
select event_id, 'ledger', key, type, body, event_sequence from outbox where lane = $1 and seq > $2 and seq <= $2 + ${sliceRows} order by seq`;

/** Writes the backlog to Debezium's table, slice by slice, for a slot that is new: all of it is yet to be read from the log. */
async function fillDebezium(pool: Pool, backlog: Backlog, progress: (line: string) => void): Promise<void> {
  await pool.query(`truncate ${debeziumTable}`);
  await pool.query(`select pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
  const ofLane = backlog.rows / backlog.lanes;
  let reportedAtMs = performance.now();
  for (let first = 0; first < ofLane; first += sliceRows) {
    for (let lane = 0; lane < backlog.lanes; lane += 1) await pool.query(sliceSql, [lane, first]);
    if (performance.now() - reportedAtMs > progressEveryMs) {
      progress(`  filling Debezium's table: ${Math.round((first / ofLane) * 100)} %`);
      reportedAtMs = performance.now();
    }
  }
  await pool.query('checkpoint');
}

/** Once the connector has let go of it. */
async function dropSlot(pool: Pool): Promise<void> {
  const deadline = performance.now() + stalledAfterMs;
  for (;;) {
    const { rowCount } = await pool.query(
      'select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = $1 and not active',
      [slot],
    );
    if (rowCount === 1) return;
    if (performance.now() > deadline) throw new Error(`the slot ${slot} stays in use`);
    await delay(pollMs);
  }
}

/** One drain: its records a second, and what it used from its start to its end. */
interface TimedDrain {
  readonly figure: number;
  readonly cpuSeconds: number | undefined;
}

interface WatchedDrain {
  readonly count: () => Promise<number>;
  readonly rows: number;
  /** Throws where what drains has ended. */
  readonly check: () => Promise<void>;
}

/** Looks how many records there are from time to time, until all are. */
async function watchDrain({ count, rows, check }: WatchedDrain): Promise<readonly DrainSample[]> {
  const samples: DrainSample[] = [];
  let last: DrainSample = { records: 0, atMs: performance.now() };
  while (last.records < rows) {
    // A topic that was just made may have no leader yet for whoever asks.
    const records = await count().catch(() => last.records);
    const atMs = performance.now();
    if (records > last.records) samples.push((last = { records, atMs }));
    if (atMs - last.atMs > stalledAfterMs) throw new Error(`the topic stands at ${records} of ${rows} records`);
    await check();
    await delay(pollMs);
  }
  return samples;
}
