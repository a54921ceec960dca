import { randomBytes } from 'node:crypto';
import { createPool, type Pool } from '@daybook/postgres';
import { createDatabase, type TestDatabase } from '@daybook/stack/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { migrate } from './migrate.ts';

const lanes = 1;
const groups = ['ledger', 'relay', 'outbox'];
const password = 'for-this-test-alone';

let server: TestDatabase;
let admin: Pool;
/** Roles are the cluster's, and other tests use theirs at the same time. */
let prefix = '';
let databases: TestDatabase[] = [];

beforeAll(async () => {
  server = await newDatabase();
  admin = createPool(server.databaseUrl, { size: 1, applicationName: 'roles test' });
});

beforeEach(() => {
  prefix = `grant_${randomBytes(4).toString('hex')}`;
  databases = [];
});

afterEach(async () => {
  for (const database of databases) await database.drop();
  const { rows } = await admin.query<{ role: string }>(
    `select rolname as role from pg_roles where starts_with(rolname, $1) order by rolname = $1 desc, rolname`,
    [prefix],
  );
  // Those who granted after those to whom they granted: in PostgreSQL a role that granted cannot go first.
  for (const { role } of rows) await admin.query(`drop owned by ${role} cascade`);
  for (const { role } of rows.toReversed()) await admin.query(`drop role ${role}`);
});

afterAll(async () => {
  await admin.end();
  await server.drop();
});

async function newDatabase(): Promise<TestDatabase> {
  return await createDatabase({ template: 'empty', migrate: async () => undefined });
}

/** An empty database, owned by a user who is no superuser and has these attributes. */
async function ownedDatabase(attributes: string): Promise<string> {
  const database = await newDatabase();
  databases.push(database);
  const url = new URL(database.databaseUrl);
  await admin.query(`create role ${prefix} login password '${password}' ${attributes}`);
  await admin.query(`alter database ${url.pathname.slice(1)} owner to ${prefix}`);
  url.username = prefix;
  url.password = password;
  return url.href;
}

async function emptyDatabase(): Promise<string> {
  const database = await newDatabase();
  databases.push(database);
  return database.databaseUrl;
}

async function ask<Row extends object>(databaseUrl: string, sql: string, values: unknown[] = []): Promise<Row[]> {
  const pool = createPool(databaseUrl, { size: 1, applicationName: 'roles test' });
  try {
    return (await pool.query<Row>(sql, values)).rows;
  } finally {
    await pool.end();
  }
}

/** The group roles, and who may take on the outbox's owner's. */
async function rolesAndMembers(): Promise<unknown> {
  const { rows } = await admin.query<{ role: string; canLogin: boolean; inherits: boolean; isMember: boolean }>(
    `select substr(rolname, length($1) + 2) as role, rolcanlogin as "canLogin", rolinherit as inherits,
       pg_has_role(rolname, $1 || '_outbox', 'MEMBER') as "isMember"
     from pg_roles where rolname = any ($2) order by role`,
    [prefix, groups.map((group) => `${prefix}_${group}`)],
  );
  return rows;
}

const group = { canLogin: false, inherits: false, isMember: true };
const allGroups = [
  { ...group, role: 'ledger' },
  { ...group, role: 'outbox' },
  { ...group, role: 'relay' },
];

const outboxOwnersSql = `
select distinct relowner::regrole::text as owner from pg_class
where oid = 'outbox'::regclass or oid in (select inhrelid from pg_inherits where inhparent = 'outbox'::regclass)`;

