import { expect, it } from 'vitest';
import { ledgerFaults, type LedgerCounts } from './ledger-audit.ts';

const answered = { ledgers: 2, transactions: 6, events: 3, moved: 600n, issued: 500n };

const good: LedgerCounts = {
  ledgers: 2,
  uneven: 0,
  transactions: 6,
  nextTxid: 6,
  logs: 6,
  nextLog: 6,
  events: 3,
  lastEventSequence: 3,
  volumes: [{ asset: 'EUR/2', input: '600', output: '600', held: '500' }],
};

it('finds no fault where everything adds up', () => {
  expect(ledgerFaults(good, answered)).toEqual([]);
});

it.each<[string, Partial<LedgerCounts>]>([
  ['a missing ledger', { ledgers: 1 }],
  ['a ledger with a gap that another one makes up for', { uneven: 1 }],
  ['a lost transaction', { transactions: 5 }],
  ['one that nobody was told of', { transactions: 7 }],
  ['a gap in the txids', { nextTxid: 7 }],
  ['a lost log row', { logs: 5 }],
  ['a gap in the log', { nextLog: 7 }],
  ['a lost event', { events: 2 }],
  ['a gap in the event sequences', { lastEventSequence: 4 }],
  ['money made', { volumes: [{ asset: 'EUR/2', input: '700', output: '600', held: '500' }] }],
  ['volumes that miss a transaction', { volumes: [{ asset: 'EUR/2', input: '500', output: '500', held: '500' }] }],
  [
    'accounts that hold more than was given',
    { volumes: [{ asset: 'EUR/2', input: '600', output: '600', held: '600' }] },
  ],
  ['no volumes', { volumes: [] }],
])('finds %s', (_, difference) => {
  expect(ledgerFaults({ ...good, ...difference }, answered)).not.toEqual([]);
});
