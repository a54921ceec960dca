import { Pool, types, type PoolClient } from 'pg';

const { builtins } = types;

const connectTimeoutMs = 5_000;
const queryTimeoutMs = 30_000;

/** What the auditor reads the database by. */
export type AuditorDatabase = Pool;
/** One connection of it, for what needs a transaction. */
export type AuditorSession = PoolClient;

function asText(text: string): string {
  return text;
}

/** Of the types that the auditor reads: amounts and JSON stay text, since a float in between could lose a digit. */
const parsers = new Map<number, (text: string) => unknown>([
  [builtins.INT8, parseCount],
  [builtins.NUMERIC, asText],
  [builtins.JSON, asText],
  [builtins.JSONB, asText],
  [builtins.TIMESTAMPTZ, asText],
]);

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count)) {
    throw new RangeError(`${text} is no count`);
  }
  return count;
}

/**
 * Opens a few connections of the auditor's own. They share no code with those of the services: a parser that loses a
 * digit for both would go unnoticed.
 */
export function openAuditorDatabase(databaseUrl: string, { size = 4 }: { size?: number } = {}): AuditorDatabase {
  const database = new Pool({
    connectionString: databaseUrl,
    application_name: 'auditor',
    max: size,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: queryTimeoutMs,
    options: '-c TimeZone=UTC -c jit=off',
    types: {
      // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- any type's oid may come, not only those that pg-types names
      getTypeParser: (oid: number) => parsers.get(oid) ?? types.getTypeParser(oid, 'text'),
    },
  });
  // A server that is killed ends connections that nobody uses just then.
  database.on('error', () => {});
  database.on('connect', (client) => client.on('error', () => {}));
  return database;
}
