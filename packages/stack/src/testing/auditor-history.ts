import { objectAt, parseExact, type ExactObject } from './auditor-event.ts';

/** One record of a topic, as a consumer got it. */
export interface TopicRecord {
  partition: number;
  offset: number;
  key: string | null;
  headers: Readonly<Record<string, string>>;
  value: Buffer;
  /** When the broker appended it, if the topic says LogAppendTime; else when the producer made it. */
  timestampMs: number;
}

/** One row of the outbox. */
export interface OutboxEntry {
  lane: number;
  seq: number;
  eventId: string;
  type: string;
  ledger: string;
  eventSequence: number;
  key: string;
  body: string;
}

/** The first record of an event, with what its body says. */
export interface FirstAppearance {
  id: string;
  ledger: string;
  sequence: number;
  type: string;
  payload: ExactObject;
  record: TopicRecord;
}

/** @throws TypeError or SyntaxError when the body is no event. */
export function payloadOf(record: TopicRecord): ExactObject {
  return objectAt(objectAt(parseExact(record.value.toString('utf8')), 'event')['payload'], 'payload');
}

/** Where a record is, for messages. */
export function placeOf(record: TopicRecord): string {
  const { ledger, sequence, type } = record.headers;
  return `partition ${record.partition}, offset ${record.offset} (${ledger} ${sequence}, ${type})`;
}

/** Groups values in the order given. */
export function groupBy<Value, Key>(values: Iterable<Value>, keyOf: (value: Value) => Key): Map<Key, Value[]> {
  const groups = new Map<Key, Value[]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group === undefined) {
      groups.set(key, [value]);
    } else {
      group.push(value);
    }
  }
  return groups;
}
