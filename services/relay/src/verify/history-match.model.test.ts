import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { idOf, matched, recordOf, rowsOf, type WrittenRow } from '../../test-fixtures/verify-history.ts';
import { recordFacts, type TopicRecord } from './record-facts.ts';

type Deed =
  | { readonly kind: 'lose' | 'repeat' | 'replay' | 'alter' | 'shadow'; readonly at: number }
  | { readonly kind: 'move'; readonly at: number; readonly to: number }
  | { readonly kind: 'stray'; readonly at: number; readonly sequence: number };

const anywhere = fc.nat({ max: 60 });
const deed: fc.Arbitrary<Deed> = fc.oneof(
  fc.record({ kind: fc.constantFrom('lose', 'repeat', 'replay', 'alter', 'shadow'), at: anywhere }),
  fc.record({ kind: fc.constant('move'), at: anywhere, to: anywhere }),
  fc.record({ kind: fc.constant('stray'), at: anywhere, sequence: fc.integer({ min: 1, max: 200 }) }),
);

/** Does it to the records of a topic. */
function doIt(records: TopicRecord[], rows: readonly WrittenRow[], done: Deed, number: number): void {
  const at = records.length === 0 ? 0 : done.at % records.length;
  const record = records[at];
  const row = rows[done.at % rows.length];
  if (record === undefined || row === undefined) return;
  switch (done.kind) {
    case 'lose':
      records.splice(at, 1);
      return;
    case 'repeat':
      records.push(record);
      return;
    case 'replay':
      records.push(recordOf(row, { headers: { replay: 'r' } }));
      return;
    case 'alter':
      records[at] = { ...record, value: Buffer.from(`altered ${number}`) };
      return;
    case 'shadow':
      records.splice(at, 0, recordOf(row, { headers: { id: idOf(`shadow ${number}`) } }));
      return;
    case 'move':
      records.splice(done.to % records.length, 0, ...records.splice(at, 1));
      return;
    case 'stray':
      records.splice(
        at,
        0,
        recordOf(row, { headers: { id: idOf(`stray ${number}`), sequence: String(done.sequence) } }),
      );
  }
}

/** The same question, answered record by record with all of them at hand. */
function naiveCounts(rows: readonly WrittenRow[], records: readonly TopicRecord[]): Record<string, number> {
  const counts = { missing: 0, phantom: 0, altered: 0, 'out-of-order': 0, ahead: 0 };
  const facts = records.map((record) => {
    const found = recordFacts(record);
    if (found.kind === 'foreign') throw new Error('no deed makes such a record');
    return found;
  });
  const head = rows.length;
  const idFor = (sequence: number) => rows[sequence - 1]?.eventId.replaceAll('-', '');
  const isOf = (fact: (typeof facts)[0]) =>
    idFor(fact.sequence) === fact.id && rows[fact.sequence - 1]?.digest === fact.digest;
  const place = (sequence: number, isReplay: boolean) =>
    facts.findIndex((fact) => fact.sequence === sequence && isOf(fact) && (isReplay || !fact.isReplay));
  const above = new Set(facts.map(({ sequence }) => sequence).filter((sequence) => sequence > head));
  for (const [offset, fact] of facts.entries()) {
    if (isOf(fact) || idFor(fact.sequence) === fact.id) continue;
    const real = place(fact.sequence, false);
    const own = real === -1 ? place(fact.sequence, true) : real;
    const first = facts.findIndex(({ id, digest }) => id === fact.id && digest === fact.digest);
    if (fact.sequence > head) {
      const isTail = Array.from({ length: fact.sequence - head }, (_, index) => head + 1 + index).every((sequence) =>
        above.has(sequence),
      );
      counts[isTail ? 'ahead' : 'phantom'] += 1;
    } else counts[own === -1 || Math.min(first, offset) < own ? 'ahead' : 'phantom'] += 1;
  }
  const places: number[] = [];
  for (const row of rows) {
    const isAltered = facts.some(
      (fact) => fact.sequence === row.eventSequence && idFor(fact.sequence) === fact.id && !isOf(fact),
    );
    if (isAltered) counts.altered += 1;
    else if (place(row.eventSequence, true) === -1) counts.missing += 1;
    places.push(place(row.eventSequence, false));
  }
  for (const [index, own] of places.entries()) {
    if (own !== -1 && places.slice(index + 1).some((later) => later !== -1 && later < own)) counts['out-of-order'] += 1;
  }
  return counts;
}

// Eighty events lie on two pages.
it('finds what a comparison of everything with everything finds', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 80 }), fc.array(deed, { maxLength: 12 }), (count, deeds) => {
      const rows = rowsOf(count);
      const records = rows.map((row) => recordOf(row));
      for (const [number, done] of deeds.entries()) doIt(records, rows, done, number);
      const { faults } = matched({ rows, records }).findings;
      const counts = Object.fromEntries(Object.entries(faults).map(([kind, fault]) => [kind, fault.count]));
      expect(counts).toEqual(naiveCounts(rows, records));
    }),
    { numRuns: 500 },
  );
}, 60_000);
