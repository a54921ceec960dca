import { expect } from 'vitest';
import {
  describe,
  draft,
  invalid,
  pay,
  payAll,
  volumes,
  wholePage,
} from '../../../test-fixtures/conformance-requests.ts';
import { proveCases, type StepwiseCase, type TableCase } from '../../../test-fixtures/prove-cases.ts';

const section = '1.3';
const at = { timestamp: '2023-06-01T10:00:00Z' };
const paid = pay('world a 5 USD, world a 3 EUR/2, a b 2 USD', { reference: 'r', metadata: { k: 'v' }, ...at });
const posting = (source: string, destination: string, amount: number, asset: string) => ({
  source,
  destination,
  amount,
  asset,
});

const transaction = {
  postings: [posting('world', 'a', 5, 'USD'), posting('world', 'a', 3, 'EUR/2'), posting('a', 'b', 2, 'USD')],
  reference: 'r',
  metadata: { k: 'v' },
  txid: 0,
  preCommitVolumes: {
    world: { USD: volumes('0 0'), 'EUR/2': volumes('0 0') },
    a: { USD: volumes('0 0'), 'EUR/2': volumes('0 0') },
    b: { USD: volumes('0 0') },
  },
  postCommitVolumes: {
    world: { USD: volumes('0 5'), 'EUR/2': volumes('0 3') },
    a: { USD: volumes('5 2'), 'EUR/2': volumes('3 0') },
    b: { USD: volumes('2 0') },
  },
  ...at,
};

const emptyAccount = (address: string) => ({ data: { address, metadata: {}, volumes: {}, balances: {} } });
const counted = (count: number) => ({ answer: '', answeredWith: { Count: String(count) } });

const server: readonly TableCase[] = [
  { section, what: 'GET /_health', from: 'health_controller_test.go', ask: 'GET /_health', answer: { postgres: 'OK' } },
  {
    section,
    what: 'GET /_healthcheck',
    from: 'health_controller_test.go',
    ask: 'GET /_healthcheck',
    answer: { postgres: 'OK' },
  },
  {
    section,
    what: 'GET /_info',
    from: 'config_controller_test.go',
    given: [{ ...pay('world a 1 USD'), ask: 'POST /told/transactions' }],
    ask: 'GET /_info',
    answer: {
      data: {
        server: 'numary-ledger',
        version: 'v1.12.0',
        config: { storage: { driver: 'postgres', ledgers: expect.arrayContaining(['told']) } },
      },
    },
  },
];

