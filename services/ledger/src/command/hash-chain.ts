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
 * Chains a row to the JSON of the one before (undefined for the first), by the rule of v1.10: sha256 of the previous row
 * with its hash, or `null`, directly followed by this row with an empty one.
 */
export function chainLog(previous: string | undefined, row: LogRowToChain): ChainedLog {
  const date = instantText(row.date);
  const start = `{"id":${row.id},"type":"${row.type}","data":${row.data},"hash":"`;
  const end = `","date":"${date}"}`;
  const hash = createHash('sha256')
    .update(previous ?? 'null')
    .update(start)
    .update(end)
    .digest('hex');
  return { hash, text: start + hash + end, date };
}
