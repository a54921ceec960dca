import type { OutboxEntry, TopicRecord } from './auditor-history.ts';

/**
 * A history of ledgers `a` and `b`, each with a lane and a partition of its own, in which all is well until a test plants a
 * fault in it.
 */
export class History {
  readonly outbox: OutboxEntry[] = [];
  readonly records: TopicRecord[] = [];

  append(ledger: string, type: string, payload: string): void {
    const lane = ledger === 'a' ? 1 : 2;
    const seq = this.outbox.filter((row) => row.lane === lane).length + 1;
    const body = `{"date":"2026-11-23T10:00:00Z","type":"${type}","payload":${payload},"ledger":"${ledger}"}`;
    const eventId = `${ledger}${seq}`;
    this.outbox.push({ lane, seq, eventId, type, ledger, eventSequence: seq, key: ledger, body });
    this.publish(eventId);
  }

  publish(eventId: string): void {
    const row = this.outbox.find((each) => each.eventId === eventId);
    if (row === undefined) {
      throw new Error(`no event ${eventId}`);
    }
    this.records.push({
      partition: row.lane % 2,
      offset: this.records.length,
      key: row.key,
      headers: { id: eventId, sequence: String(row.eventSequence), type: row.type, ledger: row.ledger },
      value: Buffer.from(row.body),
      timestampMs: 1_000 + this.records.length,
    });
  }

  row(eventId: string): OutboxEntry {
    return found(this.outbox.find((row) => row.eventId === eventId));
  }

  record(eventId: string): TopicRecord {
    return found(this.records.find((record) => record.headers['id'] === eventId));
  }
}

/** @throws Error without a value. */
export function found<Value>(value: Value | undefined): Value {
  if (value === undefined) {
    throw new Error('not found');
  }
  return value;
}
