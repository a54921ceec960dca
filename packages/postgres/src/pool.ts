import { Pool, type PoolClient, type QueryResult as Result, type QueryResultRow } from 'pg';
import { exactTypes } from './exact-types.ts';

export type { Pool, PoolClient };
export type QueryResult<Row extends QueryResultRow = QueryResultRow> = Result<Row>;

/** How a pool behaves. Durations are in milliseconds. */
export interface PoolOptions {
  /** The most connections that the pool opens. */
  size: number;
  /** Shown in pg_stat_activity. */
  applicationName: string;
  /** Sends statements without waiting for the answers of those before; see `commitPipeline` for the traps. */
  pipeline?: boolean;
  /** PostgreSQL settings of each session, by name, on top of those that every session of ours has. */
  session?: Readonly<Record<string, string>>;
  /** True for sessions without any of our settings: what the server, the database and the role give to others. */
  bare?: boolean;
  /** How long a connection attempt may take. */
  connectTimeoutMs?: number;
  /** How long one statement may go unanswered before its connection is given up, so that a half-open one is noticed. */
  queryTimeoutMs?: number;
}

/**
 * What every session has, whatever the role's or the database's defaults are. A role with `synchronous_commit = off`
 * would lose committed money; a display time zone would change the text of timestamps.
 */
const ownSession: Readonly<Record<string, string>> = {
  TimeZone: 'UTC',
  DateStyle: 'ISO, YMD',
  IntervalStyle: 'postgres',
  client_min_messages: 'warning',
  synchronous_commit: 'on',
  // Compiling a plan costs more than any statement of ours runs.
  jit: 'off',
  // The server notices a client that vanished: after 10 s of silence it asks, and gives up 15 s later.
  tcp_keepalives_idle: '10',
  tcp_keepalives_interval: '5',
  tcp_keepalives_count: '3',
  tcp_user_timeout: '15000',
};

/** PostgreSQL's `options` start-up parameter: backslash escapes blanks (libpq documentation, "options"). */
function startupOptions(session: Readonly<Record<string, string>>): string {
  return Object.entries(session)
    .map(([name, value]) => `-c ${name}=${value.replaceAll(/[\\ ]/g, String.raw`\$&`)}`)
    .join(' ');
}

/**
 * Opens a pool on `databaseUrl`. No connection is made before the first query.
 *
 * Sessions carry our settings as start-up options, behind those of the URL's own `options` parameter, so ours win.
 * `bigint` columns arrive as numbers (and throw past 2^53), `numeric`, `json` and timestamps as text.
 *
 * @throws TypeError when the URL names no user: the operating system's user is not a sane default for money.
 */
export function createPool(databaseUrl: string, options: PoolOptions): Pool {
  const url = new URL(databaseUrl);
  if (url.username === '')
    throw new TypeError('DATABASE_URL names no user: write postgresql://USER:PASSWORD@HOST/DATABASE');
  const session = options.bare === true ? '' : startupOptions({ ...ownSession, ...options.session });
  const given = url.searchParams.get('options') ?? '';
  url.searchParams.delete('options');
  const pool = new Pool({
    connectionString: url.href,
    options: `${given} ${session}`.trim(),
    max: options.size,
    application_name: options.applicationName,
    pipeline: options.pipeline ?? false,
    types: exactTypes,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 5_000,
    query_timeout: options.queryTimeoutMs ?? 30_000,
    idleTimeoutMillis: 30_000,
  });
  // A connection that the server ends also emits an error, which nobody but these handlers would take, and the process
  // would die of it: idle ones are replaced by the pool, and whoever has one in use learns it from its query.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}
