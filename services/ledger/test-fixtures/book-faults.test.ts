import { expect, test } from 'vitest';
import { bookFaults } from './book-faults.ts';

const hash = '7930ad28ecfab57eb4097774a70b106e48dac15256cde62f26176b42f5f0f255';

function logOf(amount: string): string {
  const posting = `{"source":"world","destination":"a","amount":${amount},"asset":"USD"}`;
  const data = `{"postings":[${posting}],"reference":"","metadata":{},"timestamp":"2023-06-01T10:00:00Z","txid":0}`;
  return `{"id":0,"type":"NEW_TRANSACTION","data":${data},"hash":"${hash}","date":"2023-06-01T10:00:00Z"}`;
}

/** A ledger of one transaction, as its lists show it. */
const sound = { logs: logOf('5'), transactions: '{"txid":0}', balances: '{"world":{"USD":-5}},{"a":{"USD":5}}' };

async function faultsOf(lists: Readonly<Record<string, string>>): Promise<readonly string[]> {
  return await bookFaults('main', (path) => {
    const [, list = ''] = /^\/main\/(\w+)\?pageSize=1000$/.exec(path) ?? [];
    return Promise.resolve(`{"cursor":{"data":[${lists[list]}]}}`);
  });
}

test('books that agree have no fault', async () => {
  expect(await faultsOf(sound)).toEqual([]);
});

test.each([
  { what: 'another amount in the log', books: { logs: logOf('6') }, faults: ['the hash of log 0', 'balances are'] },
  { what: 'a transaction that is not listed', books: { transactions: '' }, faults: ['txids listed are , not 0'] },
  {
    what: 'a transaction too many',
    books: { transactions: '{"txid":1},{"txid":0}' },
    faults: ['txids listed are 0,1'],
  },
  { what: 'another balance', books: { balances: '{"world":{"USD":-5}},{"a":{"USD":4}}' }, faults: ['balances are'] },
  { what: 'an account that is not listed', books: { balances: '{"world":{"USD":-5}}' }, faults: ['balances are'] },
])('$what is a fault', async ({ books, faults }) => {
  expect(await faultsOf({ ...sound, ...books })).toEqual(
    faults.map((beginning): unknown => expect.stringContaining(beginning)),
  );
});
