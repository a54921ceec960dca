import { createHash } from 'node:crypto';
import { parseExact } from '../../packages/stack/src/testing/index.ts';
import { difference, Matching } from './difference.ts';
import { fromMs as nanoseconds, secondText } from './instant.ts';
import type { ModelLog, Span } from './ledger-model.ts';

/**
 * How a log differs from the model's; undefined when it does not. Each hash is computed anew from the text that the model wrote.
 *
 * @param rows as REST shows them, the last one first
 */
export function logFault(rows: readonly unknown[], logs: readonly ModelLog[]): string | undefined {
  if (rows.length !== logs.length) return `the log should have ${logs.length} rows and has ${rows.length}`;
  let previous = 'null';
  for (const [id, row] of rows.toReversed().entries()) {
    const log = logs[id];
    if (log === undefined) return `the log has a row ${id}`;
    const { type, data } = log;
    const date = typeof log.date === 'string' ? log.date : dateOf(row);
    const chained = chain(previous, { id, type, data, date });
    previous = chained.text;
    const expected = {
      id: BigInt(id),
      type,
      data: parseExact(data),
      hash: chained.hash,
      date: typeof log.date === 'string' ? log.date : wholeSecondIn(log.date),
    };
    const fault = difference(expected, row);
    if (fault !== undefined) return `row ${id} of the log: ${fault}`;
  }
  return undefined;
}

/** The hash of v1.10: of the previous row with its own, or `null`, and this row with an empty one. */
export function chain(
  previous: string,
  { id, type, data, date }: { id: number; type: string; data: string; date: string },
): { readonly hash: string; readonly text: string } {
  const textWith = (hash: string) => `{"id":${id},"type":"${type}","data":${data},"hash":"${hash}","date":"${date}"}`;
  const hash = createHash('sha256')
    .update(previous + textWith(''))
    .digest('hex');
  return { hash, text: textWith(hash) };
}

function dateOf(row: unknown): string {
  return typeof row === 'object' && row !== null && 'date' in row ? String(row.date) : '';
}

/** The ledger rounds to the second. */
function wholeSecondIn({ fromMs, toMs }: Span): Matching {
  return new Matching(`a second from ${fromMs} to ${toMs} ms`, {
    example: secondText(nanoseconds(fromMs)),
    accepts(date) {
      if (typeof date !== 'string' || !/^[\d-]{10}T[\d:]{8}Z$/.test(date)) return false;
      const ms = Date.parse(date);
      return ms >= fromMs - 500 && ms <= toMs + 500;
    },
  });
}