const ofLedger: readonly TableCase[] = [
  {
    section,
    what: 'GET stats of nothing',
    from: 'ledger_controller_test.go',
    ask: 'GET /~/stats',
    answer: { data: { transactions: 0, accounts: 0 } },
  },
  {
    section,
    what: 'GET stats counts accounts that only have metadata',
    from: 'ledger_controller_test.go',
    given: [paid, pay('world b 1 USD'), describe('accounts/c', {})],
    ask: 'GET /~/stats',
    answer: { data: { transactions: 2, accounts: 4 } },
  },
  { section, what: 'GET logs of nothing', ask: 'GET /~/logs', ...wholePage([]) },
  {
    section,
    what: 'GET logs',
    from: 'ledger_controller_test.go',
    given: [pay('world a 5 USD', at), describe('accounts/a', { k: 1 }), describe('transactions/0', { k: 2 })],
    ask: 'GET /~/logs',
    ...wholePage([
      {
        id: 2,
        type: 'SET_METADATA',
        data: { targetType: 'TRANSACTION', targetId: 0, metadata: { k: 2 } },
        hash: expect.stringMatching(/^[0-9a-f]{64}$/),
        date: expect.any(String),
      },
      {
        id: 1,
        type: 'SET_METADATA',
        data: { targetType: 'ACCOUNT', targetId: 'a', metadata: { k: 1 } },
        hash: expect.any(String),
        date: expect.stringMatching(/:\d\dZ$/),
      },
      {
        id: 0,
        type: 'NEW_TRANSACTION',
        data: { postings: [posting('world', 'a', 5, 'USD')], reference: '', metadata: {}, txid: 0, ...at },
        hash: expect.any(String),
        date: at.timestamp,
      },
    ]),
  },
  { section, what: 'HEAD accounts of nothing', ask: 'HEAD /~/accounts', ...counted(0) },
  {
    section,
    what: 'HEAD accounts',
    from: 'account_controller_test.go',
    given: [paid, describe('accounts/c', { k: 1 })],
    ask: 'HEAD /~/accounts',
    ...counted(4),
  },
  {
    section,
    what: 'GET accounts',
    from: 'account_controller_test.go',
    given: [paid, describe('accounts/c', { k: 1 })],
    ask: 'GET /~/accounts',
    ...wholePage([
      { address: 'world', metadata: {} },
      { address: 'c', metadata: { k: 1 } },
      { address: 'b', metadata: {} },
      { address: 'a', metadata: {} },
    ]),
  },
  { section, what: 'GET accounts of nothing', ask: 'GET /~/accounts', ...wholePage([]) },
  {
    section,
    what: 'GET an account',
    from: 'account_controller_test.go',
    given: [paid, describe('accounts/a', { k: 1 })],
    ask: 'GET /~/accounts/a',
    answer: {
      data: {
        address: 'a',
        metadata: { k: 1 },
        volumes: { USD: volumes('5 2'), 'EUR/2': volumes('3 0') },
        balances: { USD: 3, 'EUR/2': 3 },
      },
    },
  },
  {
    section,
    what: 'GET an account that nobody touched',
    from: 'account_controller_test.go',
    ask: 'GET /~/accounts/nobody:here',
    answer: emptyAccount('nobody:here'),
    afterwards: [{ ask: 'HEAD /~/accounts', ...counted(0) }],
  },
  {
    section,
    what: 'GET an account with a bad address',
    from: 'account_controller_test.go',
    ask: 'GET /~/accounts/accounts-one',
    ...invalid('invalid account address format'),
  },
  {
    section,
    what: 'POST metadata makes the account',
    from: 'account_controller_test.go',
    ...describe('accounts/new:one', { k: { deep: [1] } }),
    afterwards: [
      {
        ask: 'GET /~/accounts/new:one',
        answer: { data: { address: 'new:one', metadata: { k: { deep: [1] } }, volumes: {}, balances: {} } },
      },
      { ask: 'HEAD /~/accounts', ...counted(1) },
    ],
  },
  ...['[1]', '"text"', '7', '{', '', '{"k":}'].map(
    (body) =>
      ({
        section,
        what: `POST metadata of an account with ${JSON.stringify(body)}`,
        from: 'account_controller_test.go',
        ask: 'POST /~/accounts/a/metadata',
        body,
        ...invalid('invalid metadata format'),
      }) as const,
  ),
  ...['[1]', '"text"', '{'].map(
    (body) =>
      ({
        section,
        what: `POST metadata of a transaction with ${JSON.stringify(body)}`,
        from: 'transaction_controller_test.go TestPostTransactionMetadata',
        given: [paid],
        ask: 'POST /~/transactions/0/metadata',
        body,
        ...invalid('invalid metadata format'),
      }) as const,
  ),
  { section, what: 'HEAD transactions of nothing', ask: 'HEAD /~/transactions', ...counted(0) },
  {
    section,
    what: 'HEAD transactions',
    from: 'transaction_controller_test.go TestTransactions',
    given: [paid, pay('world a 1 USD')],
    ask: 'HEAD /~/transactions',
    ...counted(2),
  },
  {
    section,
    what: 'GET transactions',
    from: 'transaction_controller_test.go TestTransactions',
    given: [paid],
    ask: 'GET /~/transactions',
    ...wholePage([transaction]),
  },
  { section, what: 'POST a transaction', ...paid, answer: { data: [transaction] } },
  {
    section,
    what: 'POST a batch',
    ...payAll(draft('world a 1 USD'), draft('world a 1 USD')),
    shows: { data: [{ txid: 0 }, { txid: 1 }] },
  },
  {
    section,
    what: 'GET a transaction',
    from: 'transaction_controller_test.go TestGetTransaction',
    given: [paid],
    ask: 'GET /~/transactions/0',
    answer: { data: transaction },
  },
  ...['x', '-1', '1.0', '0x1', '1e1', '%20', '18446744073709551616'].map(
    (txid) =>
      ({
        section,
        what: `GET a transaction by ${txid}`,
        from: 'transaction_controller_test.go TestGetTransaction',
        ask: `GET /~/transactions/${txid}`,
        ...invalid('invalid transaction ID'),
      }) as const,
  ),
  {
    section,
    what: 'POST a revert',
    given: [pay('world a 5 USD')],
    ask: 'POST /~/transactions/0/revert',
    shows: { data: { txid: 1, postings: [posting('a', 'world', 5, 'USD')] } },
  },
  {
    section,
    what: 'POST a revert does not look at its body',
    given: [pay('world a 5 USD')],
    ask: 'POST /~/transactions/0/revert',
    body: 'anything',
    shows: { data: { txid: 1 } },
  },
  {
    section,
    what: 'POST a revert by what is no id',
    ask: 'POST /~/transactions/x/revert',
    ...invalid('invalid transaction ID'),
  },
  {
    section,
    what: 'POST metadata of a transaction',
    given: [paid],
    ...describe('transactions/0', { more: 1 }),
    afterwards: [{ ask: 'GET /~/transactions/0', answer: { data: { ...transaction, metadata: { k: 'v', more: 1 } } } }],
  },
  {
    section,
    what: 'POST metadata of a transaction by what is no id',
    ...describe('transactions/x', {}),
    ...invalid('invalid transaction ID'),
  },
  {
    section,
    what: 'GET balances',
    from: 'balance_controller_test.go',
    given: [paid, describe('accounts/c', {})],
    ask: 'GET /~/balances',
    ...wholePage([{ world: { 'EUR/2': -3, USD: -5 } }, { b: { USD: 2 } }, { a: { 'EUR/2': 3, USD: 3 } }]),
  },
  { section, what: 'GET balances of nothing', ask: 'GET /~/balances', ...wholePage([]) },
  {
    section,
    what: 'GET aggregated balances',
    from: 'balance_controller_test.go',
    given: [paid],
    ask: 'GET /~/aggregate/balances',
    answer: { data: { 'EUR/2': 0, USD: 0 } },
  },
  { section, what: 'GET aggregated balances of nothing', ask: 'GET /~/aggregate/balances', answer: { data: {} } },
  {
    section,
    what: 'GET a mapping that was never set',
    from: 'mapping_controller_test.go',
    ask: 'GET /~/mapping',
    answer: { data: { contracts: null } },
  },
  {
    section,
    what: 'PUT a mapping',
    from: 'mapping_controller_test.go',
    ask: 'PUT /~/mapping',
    body: { contracts: [{ name: 'n', account: 'a', expr: { $eq: ['$balance', 0] } }] },
    answer: { data: { contracts: [{ name: 'n', account: 'a', expr: { $eq: ['$balance', 0] } }] } },
  },
  {
    section,
    what: 'POST a script',
    ask: 'POST /~/script',
    body: { plain: 'send [COIN 1] (\n  source = @world\n  destination = @a\n)' },
    shows: { transaction: { txid: 0 } },
  },
];

const heads: readonly TableCase[] = ['stats', 'mapping', 'balances', 'aggregate/balances', 'logs', '_info'].map(
  (path) => ({
    section,
    what: `HEAD ${path} is as GET, without its body`,
    unlike: '`HEAD` of what v1 only knows GET of',
    ask: `HEAD /~/${path}`,
    answer: '',
  }),
);

interface LedgerInfo {
  readonly data: { readonly name: string; readonly storage: { readonly migrations: readonly object[] } };
}

const stepwise: readonly StepwiseCase[] = [
  {
    section,
    what: 'GET _info of a ledger',
    from: 'ledger_controller_test.go',
    async prove({ get, see }) {
      const { data } = await get<LedgerInfo>('/told/_info');
      const { name, storage } = data;
      see(name).toBe('told');
      see(storage.migrations.length).toBeGreaterThan(0);
      for (const [index, migration] of storage.migrations.entries()) {
        see(migration).toEqual({
          version: String(index),
          name: expect.any(String),
          state: 'DONE',
          date: expect.stringMatching(/^\d{4}-\d\d-\d\dT.+Z$/),
        });
      }
    },
  },
];

proveCases([...server, ...ofLedger, ...heads, ...stepwise]);
