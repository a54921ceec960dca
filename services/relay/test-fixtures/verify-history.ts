import { createHash, hash } from 'node:crypto';
import type { RowFacts } from '@daybook/outbox';
import { readTopicMapping, type TopicMapping } from '../src/topic-mapping.ts';
import { HistoryMatch, type RowStanding } from '../src/verify/history-match.ts';
import type { TopicRecord } from '../src/verify/record-facts.ts';

/** A row with the body that its digest is taken of. */
export interface WrittenRow extends RowFacts {
  readonly body: string;
}

const startMs = Date.parse('2026-11-24T00:00:00Z');

/** A UUID that a text always has. */
export function idOf(text: string): string {
  return hash('sha256', text)
    .slice(0, 32)
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** A row of lane 0 whose seq is its sequence, written a second after the one before. */
export function rowOf(eventSequence: number, given: Partial<WrittenRow> = {}): WrittenRow {
  const { ledger = 'main', type = 'COMMITTED_TRANSACTIONS', key = ledger, lane = 0, seq = eventSequence } = given;
  const body = given.body ?? `{"ledger":"${ledger}","event":${eventSequence}}`;
  const at = new Date(startMs + seq * 1_000).toISOString().replace('T', ' ').replace('Z', '+00');
  const eventId = idOf(`${ledger}/${eventSequence}`);
  const digest = createHash('sha256').update(`${key}\n${type}\n${body}`).digest('hex').slice(0, 16);
  return { lane, seq, at, eventId, type, ledger, eventSequence, key, digest, body, ...given };
}

export function rowsOf(count: number, given: Partial<WrittenRow> = {}): WrittenRow[] {
  return Array.from({ length: count }, (_, index) => rowOf(index + 1, given));
}

/** The record of a row as the relay sends it, with what is given in place of the row's. */
export function recordOf(
  row: WrittenRow,
  given: Partial<Omit<TopicRecord, 'headers'>> & {
    readonly headers?: Readonly<Record<string, string | undefined>>;
  } = {},
): TopicRecord {
  const { headers, ...rest } = given;
  const all = {
    id: row.eventId,
    sequence: String(row.eventSequence),
    type: row.type,
    ledger: row.ledger,
    ...headers,
  };
  return {
    topic: 'all',
    partition: 0,
    offset: 0,
    timestampMs: Date.parse(row.at.replace(' ', 'T').replace('+00', 'Z')),
    key: Buffer.from(row.key),
    value: Buffer.from(row.body),
    ...rest,
    headers: Object.fromEntries(
      Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, Buffer.from(value)]])),
    ),
  };
}

interface History {
  readonly rows: readonly WrittenRow[];
  /** In the order of their partitions; offsets are given by place unless they are set. */
  readonly records: readonly TopicRecord[];
  readonly mapping?: readonly string[];
  /** How far the lanes were published; all rows by default. */
  readonly position?: number;
  readonly low?: number;
  readonly partitions?: number;
  readonly ledgers?: readonly string[];
  readonly standingOf?: (row: RowFacts) => Partial<RowStanding>;
  readonly isLedger?: (name: string) => boolean;
}

/** A matcher of topic `all` that has gone through the history once. */
export function matched(history: History): HistoryMatch {
  const match = matcherOf(history);
  goOn(match, history);
  return match;
}

export function matcherOf({
  mapping = ['*:all'],
  ledgers,
  memoryBytesMax = 10_000_000,
}: Partial<History> & { readonly memoryBytesMax?: number }): HistoryMatch {
  const topics: TopicMapping = readTopicMapping(mapping, 'skip');
  return new HistoryMatch({
    mapping: topics,
    memoryBytesMax,
    ledgers: ledgers === undefined ? undefined : new Set(ledgers),
  });
}

/** One more pass. */
export function goOn(match: HistoryMatch, history: History): void {
  const { rows, records, position = Infinity, low = 0, partitions = 1 } = history;
  for (let partition = 0; partition < partitions; partition += 1) {
    match.place({ topic: 'all', partition, low, high: low + records.length });
  }
  for (const [index, record] of records.entries()) {
    match.see(record.offset === 0 ? { ...record, offset: low + index } : record);
  }
  const standingOf = (row: RowFacts) => ({ isSetAside: false, isExcused: false, ...history.standingOf?.(row) });
  match.lookAgain(standingOf);
  for (const row of rows) match.walk(row, { ...standingOf(row), isDue: row.seq <= position });
  match.finish(history.isLedger ?? ((name) => rows.some(({ ledger }) => ledger === name)));
}
