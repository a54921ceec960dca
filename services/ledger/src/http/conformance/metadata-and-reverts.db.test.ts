import { expect } from 'vitest';
import {
  describe,
  invalid,
  pay,
  refused,
  send,
  volumesOf,
  type Exchange,
} from '../../../test-fixtures/conformance-requests.ts';
import { proveCases, type StepwiseCase, type TableCase } from '../../../test-fixtures/prove-cases.ts';

const section = '2.7';
const paid = pay('world a 5 USD');
const file = 'transaction_controller_test.go';
const reverts = 'com.numary.spec/state/reverts';
const reverted = 'com.numary.spec/state/reverted';

const targets = [
  { target: 'accounts/a', from: 'account_controller_test.go' },
  { target: 'transactions/0', from: `${file} TestPostTransactionMetadata` },
];

/** What metadata comes to, patch by patch. */
const merges: readonly (readonly [what: string, patches: readonly object[], metadata: unknown])[] = [
  ['one patch', [{ a: 1 }], { a: 1 }],
  ['another key is added', [{ a: 1 }, { b: 2 }], { a: 1, b: 2 }],
  ['a key that is set again is replaced', [{ a: 1, b: 1 }, { a: 'x' }], { a: 'x', b: 1 }],
  ['an object is replaced as a whole', [{ a: { x: 1, y: 1 } }, { a: { x: 2 } }], { a: { x: 2 } }],
  ['a list is replaced as a whole', [{ a: [1, 2] }, { a: [3] }], { a: [3] }],
  ['null is a value', [{ a: 1 }, { a: null }], { a: null }],
  ['an empty object changes nothing', [{ a: 1 }, {}], { a: 1 }],
  [
    'every kind of value',
    [{ t: '', n: -1.5, b: true, z: null, l: [[], {}], o: { '': '' } }],
    { t: '', n: -1.5, b: true, z: null, l: [[], {}], o: { '': '' } },
  ],
  ['keys of any text', [{ '': 1, 'a.b': 2, 'ä漢😀': 3, '<&>"\\': 4 }], { '': 1, 'a.b': 2, 'ä漢😀': 3, '<&>"\\': 4 }],
  [
    'large numbers are exact',
    [{ n: JSON.rawJSON('123456789012345678901234567890') }],
    { n: 123456789012345678901234567890n },
  ],
];

const patched: readonly TableCase[] = targets.flatMap(({ target, from }) =>
  merges.map(([what, patches, metadata]) => ({
    section,
    what: `${target}: ${what}`,
    from,
    given: [paid, ...patches.map((patch) => describe(target, patch))],
    ask: `GET /~/${target}`,
    shows: {
      data: { metadata: expect.toSatisfy((seen) => JSON.stringify(sorted(seen)) === JSON.stringify(sorted(metadata))) },
    },
  })),
);

function isEmpty(metadata: object): boolean {
  return Object.keys(metadata).length === 0;
}

