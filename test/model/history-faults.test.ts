import { expect, test } from 'vitest';
import { historyFaults, type LedgerHistory } from './history-faults.ts';
import { chain } from './log-faults.ts';

const history = historyOf(5);

function historyOf(transactions: number): LedgerHistory {
  const numbers = Array.from({ length: transactions }, (_, number) => number);
  let previous = 'null';
  const logs = numbers.map((id) => {
    const row = { id, type: 'NEW_TRANSACTION', data: `{"postings":[],"txid":${id}}`, date: '2026-11-24T10:00:00Z' };
    const { hash, text } = chain(previous, row);
    previous = text;
    return { ...row, hash };
  });
  return {
    ledger: 'one',
    transactions: numbers.map((txid) => ({ txid, reference: txid === 0 ? '' : `order ${txid}` })),
    logs,
    sequences: numbers.map((number) => number + 1),
  };
}

function log(id: number): LedgerHistory['logs'][number] {
  const found = history.logs[id];
  if (found === undefined) throw new RangeError(`no log ${id}`);
  return found;
}

test('a history in order has no faults, an empty one neither', () => {
  expect(historyFaults(history)).toEqual([]);
  expect(historyFaults(historyOf(0))).toEqual([]);
});

test('the chain is that of v1.10, by the hash in its own test (pkg/core/log_test.go)', () => {
  const data = '{"postings":null,"reference":"","metadata":{},"timestamp":"0001-01-01T00:00:00Z","txid":0}';
  const row = { type: 'NEW_TRANSACTION', data, date: '2022-03-29T08:20:28Z' };
  const second = chain(chain('null', { ...row, id: 0 }).text, { ...row, id: 1 });
  expect(second.hash).toBe('9ee060170400f556b7e1575cb13f9db004f150a08355c7431c62bc639166431e');
});

test.for<[string, Partial<LedgerHistory>, string]>([
  ['a txid is missing', { transactions: history.transactions.toSpliced(2, 1) }, 'one: txid 2 should be there and 3 is'],
  ['the last transaction is gone', { transactions: history.transactions.slice(0, -1) }, 'one: 5 of 4 transactions'],
  [
    'a reference is taken twice',
    { transactions: history.transactions.with(3, { txid: 3, reference: 'order 2' }) },
    'one: the reference order 2 is taken twice',
  ],
  ['a log id is missing', { logs: history.logs.toSpliced(1, 1) }, 'one: log id 1 should be there and 2 is'],
  ['a log id is there twice', { logs: history.logs.toSpliced(1, 0, log(1)) }, 'one: log id 2 should be there and 1'],
  [
    'a row was changed',
    { logs: history.logs.with(1, { ...log(1), date: '2026-11-24T10:00:01Z' }) },
    'log 1 has the hash',
  ],
  ['a row was written anew', { logs: history.logs.with(1, anew()) }, 'one: log 2 has the hash'],
  ['an event is missing', { sequences: [1, 2, 4, 5] }, 'one: event sequence 3 should be there and 4 is'],
  ['the first event is missing', { sequences: [2, 3] }, 'one: event sequence 1 should be there and 2 is'],
])('it is found when %s', ([, change, fault]) => {
  expect(historyFaults({ ...history, ...change }).join('; ')).toContain(fault);
});

/** The second row with other data, chained rightly to the first. */
function anew(): LedgerHistory['logs'][number] {
  const row = { ...log(1), data: '{"postings":[null],"txid":1}' };
  return { ...row, hash: chain(chain('null', log(0)).text, row).hash };
}
