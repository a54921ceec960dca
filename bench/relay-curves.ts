import { Backlog } from './backlog.ts';
import type { Curve, CurvePoint } from './curve.ts';
import { benchPool, createDatabase } from './database.ts';
import { Drain, partitions } from './relay-drain.ts';
import { seedOutbox } from './seed-outbox.ts';
import { startServers } from './servers.ts';
import { migrate } from './service.ts';
import { ServiceProfile } from './service-profile.ts';
import type { Conditions } from './subject.ts';
import { databaseSurroundings, kafkaSurroundings, type Surroundings } from './surroundings.ts';
import type { Topics } from './topic-audit.ts';

const lanes = 64;

/** Of a greater outbox, so many rows are timed. */
const timedRows = 200_000;

/** What relays share: long enough that the time in which they agree on their shares is a small part of it. */
const sharedRows = 1_000_000;

/** What a drain costs as one thing grows. */
export class RelayCurves {
  readonly #serverUrl: string;
  readonly #brokers: readonly string[];
  readonly #topics: Topics;
  readonly #with: Conditions;
  #surroundings: Surroundings;

  private constructor(servers: { serverUrl: string; brokers: readonly string[]; topics: Topics }, options: Conditions) {
    this.#serverUrl = servers.serverUrl;
    this.#brokers = servers.brokers;
    this.#topics = servers.topics;
    this.#with = options;
    this.#surroundings = {};
  }

  static async start(options: Conditions): Promise<RelayCurves> {
    const { databaseUrl: serverUrl, brokers, topics, isOurKafka } = await startServers(options);
    const curves = new RelayCurves({ serverUrl, brokers, topics }, options);
    curves.#surroundings = kafkaSurroundings({ isOurs: isOurKafka, partitions });
    return curves;
  }

  /** Of the servers. */
  get surroundings(): Surroundings {
    return this.#surroundings;
  }

  /** Each size is a database of its own, of which the oldest rows are drained. */
  async byOutbox(sizes: readonly number[]): Promise<Curve> {
    const points: CurvePoint[] = [];
    for (const size of sizes) {
      const { drain, backlog } = await this.#drain(`outbox_${size}`, size);
      const label = backlog.rows.toLocaleString('en-US');
      const rows = backlog.rows > timedRows ? { rows: timedRows } : {};
      points.push({ label, contender: { ...drain.relay({ name: label, env: {}, ...rows }) } });
    }
    return {
      name: 'outbox',
      work: `drain of the first ${timedRows.toLocaleString('en-US')} rows, ${lanes} lanes`,
      axis: 'rows in the outbox',
      unit: 'msg/s',
      points,
    };
  }

  async byRelays(counts: readonly number[]): Promise<Curve> {
    const { drain, backlog } = await this.#drain('relays', sharedRows);
    return {
      name: 'relays',
      work: `drain of ${backlog.rows.toLocaleString('en-US')} rows, ${lanes} lanes`,
      axis: 'relays',
      unit: 'msg/s',
      points: counts.map((relays) => ({
        label: String(relays),
        contender: drain.relay({ name: String(relays), env: {}, relays }),
      })),
    };
  }

  async #drain(name: string, rows: number) {
    const { stops, progress } = this.#with;
    const databaseUrl = await createDatabase(this.#serverUrl, `curve_${name}`);
    const pool = benchPool(databaseUrl, 4);
    stops.add(async () => pool.end());
    this.#surroundings = { ...(await databaseSurroundings(pool)), ...this.#surroundings };
    await migrate(databaseUrl, stops);
    const backlog = new Backlog({ rows, lanes });
    progress(`${name}: filling an outbox with ${backlog.rows.toLocaleString('en-US')} rows …`);
    await seedOutbox(pool, backlog, progress);
    const profile = new ServiceProfile(undefined);
    const drain = new Drain({
      backlog,
      databaseUrl,
      pool,
      topics: this.#topics,
      brokers: this.#brokers,
      profile,
      stops,
    });
    return { drain, backlog };
  }
}
