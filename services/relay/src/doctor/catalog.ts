import type { Pool } from '@daybook/postgres';

const settingsSql = 'select name, setting from pg_settings where name = any($1)';

/** Settings as the pool's sessions have them, by name, times in milliseconds; those that this version does not know are left out. */
export async function serverSettings(pool: Pool, names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const result = await pool.query<{ name: string; setting: string }>({ text: settingsSql, values: [names] });
  return new Map(result.rows.map(({ name, setting }) => [name, setting]));
}

export interface ServerState {
  readonly versionNumber: number;
  readonly version: string;
  /** A standby: nothing can be written to it. */
  readonly isInRecovery: boolean;
  readonly role: string;
  readonly canSeeAllSessions: boolean;
}

const stateSql = `
select current_setting('server_version_num')::int as "versionNumber", current_setting('server_version') as version,
  pg_is_in_recovery() as "isInRecovery", current_user::text as role,
  pg_has_role(current_user, 'pg_read_all_stats', 'usage') as "canSeeAllSessions"`;

export async function serverState(pool: Pool): Promise<ServerState> {
  const result = await pool.query<ServerState>(stateSql);
  return rowOf(result.rows);
}

export interface TableRight {
  readonly table: string;
  readonly privilege: string;
  /** Undefined where the table is not there. */
  readonly isGranted: boolean | null;
}

const rightsSql = `
select w.tbl as table, w.privilege,
  case when to_regclass(w.tbl) is null then null
    else has_table_privilege(current_user, to_regclass(w.tbl)::oid, w.privilege) end as "isGranted"
from unnest($1::text[], $2::text[]) as w (tbl, privilege)`;

/** Whether the current role has each of the rights, and whether the tables are there. */
export async function tableRights(
  pool: Pool,
  wanted: readonly (readonly [table: string, privilege: string])[],
): Promise<readonly TableRight[]> {
  const values = [wanted.map(([table]) => table), wanted.map(([, privilege]) => privilege)];
  const result = await pool.query<TableRight>({ text: rightsSql, values });
  return result.rows;
}

export interface OpenTransaction {
  readonly pid: number;
  readonly role: string;
  readonly application: string;
  readonly address: string | null;
  /** As pg_stat_activity has it: `idle in transaction`, `active`, … */
  readonly state: string;
  readonly ageSeconds: number;
}

const transactionsSql = `
select pid, coalesce(usename::text, '') as role, coalesce(application_name, '') as application, client_addr::text as address,
  coalesce(state, '') as state, extract(epoch from clock_timestamp() - xact_start)::float8 as "ageSeconds"
from pg_stat_activity
where datname = current_database() and backend_type = 'client backend' and xact_start is not null
  and application_name is distinct from current_setting('application_name')
order by xact_start limit 20`;

/** The twenty oldest transactions that sessions on this database have open. */
export async function openTransactions(pool: Pool): Promise<readonly OpenTransaction[]> {
  const result = await pool.query<OpenTransaction>(transactionsSql);
  return result.rows;
}

export interface PreparedTransaction {
  readonly gid: string;
  readonly owner: string;
  readonly ageSeconds: number;
}

const preparedSql = `
select gid, owner::text as owner, extract(epoch from clock_timestamp() - prepared)::float8 as "ageSeconds"
from pg_prepared_xacts where database = current_database() order by prepared limit 20`;

/** Transactions that were prepared and neither committed nor rolled back. */
export async function preparedTransactions(pool: Pool): Promise<readonly PreparedTransaction[]> {
  const result = await pool.query<PreparedTransaction>(preparedSql);
  return result.rows;
}

export interface ReplicationSlot {
  readonly name: string;
  readonly isActive: boolean;
  /** Bytes of WAL kept for it. */
  readonly keptBytes: number;
}

const slotsSql = `
select slot_name::text as name, active as "isActive",
  coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn), 0)::float8 as "keptBytes"
from pg_replication_slots order by slot_name limit 100`;

export async function replicationSlots(pool: Pool): Promise<readonly ReplicationSlot[]> {
  const result = await pool.query<ReplicationSlot>(slotsSql);
  return result.rows;
}

const standbysSql = 'select count(*)::int as count from pg_stat_replication';

/** How many standbys and other receivers of WAL are connected. */
export async function standbyCount(pool: Pool): Promise<number> {
  const result = await pool.query<{ count: number }>(standbysSql);
  return rowOf(result.rows).count;
}

export interface TableHealth {
  readonly name: string;
  readonly isVacuumed: boolean;
  readonly liveRows: number;
  readonly deadRows: number;
}

// Those of the ledger and the partitions of the outbox, too: it is one database, and one transaction counter.
const tablesSql = `
select c.relname::text as name,
  not coalesce(c.reloptions && array['autovacuum_enabled=false', 'autovacuum_enabled=off', 'autovacuum_enabled=no', 'autovacuum_enabled=0'], false)
    as "isVacuumed",
  coalesce(s.n_live_tup, 0)::float8 as "liveRows", coalesce(s.n_dead_tup, 0)::float8 as "deadRows"
from pg_class c left join pg_stat_all_tables s on s.relid = c.oid
where c.relkind = 'r' and (c.oid = any(select to_regclass(name)::oid from unnest($1::text[]) as name)
  or c.oid = any(select inhrelid from pg_inherits where inhparent = to_regclass('outbox')))
order by c.relname`;

/** How vacuuming is about the tables of these names and the partitions of the outbox. */
export async function tableHealth(pool: Pool, names: readonly string[]): Promise<readonly TableHealth[]> {
  const result = await pool.query<TableHealth>({ text: tablesSql, values: [names] });
  return result.rows;
}

export interface ConnectionRoom {
  readonly connectionsMax: number;
  readonly used: number;
  /** Limits of the role and of the database; -1 for none. */
  readonly roleMax: number;
  readonly databaseMax: number;
}

const roomSql = `
select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as "connectionsMax",
  (select count(*)::int from pg_stat_activity where datname is not null and pid <> pg_backend_pid()) as used,
  (select rolconnlimit from pg_roles where rolname = current_user) as "roleMax",
  (select datconnlimit from pg_database where datname = current_database()) as "databaseMax"`;

/** How many connections the server takes, and how many there are. */
export async function connectionRoom(pool: Pool): Promise<ConnectionRoom> {
  const result = await pool.query<ConnectionRoom>(roomSql);
  return rowOf(result.rows);
}

function rowOf<Row>(rows: readonly Row[]): Row {
  const [row] = rows;
  if (row === undefined) throw new Error('the database answered without a row');
  return row;
}
