import { createHash } from 'node:crypto';
import { instantText, type Instant } from './instant.ts';
import type { LogEntry } from './outcome.ts';

/** A numbered row of the log. */
export interface LogRowToChain {
  readonly id: number;
  readonly type: LogEntry['type'];
  readonly data: string;
  readonly date: Instant;
}

export interface ChainedLog {
  /** 64 lower-case hexadecimal digits. */
  readonly hash: string;
  /** JSON of the row with its hash: what the next row is chained to. */
  readonly text: string;
  /** The date as it was hashed. */
  readonly date: string;
}

/** JSON of a stored row with its hash, as the next row is chained to it. */
export function logText(row: { id: number; type: string; data: string; hash: string; date: string }): string {
  return `{"id":${row.id},"type":"${row.type}","data":${row.data},"hash":"${row.hash}","date":"${row.date}"}`;
}

/**
 * The hash of a row by the rule of v1.10: sha256 of the JSON of the row before with its hash (undefined for the first: `null`), directly followed
 * by this row with an empty one.
 *
 * @returns 64 lower-case hexadecimal digits
 */
export function logHash(
  previous: string | undefined,
  row: { id: number; type: string; data: string; date: string },
): string {
  return createHash('sha256')
    .update(previous ?? 'null')
    .update(logText({ ...row, hash: '' }))
    .digest('hex');
}

/** Chains a row to the JSON of the one before (undefined for the first). */
export function chainLog(previous: string | undefined, row: LogRowToChain): ChainedLog {
  const { id, type, data } = row;
  const stored = { id, type, data, date: instantText(row.date) };
  const hash = logHash(previous, stored);
  return { hash, text: logText({ ...stored, hash }), date: stored.date };
}
