import { expect, it } from 'vitest';
import { ledgerFaults, type LedgerCounts } from './ledger-audit.ts';

const answered = { requests: 3, transactionsPerRequest: 2, amount: 100 };

const good: LedgerCounts = {
  transactions: 6,
  nextTxid: 6,
  logs: 6,
  nextLog: 6,
  events: 3,
  lastEventSequence: 3,
  volumes: [{ asset: 'EUR/2', input: '600', output: '600' }],
};

it('finds no fault where everything adds up', () => {
  expect(ledgerFaults(good, answered)).toEqual([]);
});

it.each<[string, Partial<LedgerCounts>]>([
  ['a lost transaction', { transactions: 5 }],
  ['one that nobody was told of', { transactions: 7 }],
  ['a gap in the txids', { nextTxid: 7 }],
  ['a lost log row', { logs: 5 }],
  ['a gap in the log', { nextLog: 7 }],
  ['a lost event', { events: 2 }],
  ['a gap in the event sequences', { lastEventSequence: 4 }],
  ['money made', { volumes: [{ asset: 'EUR/2', input: '700', output: '600' }] }],
  ['volumes that miss a transaction', { volumes: [{ asset: 'EUR/2', input: '500', output: '500' }] }],
  ['no volumes', { volumes: [] }],
])('finds %s', (_, difference) => {
  expect(ledgerFaults({ ...good, ...difference }, answered)).not.toEqual([]);
});
