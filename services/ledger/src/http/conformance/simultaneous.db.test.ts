import { expect } from 'vitest';
import { pay, type Exchange } from '../../../test-fixtures/conformance-requests.ts';
import { proveCases, type StepwiseCase } from '../../../test-fixtures/prove-cases.ts';

// What v1 sees to by a lock for each ledger: requests that come at once are answered as if they came one after the other.

const anyStatus = { status: expect.any(Number) };

function times(count: number, exchangeOf: (index: number) => Exchange): readonly Exchange[] {
  return Array.from({ length: count }, (_, index) => exchangeOf(index));
}

interface ListedTransactions {
  readonly cursor: { readonly data: readonly { readonly txid: number; readonly reference: string }[] };
}

const cases: readonly StepwiseCase[] = [
  {
    section: '2.5',
    what: 'transactions that come at once, among some that are refused and previews, are numbered without gaps',
    async prove({ ask, get, see }) {
      await Promise.all([
        ...times(30, (index) => pay(`world a${index} 1 USD`)).map(ask),
        ...times(10, (index) => ({ ...pay(`poor a${index} 1 USD`), status: 400 })).map(ask),
        ...times(10, () => ({ ...pay('world a 1 USD'), ask: 'POST /~/transactions?preview=1' })).map(ask),
      ]);
      const { cursor } = await get<ListedTransactions>('/~/transactions?pageSize=100');
      see(cursor.data.map(({ txid }) => txid)).toEqual(Array.from({ length: 30 }, (_, index) => 29 - index));
    },
  },
  {
    section: '2.4',
    what: 'of requests that come at once with the same reference one is taken, and the others are conflicts',
    async prove({ ask, get, see }) {
      const answers = await Promise.all(
        times(12, () => ({ ...pay('world a 1 USD', { reference: 'same' }), ...anyStatus })).map(ask),
      );
      see(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([
        200,
        ...Array.from({ length: 11 }, () => 409),
      ]);
      const { cursor } = await get<ListedTransactions>('/~/transactions');
      see(cursor.data).toMatchObject([{ txid: 0, reference: 'same' }]);
    },
  },
  {
    section: '1.7',
    what: 'of requests that come at once under the same key one is done, and the others get its answer',
    async prove({ ask, get, see }) {
      const keyed = { ...pay('world a 1 USD'), headers: { 'Idempotency-Key': 'same' } };
      const answers = await Promise.all(times(12, () => keyed).map(ask));
      see(new Set(answers.map(({ body }) => body)).size).toBe(1);
      see(answers.filter(({ headers }) => headers['idempotency-hit'] === 'true')).toHaveLength(11);
      see(await get('/~/stats')).toEqual({ data: { transactions: 1, accounts: 2 } });
    },
  },
  {
    section: '2.3',
    what: 'money is spent once, however many want it at once',
    async prove({ ask, get, see }) {
      await ask(pay('world a 5 USD'));
      const answers = await Promise.all(times(12, (index) => ({ ...pay(`a b${index} 1 USD`), ...anyStatus })).map(ask));
      see(answers.filter(({ status }) => status === 200)).toHaveLength(5);
      see(await get('/~/accounts/a')).toMatchObject({
        data: { volumes: { USD: { input: 5, output: 5, balance: 0 } } },
      });
    },
  },
  {
    section: '2.7',
    what: 'a transaction is reverted once, however many ask for it at once',
    async prove({ ask, get, see }) {
      await ask(pay('world a 5 USD'));
      const answers = await Promise.all(
        times(8, () => ({ ask: 'POST /~/transactions/0/revert', ...anyStatus })).map(ask),
      );
      see(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([
        200,
        ...Array.from({ length: 7 }, () => 400),
      ]);
      see(await get('/~/stats')).toEqual({ data: { transactions: 2, accounts: 2 } });
    },
  },
];

proveCases(cases);
