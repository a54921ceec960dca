import { expect, test } from 'vitest';
import { compareBalances, faultsOf, withoutRepeats } from './demo-check.ts';
import type { TopicRecord } from './topic-reader.ts';

const types = ['COMMITTED_TRANSACTIONS', 'SAVED_METADATA', 'UPDATED_MAPPING', 'REVERTED_TRANSACTION'];

function record(sequence: number, type = types[sequence % 4] ?? ''): TopicRecord {
  return {
    partition: 0,
    offset: String(sequence),
    key: 'demo',
    headers: { sequence: String(sequence), type },
    value: '{}',
  };
}

test('repeats are dropped by sequence', () => {
  const records = [record(0), record(1), record(0), record(1), record(2)];
  expect(withoutRepeats(records).map(({ headers }) => headers['sequence'])).toEqual(['0', '1', '2']);
});

test('a whole run has no fault', () => {
  expect(faultsOf([record(0), record(1), record(2), record(3)], 4)).toEqual([]);
});

test.each([
  ['a missing record', [record(0), record(1), record(3)], 4, '3 records came'],
  ['a gap', [record(0), record(1), record(3), record(6)], 4, 'Sequence 3 follows 1.'],
  ['a missing type', [record(0), record(1), record(2), record(3, 'SAVED_METADATA')], 4, 'No record of type REVERTED'],
])('%s is a fault', (_what, records, expected, fault) => {
  expect(faultsOf(records, expected).join('\n')).toContain(fault);
});

test('balances that one side lacks are compared too', () => {
  const rebuilt = new Map([['a', new Map([['EUR', 1n]])]]);
  const served = new Map([['b', new Map([['EUR', 2n]])]]);
  expect(compareBalances(rebuilt, served)).toEqual([
    { account: 'a', asset: 'EUR', rebuilt: 1n, served: undefined },
    { account: 'b', asset: 'EUR', rebuilt: undefined, served: 2n },
  ]);
});