describe('migrate with roles', () => {
  it('makes group roles, once, also when several databases ask at the same time', async () => {
    const urls = await Promise.all([emptyDatabase(), emptyDatabase(), emptyDatabase()]);
    await Promise.all([...urls, ...urls].map(async (url) => migrate(url, { lanes, roles: prefix })));
    expect(await rolesAndMembers()).toEqual(allGroups);
    for (const url of urls) expect(await ask(url, outboxOwnersSql)).toEqual([{ owner: `${prefix}_outbox` }]);
    await migrate(urls[0] ?? '', { lanes, roles: prefix });
  });

  it('says what it granted, and makes no roles where none are asked for', async () => {
    const url = await emptyDatabase();
    const messages: unknown[] = [];
    const log = (message: string, fields: Readonly<Record<string, unknown>>) => messages.push({ message, ...fields });
    await migrate(url, { lanes, log });
    expect(await rolesAndMembers()).toEqual([]);
    await migrate(url, { lanes, roles: prefix, log });
    expect(messages).toContainEqual({ message: 'roles granted', roles: groups.map((name) => `${prefix}_${name}`) });
  });

  it('gives partitions that are there already to the new owner, and leaves the roles to another prefix', async () => {
    const url = await emptyDatabase();
    await migrate(url, { lanes });
    await ask(url, `create table outbox_20200101 partition of outbox for values from ('2020-01-01') to ('2020-01-02')`);
    await migrate(url, { lanes, roles: prefix });
    expect(await ask(url, outboxOwnersSql)).toEqual([{ owner: `${prefix}_outbox` }]);
  });

  it('grants in the schema that search_path names', async () => {
    const url = new URL(await emptyDatabase());
    await ask(url.href, 'create schema "Books of 2026"');
    url.searchParams.set('options', String.raw`-c search_path="Books\ of\ 2026"`);
    await migrate(url.href, { lanes, roles: prefix });
    const [row] = await ask(
      url.href,
      `select has_table_privilege($1, 'log', 'INSERT') as table, has_schema_privilege($1, current_schema(), 'USAGE') as schema,
         has_schema_privilege($2, current_schema(), 'CREATE') as create, has_schema_privilege($2, 'public', 'CREATE') as public`,
      [`${prefix}_ledger`, `${prefix}_outbox`],
    );
    expect(row).toEqual({ table: true, schema: true, create: true, public: false });
  });

  it('leaves a relay out of the owners once it was taken out', async () => {
    const url = await emptyDatabase();
    await migrate(url, { lanes, roles: prefix });
    await admin.query(`revoke ${prefix}_outbox from ${prefix}_relay`);
    await migrate(url, { lanes, roles: prefix });
    expect(await rolesAndMembers()).toContainEqual({ ...group, role: 'relay', isMember: false });
  });

  it('keeps roles that were users, as they were before this option', async () => {
    const url = await emptyDatabase();
    for (const name of ['ledger', 'relay']) await admin.query(`create role ${prefix}_${name} login noinherit`);
    await admin.query(`create role ${prefix}_outbox; grant ${prefix}_outbox to ${prefix}_ledger, ${prefix}_relay`);
    await migrate(url, { lanes, roles: prefix });
    expect(await rolesAndMembers()).toEqual([
      { ...group, role: 'ledger', canLogin: true },
      { ...group, role: 'outbox', inherits: true },
      { ...group, role: 'relay', canLogin: true },
    ]);
  });

  it('works for an owner with CREATEROLE who is no superuser, again and again', async () => {
    const url = await ownedDatabase('createrole');
    await migrate(url, { lanes, roles: prefix });
    await migrate(url, { lanes, roles: prefix });
    expect(await rolesAndMembers()).toEqual(allGroups);
    // Later migrations change the outbox as its owner.
    await ask(url, 'alter table outbox add column later int');
  });

  it('names the setting and the way out where the owner may not make roles', async () => {
    const url = await ownedDatabase('nocreaterole');
    await expect(migrate(url, { lanes, roles: prefix })).rejects.toThrow(
      /^MIGRATE_ROLES: the user of DATABASE_URL may not make .*_outbox.*permission denied to create role.*CREATEROLE/,
    );
    expect(await ask(url, 'select id from lane')).toHaveLength(lanes);
  });

  it('grants to roles that someone else made, for an owner without CREATEROLE', async () => {
    const url = await ownedDatabase('nocreaterole');
    // As OPERATIONS.md has it.
    for (const name of groups) await admin.query(`create role ${prefix}_${name} nologin noinherit`);
    await admin.query(`grant ${prefix}_outbox to ${prefix}_ledger, ${prefix}_relay, ${prefix}`);
    await migrate(url, { lanes, roles: prefix });
    expect(await rolesAndMembers()).toEqual(allGroups);
    expect(await ask(url, outboxOwnersSql)).toEqual([{ owner: `${prefix}_outbox` }]);
  });

  it.each(['', 'Daybook', '1st', 'a-b', 'a"; drop table log; --', 'a'.repeat(41)])(
    'refuses the prefix %j',
    async (roles) => {
      const url = await emptyDatabase();
      await expect(migrate(url, { lanes, roles })).rejects.toThrow(/^MIGRATE_ROLES: /);
    },
  );
});
