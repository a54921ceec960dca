import { eventually } from '@daybook/stack/testing';
import { expect } from 'vitest';
import type { OutgoingRecord, Outcome, Publisher } from '../src/publisher.ts';

/** Records for a topic, numbered from `from` on, with keys in turn. A value is its number, filled with blanks up to `bytes`. */
export function recordsOf(
  topic: string,
  count: number,
  options: { readonly from?: number; readonly keys?: readonly string[]; readonly bytes?: number } = {},
): readonly OutgoingRecord[] {
  const { from = 0, keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'], bytes = 10 } = options;
  return Array.from({ length: count }, (_, index) => {
    const number = from + index;
    const key = keys[number % keys.length] ?? '';
    return { topic, key, value: `${number}`.padEnd(bytes, ' '), headers: { id: `id-${number}`, ledger: key } };
  });
}

/** Publishes, and waits until all is settled; outcomes in the order of the records. Fails when a record is settled twice. */
export async function publishAll(to: Publisher, records: readonly OutgoingRecord[]): Promise<readonly Outcome[]> {
  const outcomes = new Map<OutgoingRecord, Outcome>();
  let repeated = 0;
  await to.publish(records, (settled, outcome) => {
    for (const record of settled) {
      if (outcomes.has(record)) repeated += 1;
      outcomes.set(record, outcome);
    }
  });
  await eventually(() => outcomes.size === records.length, { what: 'all records settled', withinMs: 30_000 });
  expect(repeated).toBe(0);
  return records.map((record) => outcomes.get(record) ?? { kind: 'fatal', error: new Error('not settled') });
}

/** Publishes again what is to be published again, as the relay does, until all is acknowledged. */
export async function publishUntilAcknowledged(to: Publisher, records: readonly OutgoingRecord[]): Promise<void> {
  let left = records;
  await eventually(
    async () => {
      const outcomes = await publishAll(to, left);
      left = left.filter((_, index) => outcomes[index]?.kind !== 'acknowledged');
      return left.length === 0;
    },
    { what: 'all records acknowledged', withinMs: 60_000 },
  );
}

/** The kinds that occur among outcomes. */
export function kindsOf(outcomes: readonly Outcome[]): readonly string[] {
  return [...new Set(outcomes.map(({ kind }) => kind))];
}
