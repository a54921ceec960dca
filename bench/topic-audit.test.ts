import { expect, it } from 'vitest';
import { eventBody } from './backlog.ts';
import { PartitionAudit } from './topic-audit.ts';

function auditOf(sequences: readonly number[], body = eventBody): readonly string[] {
  const audit = new PartitionAudit(new Map([['one', 3]]));
  for (const sequence of sequences) audit.take({ ledger: 'one', sequence, body: body('one', sequence) });
  return audit.faults();
}

it('finds no fault in all events, each once, in order', () => {
  expect(auditOf([1, 2, 3])).toEqual([]);
});

it.each([
  ['a missing event', [1, 3]],
  ['a missing first event', [2, 3]],
  ['a missing last event', [1, 2]],
  ['a repeat', [1, 2, 2, 3]],
  ['a changed order', [1, 3, 2]],
  ['an event too many', [1, 2, 3, 4]],
])('finds %s', (_, sequences) => {
  expect(auditOf(sequences)).not.toEqual([]);
});

it('finds a body that is not the stored one', () => {
  expect(auditOf([1, 2, 3], (ledger, sequence) => eventBody(ledger, sequence + 1))).not.toEqual([]);
});

it('finds a ledger that is not there at all', () => {
  expect(auditOf([])).not.toEqual([]);
});

it('finds a ledger that belongs elsewhere', () => {
  const audit = new PartitionAudit(new Map());
  audit.take({ ledger: 'one', sequence: 1, body: eventBody('one', 1) });
  expect(audit.faults()).not.toEqual([]);
});
