import type { Findings } from './auditor-findings.ts';
import {
  groupBy,
  payloadOf,
  placeOf,
  type FirstAppearance,
  type OutboxEntry,
  type TopicRecord,
} from './auditor-history.ts';

/** What became of the outbox in the topic. */
export interface Delivery {
  /** In the order of each ledger's sequences. */
  firsts: FirstAppearance[];
  /** Records beyond the first of their event. */
  repeats: number;
}

/**
 * Holds the topic against the outbox.
 *
 * @param records of one topic, those of each partition by offset
 * @param outbox only rows that the topic should have
 */
export function auditDelivery(
  records: readonly TopicRecord[],
  outbox: readonly OutboxEntry[],
  findings: Findings,
): Delivery {
  const rows = new Map(outbox.map((row) => [row.eventId, row]));
  const seen = new Map<string, TopicRecord>();
  const firsts: FirstAppearance[] = [];
  let repeats = 0;
  for (const record of records) {
    const id = record.headers['id'] ?? '';
    const row = rows.get(id);
    if (row === undefined || !record.value.equals(Buffer.from(row.body))) {
      findings.add('phantom', `${row === undefined ? 'unknown id' : 'other bytes'} ${id} at ${placeOf(record)}`);
    } else {
      auditPlace(record, row, findings);
    }
    const before = seen.get(id);
    if (before !== undefined) {
      repeats += 1;
      auditRepeat(record, before, findings);
      continue;
    }
    seen.set(id, record);
    const first = firstAppearance(id, record, findings);
    if (first !== undefined) {
      firsts.push(first);
    }
  }
  for (const row of outbox) {
    if (!seen.has(row.eventId)) {
      findings.add('missing', `${row.ledger} ${row.eventSequence} (lane ${row.lane}, ${row.seq}), ${row.type}`);
    }
  }
  auditPartitions(records, findings);
  auditOrder(records, { rows: outbox, firsts }, findings);
  return { firsts: firsts.sort((a, b) => a.sequence - b.sequence), repeats };
}

function firstAppearance(id: string, record: TopicRecord, findings: Findings): FirstAppearance | undefined {
  const { ledger = '', sequence = '', type = '' } = record.headers;
  try {
    return { id, ledger, sequence: Number(sequence), type, payload: payloadOf(record), record };
  } catch (error) {
    findings.add('malformed', `${placeOf(record)}: ${String(error)}`);
    return undefined;
  }
}

function auditPlace(record: TopicRecord, row: OutboxEntry, findings: Findings): void {
  const expected = { key: row.ledger, sequence: String(row.eventSequence), type: row.type, ledger: row.ledger };
  const found = {
    key: record.key,
    sequence: record.headers['sequence'],
    type: record.headers['type'],
    ledger: record.headers['ledger'],
  };
  if (JSON.stringify(found) !== JSON.stringify(expected)) {
    findings.add('misplaced', `${placeOf(record)} has ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`);
  }
}

function auditRepeat(record: TopicRecord, before: TopicRecord, findings: Findings): void {
  if (record.headers['sequence'] !== before.headers['sequence'] || !record.value.equals(before.value)) {
    findings.add('changed', `${placeOf(record)} repeats ${placeOf(before)} in another form`);
  }
}

function auditPartitions(records: readonly TopicRecord[], findings: Findings): void {
  for (const [ledger, ofLedger] of groupBy(records, (record) => record.headers['ledger'])) {
    const partitions = new Set(ofLedger.map((record) => record.partition));
    if (partitions.size > 1) {
      findings.add('misplaced', `${ledger} is in the partitions ${[...partitions].join(', ')}`);
    }
  }
}

/** First appearances in order, and what is left for a consumer that keeps one number per ledger. */
function auditOrder(
  records: readonly TopicRecord[],
  { rows, firsts }: { rows: readonly OutboxEntry[]; firsts: readonly FirstAppearance[] },
  findings: Findings,
): void {
  const expected = new Map<string, number[]>();
  for (const [ledger, ofLedger] of groupBy(rows, (row) => row.ledger)) {
    expected.set(
      ledger,
      ofLedger.map((row) => row.eventSequence).sort((a, b) => a - b),
    );
  }
  for (const [ledger, ofLedger] of groupBy(firsts, (first) => first.ledger)) {
    const next = expected.get(ledger) ?? [];
    let index = 0;
    const ids = new Map<number, string>();
    for (const { sequence, id, record } of ofLedger) {
      if (sequence !== next[index]) {
        findings.add('disordered', `${next[index] ?? 'nothing'} was next at ${placeOf(record)}`);
      }
      const found = next.indexOf(sequence, index);
      index = found === -1 ? index : found + 1;
      const other = ids.get(sequence);
      if (other !== undefined && other !== id) {
        findings.add('changed', `${ledger} ${sequence} is both ${other} and ${id}`);
      }
      ids.set(sequence, id);
    }
  }
  const kept = consume(records);
  for (const [ledger, sequences] of expected) {
    const ofLedger = kept.get(ledger) ?? new Set();
    for (const sequence of sequences) {
      if (!ofLedger.has(sequence)) {
        findings.add('skipped', `${ledger} ${sequence}`);
      }
    }
  }
}

/** What a consumer keeps that drops every record whose sequence is not above the last of its ledger. */
function consume(records: readonly TopicRecord[]): Map<string, Set<number>> {
  const kept = new Map<string, Set<number>>();
  const last = new Map<string, number>();
  for (const { headers } of records) {
    const ledger = headers['ledger'] ?? '';
    const sequence = Number(headers['sequence']);
    if (sequence > (last.get(ledger) ?? 0)) {
      last.set(ledger, sequence);
      const ofLedger = kept.get(ledger) ?? new Set();
      kept.set(ledger, ofLedger.add(sequence));
    }
  }
  return kept;
}
