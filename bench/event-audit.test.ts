import { describe, expect, test } from 'vitest';
import { EventAudit } from './event-audit.ts';

function faultsOf(sequences: readonly number[], events: number): readonly string[] {
  const audit = new EventAudit();
  for (const sequence of sequences) audit.take({ ledger: 'a', sequence });
  return audit.faults(new Map([['a', events]]));
}

describe('EventAudit', () => {
  test('finds nothing where every event came once and in order', () => {
    expect(faultsOf([1, 2, 3], 3)).toEqual([]);
  });

  test.for([
    ['a missing one', [1, 3], 3, 'a: event 3 came after event 1'],
    ['a repeat', [1, 2, 2], 2, 'a: event 2 came after event 2'],
    ['the wrong order', [2, 1], 2, 'a: event 2 came after event 0'],
    ['a missing end', [1, 2], 3, 'a: the last event is 2, not 3'],
    ['an event that nobody wrote', [1, 2], 1, 'a: the last event is 2, not 1'],
    ['nothing at all', [], 1, 'a: the last event is 0, not 1'],
  ] as const)('finds %s', ([, sequences, events, fault]) => {
    expect(faultsOf(sequences, events)[0]).toBe(fault);
  });

  test('finds a ledger that nobody wrote to', () => {
    const audit = new EventAudit();
    audit.take({ ledger: 'b', sequence: 1 });
    expect(audit.faults(new Map())).toEqual(['b: the last event is 1, not 0']);
  });
});
