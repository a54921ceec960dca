import type { ConnectionRoom, ServerState, TableHealth, TableRight } from './catalog.ts';
import { fail, ok, warn, worstOf, type Finding } from './check.ts';

const versionNumberMin = 150_000;
const clockSkewMaxMs = 1_000;
const deadRowsMax = 100_000;

type ServerSettings = ReadonlyMap<string, string>;

/** Whether it is a server that the services run on, and one that takes writes. */
export function judgeServer({ versionNumber, version, isInRecovery }: ServerState): Finding {
  if (versionNumber < versionNumberMin) return fail(`PostgreSQL ${version}`, 'upgrade PostgreSQL to 15 or newer');
  if (isInRecovery) {
    return fail('this is a standby, to which nothing can be written', 'let DATABASE_URL name the primary');
  }
  return ok(`PostgreSQL ${version}`);
}

/** Whether the tables of the migrations that this relay was written for are there. */
export function judgeSchema(rights: readonly TableRight[], lanes: number | undefined): Finding {
  const missing = new Set(rights.filter(({ isGranted }) => isGranted === null).map(({ table }) => table));
  if (missing.size > 0) {
    return fail(
      `missing tables: ${[...missing].join(', ')}`,
      'run `ledger migrate` of the same version; where it was run, check that search_path of DATABASE_URL names its schema',
    );
  }
  if (lanes === 0) return fail('no lanes', 'run `ledger migrate`, which makes them');
  return ok(lanes === undefined ? 'all tables are there' : `all tables are there, ${lanes} lanes`);
}

/** Whether the role may do what the relay does. */
export function judgeRights(rights: readonly TableRight[], role: string): Finding {
  const lacking = new Map<string, string[]>();
  for (const { table, privilege, isGranted } of rights) {
    if (isGranted === false) lacking.set(table, [...(lacking.get(table) ?? []), privilege]);
  }
  if (lacking.size === 0) return ok(`${role} may do what the relay does`);
  const list = [...lacking].map(([table, privileges]) => `${privileges.join(', ')} on ${table}`);
  const grants = [...lacking].map(([table, privileges]) => `grant ${privileges.join(', ')} on ${table} to ${role};`);
  return fail(`${role} lacks ${list.join('; ')}`, grants.join(' '));
}

/** Whether what was committed survives a crash of the server. */
export function judgeDurability(server: ServerSettings): Finding {
  const off = ['fsync', 'full_page_writes'].filter((name) => server.get(name) !== 'on');
  if (off.length === 0) return ok('fsync and full_page_writes are on');
  return fail(
    `${off.join(' and ')} off: a crash of the server can lose or corrupt what was committed`,
    off.map((name) => `alter system set ${name} = on; select pg_reload_conf();`).join(' '),
  );
}

/**
 * Whether a commit is on disk before it is answered.
 *
 * @param asked what a session has that asks for `on` when it starts, as the ledger's do
 * @param given what a session has that asks for nothing
 */
export function judgeSynchronousCommit(asked: string | undefined, given: string | undefined): Finding {
  if (asked !== 'on') {
    return fail(
      `a session that asks for synchronous_commit = on has ${asked ?? 'none'}: something between here and the server drops what sessions ask for`,
      'connect without the pooler, or through one that hands on the start-up parameter options',
    );
  }
  if (given === 'off' || given === 'local') {
    return warn(
      `synchronous_commit is ${given} for sessions that do not set it; those of Daybook do, so only what else writes here is at risk`,
      'alter system set synchronous_commit = on; and take it out of alter role … set and alter database … set',
    );
  }
  return ok(`synchronous_commit is ${asked} in sessions of Daybook, ${given ?? 'unknown'} by default`);
}

/** Whether a standby that is promoted has all that was committed. */
export function judgeStandbys(synchronousStandbyNames: string, standbys: number): Finding {
  if (synchronousStandbyNames !== '') return ok(`commits wait for ${synchronousStandbyNames}`);
  if (standbys === 0) return ok('no standby is connected; a failover to one would need it to be synchronous');
  return warn(
    `${standbys} receivers of WAL and no synchronous_standby_names: a failover can lose commits whose events Kafka has`,
    "let synchronous_standby_names name a standby that may be promoted, such as 'ANY 1 (standby1, standby2)'",
  );
}

interface TimeoutRule {
  readonly setting: string;
  readonly failsBelowMs: number;
  readonly warnsBelowMs: number;
  readonly cuts: string;
}

