import { startPostgres } from '@daybook/stack';
import type { Pool } from '@daybook/postgres';
import type { Curve, CurvePoint } from './curve.ts';
import { benchPool, createDatabase } from './database.ts';
import { LedgerLoad, type LoadTimes } from './ledger-load.ts';
import { Service } from './service.ts';
import type { Conditions } from './subject.ts';
import { databaseSurroundings, type Surroundings } from './surroundings.ts';
import type { Workload } from './workload.ts';

interface AskedPoint {
  readonly load: LedgerLoad;
  readonly pool: Pool;
  readonly curve: string;
  readonly size: number;
  readonly workload: Workload;
  readonly processes?: number;
}

const connections = 64;

/** Where what is swept is not how many ledgers there are: enough that every lane has some. */
const ledgersOfAll = 256;

const work = `single writes, ${connections} connections`;

/** What single writes cost as one thing grows. Each curve has a database of its own. */
export class LedgerCurves {
  readonly #serverUrl: string;
  readonly #with: LoadTimes & Conditions;
  #surroundings: Surroundings = {};

  private constructor(serverUrl: string, options: LoadTimes & Conditions) {
    this.#serverUrl = serverUrl;
    this.#with = options;
  }

  static async start(options: LoadTimes & Conditions): Promise<LedgerCurves> {
    const postgres = await startPostgres({ report: options.progress });
    options.stops.add(async () => postgres.stop());
    return new LedgerCurves(postgres.databaseUrl, options);
  }

  /** Of the server. */
  get surroundings(): Surroundings {
    return this.#surroundings;
  }

  async byLedgers(sizes: readonly number[]): Promise<Curve> {
    const { pool, loads } = await this.#database('ledgers', {});
    const points = sizes.map((size) =>
      this.#point({ load: loads(1), pool, curve: 'ledgers', size, workload: { kind: 'ledgers', ledgers: size } }),
    );
    return {
      name: 'ledgers',
      work: `${work}, world → random user`,
      axis: 'ledgers',
      unit: 'req/s',
      points,
    };
  }

  async byAccounts(sizes: readonly number[]): Promise<Curve> {
    const { pool, loads } = await this.#database('accounts', {});
    const points = sizes.map((size) =>
      this.#point({ load: loads(1), pool, curve: 'accounts', size, workload: { kind: 'transfers', accounts: size } }),
    );
    return {
      name: 'accounts',
      work: `${work}, transfers in 1 ledger`,
      axis: 'accounts with a balance',
      unit: 'req/s',
      points,
    };
  }

  /** A database has as many lanes as it was migrated with, so each point has one of its own. */
  async byLanes(sizes: readonly number[]): Promise<Curve> {
    const points: CurvePoint[] = [];
    for (const size of sizes) {
      const { pool, loads } = await this.#database(`lanes_${size}`, { LANES: String(size) });
      points.push(this.#point({ load: loads(1), pool, curve: 'lanes', size, workload: manyLedgers }));
    }
    return {
      name: 'lanes',
      work: `${work}, world → random user, ${ledgersOfAll} ledgers`,
      axis: 'lanes',
      unit: 'req/s',
      points,
    };
  }

  async byReplicas(sizes: readonly number[]): Promise<Curve> {
    const { pool, loads } = await this.#database('replicas', {}, Math.max(...sizes));
    const points = sizes.map((size) =>
      this.#point({ load: loads(size), pool, curve: 'replicas', size, workload: manyLedgers, processes: size }),
    );
    return {
      name: 'replicas',
      work: `${work}, world → random user, ${ledgersOfAll} ledgers`,
      axis: 'ledger processes',
      unit: 'req/s',
      points,
    };
  }

  /** A migrated database, and loads on the first so many of its services. */
  async #database(name: string, env: Readonly<Record<string, string>>, replicas = 1) {
    const { stops } = this.#with;
    const databaseUrl = await createDatabase(this.#serverUrl, `curve_${name}`);
    const pool = benchPool(databaseUrl, 1);
    stops.add(async () => pool.end());
    this.#surroundings = await databaseSurroundings(pool);
    const services: Service[] = [];
    while (services.length < replicas) {
      const settings = { DATABASE_URL: databaseUrl, MIGRATE_ON_START: 'true', ...env };
      services.push(await Service.start('ledger', settings, stops));
    }
    return { pool, loads: (count: number) => new LedgerLoad(services.slice(0, count), pool, this.#with) };
  }

  /** Its ledgers are its own, and the same in each run. */
  #point({ load, pool, curve, size, workload, processes = 1 }: AskedPoint): CurvePoint {
    const asked = { ledger: `${curve}-${size}`, workload, connections };
    return {
      label: size.toLocaleString('en-US'),
      prepare: async () => {
        await load.prepare(asked);
        // As at rest: no run pays for what preparing left.
        await pool.query('vacuum (analyze)');
        await pool.query('checkpoint');
      },
      contender: {
        name: size.toLocaleString('en-US'),
        settings: `${processes} ${processes === 1 ? 'process' : 'processes'}, otherwise defaults`,
        measure: async () => (await load.measure(asked)).measurement,
      },
    };
  }
}

const manyLedgers: Workload = { kind: 'ledgers', ledgers: ledgersOfAll };
