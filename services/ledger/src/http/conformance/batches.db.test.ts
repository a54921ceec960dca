import { expect } from 'vitest';
import {
  contracts,
  draft,
  insufficient,
  invalid,
  pay,
  payAll,
  refused,
  volumesOf,
  wholePage,
} from '../../../test-fixtures/conformance-requests.ts';
import { proveCases, type TableCase } from '../../../test-fixtures/prove-cases.ts';

const conflict = refused('CONFLICT', 'conflict error on reference');
const nothingStored = [{ ask: 'GET /~/transactions', ...wholePage([]) }];

const accepted: readonly TableCase[] = [
  {
    section: '1.5',
    what: 'a batch is answered with all its transactions, numbered in order',
    from: 'transaction_controller_test.go TestPostTransactionsBatch',
    ...payAll(draft('world a 100 USD', { reference: 'one', metadata: { k: 1 } }), draft('world b 7 EUR')),
    shows: {
      data: [
        {
          txid: 0,
          reference: 'one',
          metadata: { k: 1 },
          postings: [{ source: 'world', destination: 'a', amount: 100 }],
        },
        { txid: 1, reference: '', metadata: {}, postings: [{ source: 'world', destination: 'b', amount: 7 }] },
      ],
    },
    afterwards: [{ ask: 'GET /~/stats', answer: { data: { transactions: 2, accounts: 3 } } }],
  },
  {
    section: '1.5',
    what: 'a batch of one is a batch',
    ...payAll(draft('world a 1 USD')),
    shows: { data: [{ txid: 0 }] },
  },
  {
    section: '1.5',
    what: 'each transaction sees the balances that those before it left',
    from: 'transaction_controller_test.go TestPostTransactionsBatchComplex',
    ...payAll(draft('world a 100 USD'), draft('a b 60 USD'), draft('b c 60 USD'), draft('a c 40 USD')),
    shows: {
      data: [
        { postCommitVolumes: volumesOf('USD', { world: '0 100', a: '100 0' }) },
        {
          preCommitVolumes: volumesOf('USD', { a: '100 0', b: '0 0' }),
          postCommitVolumes: volumesOf('USD', { a: '100 60', b: '60 0' }),
        },
        {
          preCommitVolumes: volumesOf('USD', { b: '60 0', c: '0 0' }),
          postCommitVolumes: volumesOf('USD', { b: '60 60', c: '60 0' }),
        },
        {
          preCommitVolumes: volumesOf('USD', { a: '100 60', c: '60 0' }),
          postCommitVolumes: volumesOf('USD', { a: '100 100', c: '100 0' }),
        },
      ],
    },
  },
  {
    section: '1.5',
    what: 'several postings and several assets may stand in each transaction',
    from: 'transaction_controller_test.go TestPostTransactionsBatchComplex',
    ...payAll(draft('world a 10 USD, world a 20 EUR'), draft('a b 10 USD, a c 20 EUR, world c 5 GEM')),
    afterwards: [
      {
        ask: 'GET /~/balances',
        ...wholePage([
          { world: { EUR: -20, GEM: -5, USD: -10 } },
          { c: { EUR: 20, GEM: 5 } },
          { b: { USD: 10 } },
          { a: { EUR: 0, USD: 0 } },
        ]),
      },
    ],
  },
  {
    section: '1.5',
    what: 'a preview is not known, the batch is written',
    ask: 'POST /~/transactions/batch?preview=true',
    body: { transactions: [draft('world a 1 USD')] },
    afterwards: [{ ask: 'GET /~/stats', answer: { data: { transactions: 1, accounts: 2 } } }],
  },
  {
    section: '1.5',
    what: 'equal and rising timestamps are taken',
    from: 'ledger_test.go',
    ...payAll(
      draft('world a 1 USD', { timestamp: '2023-01-01T00:00:01Z' }),
      draft('world a 1 USD', { timestamp: '2023-01-01T00:00:01Z' }),
      draft('world a 1 USD', { timestamp: '2023-01-01T00:00:02Z' }),
    ),
    shows: { data: [{ txid: 0 }, { txid: 1 }, { txid: 2, timestamp: '2023-01-01T00:00:02Z' }] },
  },
  {
    section: '1.5',
    what: 'contracts count in a batch',
    given: [contracts(['credit', { $gte: ['$balance', -10] }])],
    ...payAll(draft('credit a 6 USD'), draft('credit a 4 USD')),
    shows: { data: [{ txid: 0 }, { txid: 1 }] },
    afterwards: [{ ...payAll(draft('credit a 1 USD')), ...insufficient() }],
  },
];