/** Keys in one order, and bigints as texts. */
function sorted(value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`;
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, sorted(member)]),
  );
}

const metadata: readonly TableCase[] = [
  {
    section,
    what: 'metadata of a transaction is merged with that it was made with',
    given: [pay('world a 1 USD', { metadata: { a: 1, b: 1 } })],
    ...describe('transactions/0', { b: 2 }),
    afterwards: [{ ask: 'GET /~/transactions/0', shows: { data: { metadata: { a: 1, b: 2 } } } }],
  },
  {
    section,
    what: 'metadata of a transaction that is not there',
    from: `${file} TestPostTransactionMetadata`,
    ...describe('transactions/0', { a: 1 }),
    ...refused('NOT_FOUND', 'transaction not found'),
  },
  {
    section,
    what: 'metadata of an account does not touch its volumes',
    given: [paid],
    ...describe('accounts/a', { k: 1 }),
    afterwards: [
      {
        ask: 'GET /~/accounts/a',
        answer: {
          data: {
            address: 'a',
            metadata: { k: 1 },
            volumes: { USD: { input: 5, output: 0, balance: 5 } },
            balances: { USD: 5 },
          },
        },
      },
    ],
  },
  {
    section,
    what: 'world may be described',
    ...describe('accounts/world', { k: 1 }),
    afterwards: [{ ask: 'GET /~/accounts/world', shows: { data: { metadata: { k: 1 } } } }],
  },
  {
    section,
    what: 'metadata set to null is empty',
    unlike: 'a list with an account whose metadata was set to `null`',
    ...describe('accounts/a', 'null'),
    afterwards: [{ ask: 'GET /~/accounts', shows: { cursor: { data: [{ address: 'a', metadata: {} }] } } }],
  },
  {
    section,
    what: 'the key __proto__ is refused',
    unlike: "key `__proto__`, nesting over 100, over 1,000 digits, numbers beyond a 64-bit float's range",
    ask: 'POST /~/accounts/a/metadata',
    body: '{"__proto__":1}',
    status: 400,
  },
];

const revert = (txid: number, query = ''): Exchange => ({ ask: `POST /~/transactions/${txid}/revert${query}` });
const marks = (txid: number, marker: object): Exchange => ({
  ask: `GET /~/transactions/${txid}`,
  shows: { data: { metadata: marker } },
});
const insufficient = (txid: number) =>
  refused('INSUFFICIENT_FUND', `executing revert script for transaction ${txid}: balance.insufficient.USD`);

const undone: readonly TableCase[] = [
  {
    section,
    what: 'a revert turns postings around, in reverse order, and marks both transactions',
    from: `${file} TestRevertTransaction`,
    given: [pay('world a 10 USD, a b 4 USD, a c 1 USD', { reference: 'r', metadata: { k: 1 } })],
    ...revert(0),
    answer: {
      data: {
        postings: [
          { source: 'c', destination: 'a', amount: 1, asset: 'USD' },
          { source: 'b', destination: 'a', amount: 4, asset: 'USD' },
          { source: 'a', destination: 'world', amount: 10, asset: 'USD' },
        ],
        reference: 'revert_r',
        metadata: { [reverts]: '0' },
        txid: 1,
        preCommitVolumes: volumesOf('USD', { world: '0 10', a: '10 5', b: '4 0', c: '1 0' }),
        postCommitVolumes: volumesOf('USD', { world: '10 10', a: '15 15', b: '4 4', c: '1 1' }),
        timestamp: expect.any(String),
      },
    },
    afterwards: [
      { ask: 'GET /~/transactions/0', shows: { data: { metadata: { k: 1, [reverted]: { by: '1' } } } } },
      marks(1, { [reverts]: '0' }),
    ],
  },
  {
    section,
    what: 'an older transaction is reverted, not the last',
    from: `${file} TestRevertTransaction`,
    given: [paid, pay('world b 7 USD'), pay('world c 9 USD')],
    ...revert(1),
    shows: { data: { txid: 3, postings: [{ source: 'b', amount: 7 }], metadata: { [reverts]: '1' } } },
    afterwards: [marks(1, { [reverted]: { by: '3' } })],
  },
  {
    section,
    what: 'a second revert is refused',
    from: `${file} TestRevertTransaction`,
    given: [paid, revert(0)],
    ...revert(0),
    ...invalid('transaction 0 already reverted'),
    afterwards: [{ ask: 'GET /~/stats', shows: { data: { transactions: 2 } } }],
  },
  {
    section,
    what: 'a second revert is refused without checks too',
    given: [paid, revert(0)],
    ...revert(0, '?disableChecks=1'),
    ...invalid('transaction 0 already reverted'),
  },
  {
    section,
    what: 'a transaction that is not there is not reverted',
    from: `${file} TestRevertTransaction`,
    ...revert(7),
    ...refused('NOT_FOUND', 'transaction 7 not found'),
  },
  {
    section,
    what: 'a revert is reverted',
    given: [paid, revert(0)],
    ...revert(1),
    shows: {
      data: { txid: 2, postings: [{ source: 'world', destination: 'a', amount: 5 }], metadata: { [reverts]: '1' } },
    },
    afterwards: [marks(1, { [reverts]: '0', [reverted]: { by: '2' } })],
  },
  {
    section,
    what: 'money that is gone is not taken back',
    from: 'ledger_test.go',
    given: [paid, pay('a b 4 USD')],
    ...revert(0),
    ...insufficient(0),
    afterwards: [
      {
        ask: 'GET /~/transactions/0',
        shows: { data: { metadata: expect.toSatisfy(isEmpty) } },
      },
    ],
  },
  {
    section,
    what: 'money that is gone is taken back without checks',
    from: `${file} TestRevertWithDisableChecks`,
    given: [paid, pay('a b 4 USD')],
    ...revert(0, '?disableChecks=true'),
    shows: { data: { postCommitVolumes: volumesOf('USD', { a: '5 9' }) } },
    afterwards: [marks(0, { [reverted]: { by: '2' } })],
  },
  {
    section,
    what: 'a transaction of a script is reverted',
    from: 'core/posting_test.go',
    given: [send('send [COIN 9] (\n  source = @world\n  destination = {\n    1/3 to @a\n    remaining to @b\n  }\n)')],
    ...revert(0),
    shows: {
      data: {
        postings: [
          { source: 'b', amount: 6 },
          { source: 'a', amount: 3 },
        ],
      },
    },
  },
  {
    section,
    what: 'a revert brings balances back',
    from: 'ledger_test.go',
    given: [paid, pay('a b 4 USD, world c 1 EUR'), revert(1)],
    ask: 'GET /~/balances',
    shows: {
      cursor: { data: [{ world: { EUR: 0, USD: -5 } }, { c: { EUR: 0 } }, { b: { USD: 0 } }, { a: { USD: 5 } }] },
    },
  },
  {
    section,
    what: 'a revert and its mark are two rows of the log',
    given: [paid, revert(0)],
    ask: 'GET /~/logs?pageSize=2',
    shows: {
      cursor: {
        data: [
          {
            type: 'SET_METADATA',
            data: { targetType: 'TRANSACTION', targetId: 0, metadata: { [reverted]: { by: '1' } } },
          },
          { type: 'NEW_TRANSACTION', data: { txid: 1, metadata: { [reverts]: '0' } } },
        ],
      },
    },
  },
];

const clock: readonly StepwiseCase[] = [
  {
    section,
    what: 'a revert has the time of now, not that of what it undoes',
    async prove({ ask, get, see }) {
      const earliest = Math.floor(Date.now() / 1000) * 1000;
      await ask(pay('world a 5 USD', { timestamp: '2023-06-01T10:00:00Z' }));
      await ask(revert(0));
      const { data } = await get<{ readonly data: { readonly timestamp: string } }>('/~/transactions/1');
      see(Date.parse(data.timestamp)).toBeGreaterThanOrEqual(earliest);
    },
  },
];

proveCases([...patched, ...metadata, ...undone, ...clock]);
