import { isJsonObject, parseJson, type Json } from '@daybook/events';
import { expect } from 'vitest';
import { chainFault } from '../../../test-fixtures/chain-fault.ts';
import {
  describe,
  draft,
  pay,
  payAll,
  volumes,
  volumesOf,
  type Exchange,
} from '../../../test-fixtures/conformance-requests.ts';
import { proveCases, type StepwiseCase, type TableCase } from '../../../test-fixtures/prove-cases.ts';

const section = '2.8';
const from = 'transaction_controller_test.go TestTransactionsVolumes';
const aggregates = 'volume_agg_test.go';
const none = volumes('0 0');

const touched: readonly TableCase[] = [
  {
    section,
    what: 'a first transaction begins at 0',
    from,
    ...pay('world alice 100 USD'),
    shows: {
      data: [
        {
          preCommitVolumes: volumesOf('USD', { world: '0 0', alice: '0 0' }),
          postCommitVolumes: volumesOf('USD', { world: '0 100', alice: '100 0' }),
        },
      ],
    },
  },
  {
    section,
    what: 'the next begins where the last ended',
    from,
    given: [pay('world alice 100 USD'), pay('world bob 50 USD')],
    ...pay('alice bob 30 USD'),
    shows: {
      data: [
        {
          preCommitVolumes: volumesOf('USD', { alice: '100 0', bob: '50 0' }),
          postCommitVolumes: volumesOf('USD', { alice: '100 30', bob: '80 0' }),
        },
      ],
    },
  },
  {
    section,
    what: 'only pairs that a transaction touches are shown',
    from,
    given: [pay('world alice 100 USD, world alice 7 EUR')],
    ...pay('alice bob 1 EUR'),
    answer: {
      data: [
        {
          postings: [{ source: 'alice', destination: 'bob', amount: 1, asset: 'EUR' }],
          reference: '',
          metadata: {},
          txid: 1,
          preCommitVolumes: { alice: { EUR: volumes('7 0') }, bob: { EUR: none } },
          postCommitVolumes: { alice: { EUR: volumes('7 1') }, bob: { EUR: volumes('1 0') } },
          timestamp: expect.any(String),
        },
      ],
    },
  },
  {
    section,
    what: 'postings of several assets',
    from,
    ...pay('world a 5 USD, world a 7 EUR, a b 2 USD'),
    shows: {
      data: [
        {
          preCommitVolumes: { world: { USD: none, EUR: none }, a: { USD: none, EUR: none }, b: { USD: none } },
          postCommitVolumes: {
            world: { USD: volumes('0 5'), EUR: volumes('0 7') },
            a: { USD: volumes('5 2'), EUR: volumes('7 0') },
            b: { USD: volumes('2 0') },
          },
        },
      ],
    },
  },
  {
    section,
    what: 'money that passes through counts on both sides',
    from: aggregates,
    ...pay('world a 5 USD, a b 5 USD'),
    shows: { data: [{ postCommitVolumes: volumesOf('USD', { world: '0 5', a: '5 5', b: '5 0' }) }] },
  },
  {
    section,
    what: 'an account that pays itself counts on both sides',
    from: aggregates,
    given: [pay('world a 5 USD')],
    ...pay('a a 3 USD'),
    shows: {
      data: [{ preCommitVolumes: volumesOf('USD', { a: '5 0' }), postCommitVolumes: volumesOf('USD', { a: '8 3' }) }],
    },
  },
  {
    section,
    what: 'an amount of 0 touches',
    from: aggregates,
    ...pay('a b 0 USD'),
    shows: { data: [{ postCommitVolumes: volumesOf('USD', { a: '0 0', b: '0 0' }) }] },
    afterwards: [{ ask: 'GET /~/accounts/a', shows: { data: { volumes: { USD: none } } } }],
  },
  {
    section,
    what: 'volumes of an account hold all that it ever gave and got',
    given: [pay('world a 5 USD'), pay('a b 3 USD'), pay('b a 1 USD')],
    ask: 'GET /~/accounts/a',
    shows: { data: { volumes: { USD: { input: 6, output: 3, balance: 3 } }, balances: { USD: 3 } } },
  },
  {
    section,
    what: 'volumes of a transaction stay as they were',
    from,
    given: [pay('world a 5 USD'), pay('a b 3 USD')],
    ask: 'GET /~/transactions/0',
    shows: { data: { postCommitVolumes: volumesOf('USD', { world: '0 5', a: '5 0' }) } },
  },
  {
    section,
    what: 'volumes across a batch',
    from: 'transaction_controller_test.go TestPostTransactionsBatchComplex',
    ...payAll(draft('world a 5 USD'), draft('world a 6 USD')),
    shows: {
      data: [
        { postCommitVolumes: volumesOf('USD', { a: '5 0' }) },
        { preCommitVolumes: volumesOf('USD', { a: '5 0' }), postCommitVolumes: volumesOf('USD', { a: '11 0' }) },
      ],
    },
  },
  {
    section,
    what: 'sent postings are not merged',
    from: 'core/transaction_test.go',
    ...pay('world a 5 USD, world a 5 USD'),
    shows: { data: [{ postings: [{ amount: 5 }, { amount: 5 }], postCommitVolumes: volumesOf('USD', { a: '10 0' }) }] },
  },
];

