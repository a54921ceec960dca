import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createPool, type Pool } from '@daybook/postgres';
import { inject } from 'vitest';
import { makeServiceUsers, rolePrefix, serviceUrls, type ServiceUrls } from '../service-users.ts';

const rolesSql = readFileSync(new URL('../../../../migrations/roles.sql', import.meta.url), 'utf8');

// Any number will do, as long as every test process takes the same.
const templateLock = 4_711;

export interface CreateDatabaseOptions {
  /** Brings an empty database to its final schema. It must close its connections before it resolves. */
  migrate: (databaseUrl: string) => Promise<void>;
  /** Names what `migrate` makes: databases with the same name are copies of one that was migrated once, by whichever file came first. */
  template?: string;
}

/** A database that one test file has for itself. Where it is migrated, the services have users with no more rights than they need. */
export interface TestDatabase extends ServiceUrls {
  /** Ends every session on it and removes it. */
  drop(): Promise<void>;
}

/**
 * Makes a database for one test file as a copy of a template, which is migrated once per test run. The server is the one
 * that `global-setup.ts` started.
 */
export async function createDatabase({ migrate, template = 'migrated' }: CreateDatabaseOptions): Promise<TestDatabase> {
  const serverUrl = inject('databaseUrl');
  const name = `test_${randomBytes(6).toString('hex')}`;
  await onServer(serverUrl, async (pool) => {
    await ensureTemplate(pool, { serverUrl, template, migrate });
    await pool.query(`create database ${name} template template_${template}`);
  });
  return {
    ...serviceUrls(withDatabase(serverUrl, name)),
    drop: async () =>
      onServer(serverUrl, async (pool) => void (await pool.query(`drop database ${name} with (force)`))),
  };
}

async function ensureTemplate(
  pool: Pool,
  { serverUrl, template, migrate }: { serverUrl: string } & Required<CreateDatabaseOptions>,
): Promise<void> {
  if (!/^[a-z0-9_]{1,40}$/.test(template)) {
    throw new TypeError(`A template's name is made of a-z, 0-9 and _: ${template}`);
  }
  // Test files run in several processes; the first makes the template while the others wait for the lock. The pool has
  // one connection, so lock, work and unlock are on the same session.
  await pool.query('select pg_advisory_lock($1)', [templateLock]);
  try {
    const found = await pool.query('select 1 from pg_database where datname = $1', [`template_${template}`]);
    if (found.rowCount === 0) {
      const partial = `partial_${randomBytes(6).toString('hex')}`;
      await pool.query(`create database ${partial}`);
      await migrate(withDatabase(serverUrl, partial));
      await grantRoles(withDatabase(serverUrl, partial));
      await pool.query(`alter database ${partial} rename to template_${template}`);
    }
  } finally {
    await pool.query('select pg_advisory_unlock($1)', [templateLock]);
  }
}

/** As `ledger migrate` does with MIGRATE_ROLES, where there are our tables. */
async function grantRoles(databaseUrl: string): Promise<void> {
  const isMigrated = await onServer(databaseUrl, async (pool) => {
    const { rows } = await pool.query<{ found: boolean }>("select to_regclass('outbox') is not null as found");
    if (rows[0]?.found !== true) return false;
    await pool.query("select set_config('daybook.roles', $1, false)", [rolePrefix]);
    await pool.query(rolesSql);
    return true;
  });
  if (isMigrated) await makeServiceUsers(databaseUrl);
}

async function onServer<Result>(serverUrl: string, work: (pool: Pool) => Promise<Result>): Promise<Result> {
  const pool = createPool(serverUrl, { size: 1, applicationName: 'test databases' });
  try {
    return await work(pool);
  } finally {
    await pool.end();
  }
}

function withDatabase(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