const timeoutRules: readonly TimeoutRule[] = [
  { setting: 'statement_timeout', failsBelowMs: 1_000, warnsBelowMs: 10_000, cuts: 'slow reads and commits' },
  { setting: 'transaction_timeout', failsBelowMs: 1_000, warnsBelowMs: 10_000, cuts: 'slow batches' },
  { setting: 'lock_timeout', failsBelowMs: 0, warnsBelowMs: 5_000, cuts: 'batches that wait for their lane' },
  {
    setting: 'idle_session_timeout',
    failsBelowMs: 5_000,
    warnsBelowMs: 60_000,
    cuts: 'the connection that listens, and those of the pool',
  },
  {
    setting: 'idle_in_transaction_session_timeout',
    failsBelowMs: 0,
    warnsBelowMs: 5_000,
    cuts: 'batches between two statements',
  },
];

/** Whether the server cuts off what the services do. Zero is no limit. */
export function judgeTimeouts(server: ServerSettings): Finding {
  const findings = timeoutRules.map(({ setting, failsBelowMs, warnsBelowMs, cuts }) => {
    const limitMs = Number(server.get(setting) ?? 0);
    if (limitMs === 0 || limitMs >= warnsBelowMs) return ok(setting);
    const found = `${setting} is ${limitMs} ms, which cuts off ${cuts}`;
    const mend = `alter role … set ${setting} = 0, or ${warnsBelowMs} ms and more`;
    return limitMs < failsBelowMs ? fail(found, mend) : warn(found, mend);
  });
  return worstOf(findings, 'no timeout of the server is in the way');
}

/** Whether dead rows are cleared away. */
export function judgeAutovacuum(server: ServerSettings, tables: readonly TableHealth[]): Finding {
  const off = ['autovacuum', 'track_counts'].filter((name) => server.get(name) !== 'on');
  if (off.length > 0) {
    return fail(
      `${off.join(' and ')} off: dead rows stay, and the server stops when its transaction numbers run out`,
      off.map((name) => `alter system set ${name} = on; select pg_reload_conf();`).join(' '),
    );
  }
  const spared = tables.filter(({ isVacuumed }) => !isVacuumed).map(({ name }) => name);
  if (spared.length > 0) {
    return warn(
      `autovacuum is off for ${listOf(spared)}`,
      spared
        .slice(0, 3)
        .map((name) => `alter table ${name} reset (autovacuum_enabled);`)
        .join(' '),
    );
  }
  return ok('autovacuum is on, for each table too');
}

/** Whether dead rows pile up. */
export function judgeDeadRows(tables: readonly TableHealth[]): Finding {
  const piled = tables.filter(({ liveRows, deadRows }) => deadRows > deadRowsMax && deadRows > liveRows / 2);
  if (piled.length > 0) {
    return warn(
      piled.map(({ name, deadRows, liveRows }) => `${name} has ${deadRows} dead rows beside ${liveRows}`).join('; '),
      'see old-snapshots, prepared-transactions and replication-slots for what keeps them, then vacuum the table',
    );
  }
  const most = Math.max(0, ...tables.map(({ deadRows }) => deadRows));
  return ok(`at most ${most} dead rows in a table`);
}

/** Whether the two clocks agree. `roundTripMs` is how far the measurement may be wrong. */
export function judgeClock(skewMs: number, roundTripMs: number): Finding {
  const found = `the database's clock is ${Math.abs(Math.round(skewMs))} ms ${skewMs < 0 ? 'behind' : 'ahead of'} this machine's`;
  if (Math.abs(skewMs) - roundTripMs <= clockSkewMaxMs) return ok(found);
  return warn(
    `${found}: nothing promised depends on it, but times in logs, records and metrics do not agree`,
    'let both machines follow the same time servers (NTP)',
  );
}

/** Whether the server has room for the connections of one relay. */
export function judgeConnections(room: ConnectionRoom, poolSize: number): Finding {
  const left = room.connectionsMax - room.used;
  const limits = [
    ...(room.roleMax >= 0 ? [`the role's limit of ${room.roleMax}`] : []),
    ...(room.databaseMax >= 0 ? [`the database's limit of ${room.databaseMax}`] : []),
  ];
  const isLimited =
    (room.roleMax >= 0 && room.roleMax < poolSize) || (room.databaseMax >= 0 && room.databaseMax < poolSize);
  if (left >= poolSize && !isLimited) {
    return ok(`${left} of ${room.connectionsMax} connections are free, a relay opens up to ${poolSize}`);
  }
  return warn(
    `${left} of ${room.connectionsMax} connections are free${limits.length > 0 ? `, and there is ${limits.join(' and ')}` : ''}; a relay opens up to ${poolSize} (DATABASE_POOL_SIZE)`,
    'raise max_connections or the limit of the role or database, or run fewer processes',
  );
}

/** A list that ends after some. */
export function listOf(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ');
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}
