import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createPool, inTransaction, type Pool } from '@daybook/postgres';
import { runner } from 'node-pg-migrate';
import { grantRoles } from './grant-roles.ts';

/** The oldest PostgreSQL that we test against. */
const serverVersionMin = 150_000;

export interface MigrateOptions {
  /** How many lanes the first migration makes. Later values change nothing. */
  readonly lanes: number;
  /** Begins the names of the group roles that are made and granted to; without it none are. */
  readonly roles?: string | undefined;
  /** Told what is done, one constant message with its values. */
  readonly log?: ((message: string, fields: Readonly<Record<string, unknown>>) => void) | undefined;
}

/**
 * Brings the database to the schema of `migrations/`, makes the lanes if there are none, and the roles if they are asked for. Any number of processes may
 * do so at once: they wait for one another on an advisory lock.
 *
 * @throws Error when the server is too old or a migration fails (all pending ones are then rolled back), and whatever pg
 * throws when the database cannot be reached.
 */
export async function migrate(databaseUrl: string, { lanes, roles, log }: MigrateOptions): Promise<void> {
  const pool = createPool(databaseUrl, {
    size: 1,
    applicationName: 'daybook migrate',
    // One who waits for another's migration, or behind a long transaction that uses a table, gives up with an error
    // rather than queue all later statements on that table behind itself for ever.
    session: { lock_timeout: '60s' },
    // A migration may rewrite a large table; giving up on the client's side would leave it running unseen.
    queryTimeoutMs: 0,
  });
  try {
    await checkServerVersion(pool);
    await runMigrations(pool, log);
    await makeLanes(pool, { lanes, log });
    if (roles !== undefined) {
      await grantRoles(pool, roles, migrationsFolder());
      log?.('roles granted', { roles: ['ledger', 'relay', 'outbox'].map((role) => `${roles}_${role}`) });
    }
  } finally {
    await pool.end();
  }
}

async function checkServerVersion(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ number: string; shown: string }>(
    "select current_setting('server_version_num') as number, current_setting('server_version') as shown",
  );
  if (Number(rows[0]?.number) < serverVersionMin) {
    throw new Error(`PostgreSQL 15 or newer is needed; the server of DATABASE_URL is ${rows[0]?.shown}`);
  }
}

async function runMigrations(pool: Pool, log: MigrateOptions['log']): Promise<void> {
  const client = await pool.connect();
  try {
    const { rows } = await client.query<{ schema: string | null }>('select current_schema() as schema');
    const schema = rows[0]?.schema;
    if (schema === undefined || schema === null) {
      throw new Error('The search_path of DATABASE_URL names no schema that exists: create it first');
    }
    const applied = await runner({
      dbClient: client,
      dir: migrationsFolder(),
      ignorePattern: String.raw`\..*|.*\.md|roles\.sql`,
      direction: 'up',
      migrationsTable: 'migration',
      migrationsSchema: schema,
      advisoryLockMode: 'wait',
      // Its lines are prose for a terminal; what it did is in its result.
      log: () => undefined,
    });
    log?.('migrations applied', { applied: applied.map(({ name }) => name), schema });
  } finally {
    client.release();
  }
}

/** Lanes are made once: a ledger's lane is chosen by hash, so their number can only be raised by a migration of its own. */
async function makeLanes(pool: Pool, { lanes, log }: MigrateOptions): Promise<void> {
  const found = await inTransaction(pool, async (client) => {
    // Two that start an empty database with different LANES must not add up to a mixture.
    await client.query('lock table lane in share row exclusive mode');
    const made = await client.query(
      'insert into lane (id) select generate_series(0, $1::integer - 1) where not exists (select from lane)',
      [lanes],
    );
    const { rows } = await client.query<{ lanes: number }>('select count(*) as lanes from lane');
    return { made: made.rowCount ?? 0, lanes: rows[0]?.lanes ?? 0 };
  });
  if (found.made > 0) log?.('lanes made', { lanes: found.lanes });
  else if (found.lanes !== lanes)
    log?.('LANES only counts at the first migration', { lanes: found.lanes, asked: lanes });
}

/** Beside the bundle; run as source, those of the repository. */
function migrationsFolder(): string {
  const candidates = ['./migrations', '../../../migrations'].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  const found = candidates.find((path) => existsSync(`${path}/0001_ledger-and-outbox.sql`));
  if (found === undefined) throw new Error(`The migrations are in none of ${candidates.join(', ')}`);
  return found;
}
