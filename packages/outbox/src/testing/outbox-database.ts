import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createPool, type Pool } from '@daybook/postgres';
import { createDatabase, type TestDatabase } from '@daybook/stack/testing';

const migrations = fileURLToPath(new URL('../../../../migrations/', import.meta.url));

const laneCount = 8;

/** Makes the schema without the ledger, which owns the migrations: lanes, and one partition for all times. */
async function migrate(databaseUrl: string): Promise<void> {
  const pool = createPool(databaseUrl, { size: 1, applicationName: 'migrate for tests' });
  try {
    for (const file of globSync('[0-9]*.sql', { cwd: migrations }).toSorted()) {
      const [up = ''] = readFileSync(`${migrations}${file}`, 'utf8').split(/^-- Down Migration/m);
      await pool.query(up);
    }
    await pool.query('insert into lane (id) select generate_series(0, $1 - 1)', [laneCount]);
    await pool.query(`create table outbox_test partition of outbox for values from ('2000-01-01') to ('2100-01-01')`);
  } finally {
    await pool.end();
  }
}

/** A database with eight lanes and an empty outbox, for one test file or one test. */
export class OutboxDatabase {
  readonly databaseUrl: string;
  /** The same database for a user with the rights of a relay and no more. */
  readonly relayUrl: string;
  /** Of the owner, to set the scene and to look. */
  readonly pool: Pool;
  /** Of a user with the rights of a relay and no more, for what is tested. */
  readonly relayPool: Pool;
  readonly #database: TestDatabase;

  private constructor(database: TestDatabase) {
    this.databaseUrl = database.databaseUrl;
    this.relayUrl = database.relayUrl;
    this.pool = createPool(database.databaseUrl, { size: 4, applicationName: 'test' });
    this.relayPool = createPool(database.relayUrl, { size: 4, applicationName: 'test' });
    this.#database = database;
  }

  /** Brings an empty database to the schema. */
  static async migrate(databaseUrl: string): Promise<void> {
    await migrate(databaseUrl);
  }

  static async create(): Promise<OutboxDatabase> {
    return new OutboxDatabase(await createDatabase({ template: 'outbox', migrate }));
  }

  async drop(): Promise<void> {
    await Promise.all([this.pool.end(), this.relayPool.end()]);
    await this.#database.drop();
  }

  /** Appends rows behind the lane's last one, for four ledgers in turn. Bodies name lane and sequence. */
  async write(
    lane: number,
    rows: number,
    options: { readonly type?: string; readonly at?: string; readonly padding?: number } = {},
  ): Promise<void> {
    await this.pool.query(
      `insert into outbox (lane, seq, at, event_id, type, ledger, event_sequence, key, body)
       select $1, head.seq + n, coalesce($3::timestamptz, clock_timestamp()), gen_random_uuid(), $4, ledger, n, ledger,
         json_build_object('lane', $1, 'seq', head.seq + n, 'padding', repeat('x', $5))::text
       from (select coalesce(max(seq), 0) as seq from outbox where lane = $1) head,
         generate_series(1, $2) n, lateral (select 'ledger-' || $1 || '-' || n % 4 as ledger) l`,
      [lane, rows, options.at ?? null, options.type ?? 'COMMITTED_TRANSACTIONS', options.padding ?? 0],
    );
  }
}
