import { invalid } from './problem.ts';
import type { QueryParameters } from './query-parameters.ts';

/** What a page of transactions is asked for by. */
export interface TransactionListParameters {
  /** Only transactions with a lower txid; 0 means from the newest on. */
  readonly after: number;
  readonly pageSize: number;
  readonly reference: string | undefined;
}

const pageSizeDefault = 15;
const pageSizeMax = 1_000;
/** v1 reads page sizes as 32 bits and txids as 64; a number shows all txids that can exist. */
const uint32Max = 4_294_967_295n;
const uint64Max = 18_446_744_073_709_551_615n;

const cursorNames = ['cursor', 'pagination_token'] as const;
const pageSizeNames = ['pageSize', 'page_size'] as const;

/** Filters of v1 that come with the rest of its API; ignoring them would answer with the wrong transactions. */
const filtersToCome = ['account', 'source', 'destination', 'startTime', 'start_time', 'endTime', 'end_time'] as const;

/**
 * Reads the query of `GET /{ledger}/transactions` by v1's rules.
 *
 * @throws ProblemError VALIDATION with v1's messages
 */
export function readTransactionListParameters(query: QueryParameters): TransactionListParameters {
  const cursorName = cursorNames.find((name) => query.has(name));
  if (cursorName !== undefined) {
    if (['after', 'reference', ...pageSizeNames, ...filtersToCome].some((name) => query.has(name))) {
      throw invalid(`no other query params can be set with '${cursorName}'`);
    }
    return decodeCursor(query.get(cursorName) ?? '', cursorName);
  }
  const unsupported = [...query.keys()].find(
    (name) => filtersToCome.some((filter) => filter === name) || /^metadata\[.*\]$/.test(name),
  );
  if (unsupported !== undefined) throw invalid(`filter '${unsupported}' is not supported yet`);
  return {
    after: readCount(query, 'after', uint64Max) ?? 0,
    pageSize: pageSizeOf(pageSizeNames.map((name) => readCount(query, name, uint32Max)).find((size) => size)),
    reference: query.get('reference'),
  };
}

function pageSizeOf(asked: number | undefined): number {
  return asked === undefined || asked === 0 ? pageSizeDefault : Math.min(asked, pageSizeMax);
}

function readCount(query: QueryParameters, name: string, max: bigint): number | undefined {
  const text = query.get(name);
  if (text === undefined) return undefined;
  if (!/^\d{1,20}$/.test(text) || BigInt(text) > max) throw invalid(`invalid '${name}' query param`);
  return Math.min(Number(text), Number.MAX_SAFE_INTEGER);
}

/** Go's zero time stands for a bound that is not set. */
const unsetTime = '0001-01-01T00:00:00Z';

/** The text of v1's page tokens: JSON in base64url, its keys in v1's order. */
export function encodeCursor({ after, pageSize, reference }: TransactionListParameters): string {
  const token = { after, reference, startTime: unsetTime, endTime: unsetTime, pageSize };
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

function decodeCursor(token: string, name: string): TransactionListParameters {
  const fields = parseToken(token);
  if (fields === undefined) throw invalid(`invalid '${name}' query param`);
  const { after = 0, pageSize = 0, reference = '', ...others } = fields;
  if (!isCount(after) || !isCount(pageSize) || typeof reference !== 'string' || reference.includes('\0')) {
    throw invalid(`invalid '${name}' query param`);
  }
  const unsupported = Object.entries(others).find(([, value]) => !isUnset(value))?.[0];
  if (unsupported !== undefined) throw invalid(`filter '${unsupported}' is not supported yet`);
  return { after, pageSize: pageSizeOf(pageSize), reference: reference === '' ? undefined : reference };
}

function parseToken(token: string): Readonly<Record<string, unknown>> | undefined {
  if (!/^[\w-]+$/.test(token)) return undefined;
  try {
    const fields: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    return isRecord(fields) ? fields : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isUnset(value: unknown): boolean {
  return value === '' || value === null || value === unsetTime || (isRecord(value) && Object.keys(value).length === 0);
}