function hasNoVolumes(data: object): boolean {
  return Object.keys(data).join() === 'postings,reference,metadata,timestamp,txid';
}

const logged = (exchange: Exchange, ...rows: readonly object[]): Omit<TableCase, 'what' | 'section'> => ({
  given: [pay('world z 9 USD'), exchange],
  ask: `GET /~/logs?pageSize=${rows.length}`,
  shows: { cursor: { data: rows } },
});
const script = 'send [COIN 1] (\n  source = @world\n  destination = @a\n)';

const rows: readonly TableCase[] = [
  {
    section,
    what: 'a transaction is a log without volumes',
    ...logged(pay('world a 5 USD', { reference: 'r', metadata: { k: 1 } }), {
      id: 1,
      type: 'NEW_TRANSACTION',
      data: expect.toSatisfy(hasNoVolumes),
    }),
  },
  {
    section,
    what: 'metadata of an account is a log with its address',
    ...logged(describe('accounts/a:b', { k: 1 }), {
      id: 1,
      type: 'SET_METADATA',
      data: { targetType: 'ACCOUNT', targetId: 'a:b', metadata: { k: 1 } },
    }),
  },
  {
    section,
    what: 'metadata of a transaction is a log with its number',
    ...logged(describe('transactions/0', { k: 1 }), {
      id: 1,
      type: 'SET_METADATA',
      data: { targetType: 'TRANSACTION', targetId: 0, metadata: { k: 1 } },
    }),
  },
  {
    section,
    what: 'a batch is a log for each transaction',
    ...logged(
      payAll(draft('world a 1 USD'), draft('world b 1 USD')),
      { id: 2, data: { txid: 2 } },
      { id: 1, data: { txid: 1 } },
    ),
  },
  {
    section,
    what: 'a script is a log of its postings',
    ...logged(
      { ask: 'POST /~/script', body: { plain: script } },
      { id: 1, data: { postings: [{ source: 'world', destination: 'a', amount: 1, asset: 'COIN' }] } },
    ),
  },
  {
    section,
    what: 'a revert is a log, and its mark another',
    ...logged(
      { ask: 'POST /~/transactions/0/revert' },
      { id: 2, type: 'SET_METADATA' },
      { id: 1, type: 'NEW_TRANSACTION' },
    ),
  },
  { section, what: 'a mapping is no log', ...logged({ ask: 'PUT /~/mapping', body: { contracts: [] } }, { id: 0 }) },
  {
    section,
    what: 'a preview is no log',
    ...logged({ ...pay('world a 1 USD'), ask: 'POST /~/transactions?preview=1' }, { id: 0 }),
  },
  { section, what: 'a refused transaction is no log', ...logged({ ...pay('a b 1 USD'), status: 400 }, { id: 0 }) },
];

const escapes = {
  metadata: {
    '<&>': '\u2028 \u2029 \b \f \n \t \u0001 " \\ / ä 漢 😀',
    z: [1.5, JSON.rawJSON('12345678901234567890'), null, true],
    a: { y: 1, x: [] },
  },
  reference: '<r> & "s"',
};

/** What is written into one ledger each, whose chain a client then recomputes from `GET /{ledger}/logs` alone. */
const chains: readonly (readonly [what: string, exchanges: readonly Exchange[], logs: number])[] = [
  ['nothing', [], 0],
  ['one transaction', [pay('world a 1 USD')], 1],
  ['texts that are escaped', [pay('world a 1 USD', escapes), describe('accounts/a', escapes.metadata)], 2],
  [
    'fractions of seconds',
    [
      pay('world a 1 USD', { timestamp: '2023-06-01T10:00:00.123456789Z' }),
      pay('world a 1 USD', { timestamp: '2023-06-01T10:00:00.5Z' }),
      pay('world a 1 USD', { timestamp: '2023-06-01T10:00:01Z' }),
    ],
    3,
  ],
  ['amounts of many digits', [pay(`world a ${'9'.repeat(126)} USD`)], 1],
  [
    'every kind of write',
    [
      payAll(draft('world a 9 USD'), draft('a b 4 USD')),
      { ask: 'POST /~/transactions/1/revert' },
      describe('transactions/0', { k: 1 }),
      describe('accounts/a', { k: 1 }),
      {
        ask: 'POST /~/script',
        body: { plain: `${script}\nset_account_meta(@a, "k", 15%)\nset_tx_meta("k", [COIN 3])` },
      },
      { ask: 'PUT /~/mapping', body: { contracts: [] } },
    ],
    8,
  ],
];

const recomputed: readonly StepwiseCase[] = chains.map(([what, exchanges, count]) => ({
  section,
  what: `the hash chain of a ledger with ${what} is that of v1.10`,
  from: 'core/log_test.go',
  async prove({ ask, see }) {
    for (const exchange of exchanges) await ask(exchange);
    const { body } = await ask({ ask: 'GET /~/logs?pageSize=1000' });
    const logs = [...rowsOf(parseJson(body))].reverse();
    see(logs).toHaveLength(count);
    see(chainFault(logs)).toBeUndefined();
  },
}));

function rowsOf(answer: Json): readonly Json[] {
  const cursor = isJsonObject(answer) ? answer['cursor'] : undefined;
  const data = isJsonObject(cursor) ? cursor['data'] : undefined;
  return Array.isArray(data) ? data : [];
}

proveCases([...touched, ...rows, ...recomputed]);
