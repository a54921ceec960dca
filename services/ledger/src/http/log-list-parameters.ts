import { z } from 'zod';
import type { LogFilter } from '../query/list-logs.ts';
import {
  afterNumber,
  askedPageSize,
  cursorParameters,
  encodeToken,
  pageSizeOf,
  pageSizeParameters,
  readCursor,
  readParameters,
  timeParameters,
  timesOf,
  tokenNumber,
  tokenTime,
  writeTokenTime,
} from './list-parameters.ts';
import type { QueryParameters } from './query-parameters.ts';

const listParameters = { after: afterNumber, ...timeParameters, ...pageSizeParameters };

/** `GET /{ledger}/logs` */
export const logListQuery = z.object({ ...listParameters, ...cursorParameters });

const token = z.object({ after: tokenNumber, pageSize: tokenNumber, startTime: tokenTime, endTime: tokenTime });

/** What a page of the log is asked for by. */
export interface LogListParameters {
  /** Only rows with a lower id; 0 means from the newest on. */
  readonly after: number;
  readonly pageSize: number;
  readonly filter: LogFilter;
}

/**
 * Reads the query of `GET /{ledger}/logs` by v1's rules.
 *
 * @throws ProblemError VALIDATION with v1's messages
 */
export function readLogListParameters(query: QueryParameters): LogListParameters {
  const continued = readCursor(query, token, { names: Object.keys(listParameters) });
  if (continued !== undefined) {
    const { after, pageSize, startTime, endTime } = continued;
    return { after, pageSize: pageSizeOf(pageSize), filter: { startTime, endTime } };
  }
  const given = readParameters(query, logListQuery);
  return { after: given.after ?? 0, pageSize: pageSizeOf(askedPageSize(given)), filter: timesOf(given) };
}

/** The token of another page of the same list, its keys in v1's order. */
export function encodeLogCursor({ after, pageSize, filter }: LogListParameters): string {
  const { startTime, endTime } = filter;
  return encodeToken({ after, pageSize, startTime: writeTokenTime(startTime), endTime: writeTokenTime(endTime) });
}