const refusedBatches: readonly TableCase[] = [
  { section: '1.5', what: 'no list of transactions', ...payAll(), body: {}, ...invalid('invalid transactions format') },
  {
    section: '1.5',
    what: 'malformed JSON',
    ...payAll(),
    body: '{"transactions":[',
    ...invalid('invalid transactions format'),
  },
  {
    section: '1.5',
    what: 'transactions that are no list',
    ...payAll(),
    body: { transactions: {} },
    ...invalid('invalid transactions format'),
  },
  { section: '1.5', what: 'an empty list', ...payAll(), ...invalid('no transaction to insert') },
  {
    section: '1.5',
    what: 'a transaction without postings',
    from: 'transaction_controller_test.go TestPostTransactionsBatch',
    ...payAll(draft('world a 1 USD'), { postings: [] }),
    ...invalid('invalid transaction 1: no postings'),
  },
  {
    section: '1.5',
    what: 'a script, which batches do not take',
    ...payAll({ script: { plain: 'send [COIN 1] (\n source = @world\n destination = @a\n)' } }),
    ...invalid('invalid transaction 0: no postings'),
  },
  {
    section: '1.5',
    what: 'a negative amount',
    ...payAll(draft('world a 1 USD'), draft('world a 1 USD, world a -1 USD')),
    ...invalid('invalid transaction 1: posting 1: negative amount'),
  },
  {
    section: '1.5',
    what: 'a source that is no address',
    ...payAll(draft('wo-rld a 1 USD')),
    ...invalid('invalid transaction 0: posting 0: invalid source address'),
  },
  {
    section: '1.5',
    what: 'a destination that is no address',
    ...payAll(draft('world a! 1 USD')),
    ...invalid('invalid transaction 0: posting 0: invalid destination address'),
  },
  {
    section: '1.5',
    what: 'an asset that is none',
    ...payAll(draft('world a 1 USD'), draft('world a 1 usd')),
    ...invalid('invalid transaction 1: posting 0: invalid asset'),
  },
  {
    section: '1.5',
    what: 'one transaction that cannot be paid, where all before it could',
    from: 'transaction_controller_test.go TestPostTransactionsBatch',
    ...payAll(draft('world a 1 USD'), draft('a b 2 USD')),
    ...insufficient(),
  },
  {
    section: '1.5',
    what: 'money that only comes in later in the batch',
    ...payAll(draft('a b 1 USD'), draft('world a 1 USD')),
    ...insufficient(),
  },
  {
    section: '1.5',
    what: 'the same reference twice in the batch',
    from: 'ledger_test.go',
    ...payAll(draft('world a 1 USD', { reference: 'same' }), draft('world b 1 USD', { reference: 'same' })),
    ...conflict,
  },
  {
    section: '1.5',
    what: 'timestamps that fall within the batch',
    from: 'ledger_test.go',
    ...payAll(
      draft('world a 1 USD', { timestamp: '2023-01-01T00:00:02Z' }),
      draft('world a 1 USD', { timestamp: '2023-01-01T00:00:01Z' }),
    ),
    ...invalid(expect.stringContaining('cannot pass a timestamp prior to the last transaction: 2023-01-01T00:00:01Z')),
  },
];

const conflicts: readonly TableCase[] = [
  {
    section: '1.5',
    what: 'a reference that an earlier transaction has refuses the batch',
    given: [pay('world a 1 USD', { reference: 'taken' })],
    ...payAll(draft('world b 1 USD'), draft('world b 1 USD', { reference: 'taken' })),
    ...conflict,
    afterwards: [{ ask: 'GET /~/stats', answer: { data: { transactions: 1, accounts: 2 } } }],
  },
];

const withNothingStored = refusedBatches.map((refusal) => ({
  ...refusal,
  what: `${refusal.what} refuses the whole batch`,
  afterwards: nothingStored,
}));

proveCases([...accepted, ...withNothingStored, ...conflicts]);
