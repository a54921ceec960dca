/**
 * What a failure of the database means for whoever asked.
 * - `unreachable`: no connection, or it was lost; what was under way may or may not have happened.
 * - `busy`: the server is alive but refuses for now (limits, locks, serialisation); nothing happened.
 * - `constraint`: a uniqueness, check or exclusion rule turned the statement down.
 * - `data`: the values cannot be stored (too large, not valid in the type); the same values fail again.
 * - `missing`: a table, column or partition is not there (not migrated yet, or no partition for the day).
 * - `denied`: credentials or rights.
 * - `defect`: anything else; our own fault.
 */
export type FailureClass = 'unreachable' | 'busy' | 'constraint' | 'data' | 'missing' | 'denied' | 'defect';

/** SQLSTATE, or its class of two characters, to meaning (PostgreSQL documentation, appendix A). The longer entry wins. */
const meanings: ReadonlyMap<string, FailureClass> = new Map<string, FailureClass>([
  ['08', 'unreachable'],
  ['57P01', 'unreachable'], // admin_shutdown
  ['57P02', 'unreachable'], // crash_shutdown
  ['57P03', 'unreachable'], // cannot_connect_now
  ['57P05', 'unreachable'], // idle_session_timeout
  ['25P03', 'unreachable'], // idle_in_transaction_session_timeout: the session is ended
  ['53', 'busy'], // too many connections, out of memory, disk full
  ['55P03', 'busy'], // lock_not_available (lock_timeout)
  ['57014', 'busy'], // query_canceled (statement_timeout)
  ['40', 'busy'], // serialization_failure, deadlock_detected
  ['25006', 'busy'], // read_only_sql_transaction: a failover is under way
  ['23514', 'constraint'],
  ['23', 'constraint'],
  ['22', 'data'],
  ['54', 'data'], // program_limit_exceeded: index row too large
  ['42P01', 'missing'], // undefined_table
  ['42703', 'missing'], // undefined_column
  ['3D000', 'missing'], // invalid_catalog_name
  ['3F000', 'missing'], // invalid_schema_name
  ['28', 'denied'],
  ['42501', 'denied'],
]);

/** Node's error codes for a peer that is not there or went away. */
const networkCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** What pg says in words alone: these errors carry no code (pg 8.23, client.js and pg-pool). */
const networkMessages =
  /^(?:Connection terminated|Client has encountered a connection error|Query read timeout|timeout exceeded when trying to connect|Client was closed|Client is closed)/;

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** The SQLSTATE of a PostgreSQL error, else undefined. */
export function sqlstateOf(error: unknown): string | undefined {
  const code = codeOf(error);
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) && !networkCodes.has(code) ? code : undefined;
}

/** Sorts any error that a query threw. */
export function classify(error: unknown): FailureClass {
  const code = codeOf(error);
  if (code !== undefined) {
    if (networkCodes.has(code)) return 'unreachable';
    return meanings.get(code) ?? meanings.get(code.slice(0, 2)) ?? 'defect';
  }
  if (error instanceof Error && networkMessages.test(error.message)) return 'unreachable';
  if (error instanceof AggregateError && error.errors.length > 0) return classify(error.errors[0]);
  return 'defect';
}

/** The name of the constraint that a statement violated, else undefined. */
export function constraintOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('constraint' in error)) return undefined;
  return typeof error.constraint === 'string' ? error.constraint : undefined;
}
