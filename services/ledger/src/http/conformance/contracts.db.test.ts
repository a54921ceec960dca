import {
  contracts,
  describe,
  insufficient,
  invalid,
  pay,
  payAll,
  draft,
  send,
  type Exchange,
} from '../../../test-fixtures/conformance-requests.ts';
import { proveCases, type TableCase } from '../../../test-fixtures/prove-cases.ts';

const section = '3';
const always = { $and: [] };
const never = { $or: [] };
const meta = (key: string) => ({ $meta: key });

interface Match {
  readonly pattern: string;
  readonly account: string;
  readonly matches: boolean;
}

const patterns: readonly Match[] = [
  { pattern: 'bank', account: 'bank', matches: true },
  { pattern: 'bank', account: 'big:bank:2', matches: true },
  { pattern: 'bank', account: 'ban', matches: false },
  { pattern: '*', account: 'anyone', matches: true },
  { pattern: '', account: 'anyone', matches: true },
  { pattern: 'users:*', account: 'users:1', matches: true },
  { pattern: 'users:*', account: 'users:1:main', matches: true },
  { pattern: 'users:*', account: 'old:users:1', matches: true },
  { pattern: 'users:*', account: 'users', matches: false },
  { pattern: 'users:*:main', account: 'users:1:main', matches: true },
  { pattern: 'users:*:main', account: 'users:1:side', matches: false },
  { pattern: '^users$', account: 'users', matches: true },
  { pattern: '^users$', account: 'users:1', matches: false },
  { pattern: 'u.ers', account: 'uuers', matches: true },
  { pattern: 'user[0-4]', account: 'user3', matches: true },
  { pattern: 'user[0-4]', account: 'user7', matches: false },
  { pattern: 'cash|card', account: 'my:card', matches: true },
];

const matched: readonly TableCase[] = patterns.map(({ pattern, account, matches }) => ({
  section,
  what: `the pattern "${pattern}" ${matches ? 'matches' : 'does not match'} ${account}`,
  given: [contracts([pattern, always])],
  ...pay(`${account} shop 5 USD`),
  ...(matches ? {} : insufficient()),
}));

const from = 'mapping_controller_test.go';
const read = (answer: unknown): Exchange => ({ ask: 'GET /~/mapping', answer: { data: answer } });
const named = { contracts: [{ name: 'n', account: 'a:*', expr: { $eq: [meta('k'), 'v'] } }] };

const semantics: readonly TableCase[] = [
  { section, what: 'no mapping was ever set', ...read({ contracts: null }) },
  {
    section,
    what: 'a mapping is read as it was put',
    from,
    ask: 'PUT /~/mapping',
    body: named,
    answer: { data: named },
    afterwards: [read(named)],
  },
  {
    section,
    what: 'an empty mapping is a mapping',
    from,
    ask: 'PUT /~/mapping',
    body: { contracts: [] },
    answer: { data: { contracts: [] } },
    afterwards: [read({ contracts: [] })],
  },
  {
    section,
    what: 'a mapping without contracts is null',
    ask: 'PUT /~/mapping',
    body: {},
    answer: { data: { contracts: null } },
    afterwards: [read({ contracts: null })],
  },
  {
    section,
    what: 'a mapping replaces the one before as a whole',
    given: [contracts(['a', always], ['b', always])],
    ...contracts(['b', always]),
    afterwards: [{ ...pay('a x 1 USD'), ...insufficient() }, pay('b x 1 USD')],
  },
  {
    section,
    what: 'malformed JSON is refused',
    unlike: 'malformed mapping',
    ask: 'PUT /~/mapping',
    body: '{"contracts":',
    ...invalid('invalid mapping format'),
  },
  {
    section,
    what: 'contracts that are no list are refused',
    unlike: 'malformed mapping',
    ask: 'PUT /~/mapping',
    body: { contracts: {} },
    ...invalid('invalid mapping format'),
  },
  {
    section,
    what: 'the first contract that matches decides, though a later one would allow',
    given: [contracts(['a', never], ['a', always])],
    ...pay('a x 1 USD'),
    ...insufficient(),
  },
  {
    section,
    what: 'the first contract that matches decides, though a later one would refuse',
    given: [contracts(['a', always], ['*', never])],
    ...pay('a x 1 USD'),
  },
  {
    section,
    what: 'an account that no contract matches may not go below zero',
    given: [contracts(['a', always]), pay('world b 5 USD'), pay('b x 5 USD')],
    ...pay('b x 1 USD'),
    ...insufficient(),
  },
  {
    section,
    what: 'world is never asked',
    given: [contracts(['world', never], ['*', never])],
    ...pay('world a 1 USD'),
  },
  {
    section,
    what: 'an account that gains is not asked',
    given: [contracts(['a', never])],
    ...pay('world a 1 USD'),
    afterwards: [{ ...pay('a x 1 USD'), ...insufficient() }],
  },
  {
    section,
    what: 'the refusal names the asset',
    given: [contracts(['a', { $gte: ['$balance', -1] }])],
    ...pay('a x 1 USD, a x 2 EUR/2'),
    ...insufficient('EUR/2'),
  },
  {
    section,
    what: 'a contract judges each asset by itself',
    given: [contracts(['a', { $gte: ['$balance', -5] }]), pay('a x 5 USD')],
    ...pay('a x 5 EUR'),
  },
  {
    section,
    what: 'a contract judges the balance after the whole transaction',
    given: [contracts(['a', { $gte: ['$balance', -5] }])],
    ...pay('a x 20 USD, world a 15 USD'),
  },
  {
    section,
    what: 'a contract lets postings go below zero',
    from: 'transaction_controller_test.go TestPostTransactions',
    given: [contracts(['*', { $or: [{ $gte: ['$balance', 0] }, { $lte: ['$balance', 0] }] }])],
    ...pay('central_bank a 1000 USD'),
    afterwards: [{ ask: 'GET /~/accounts/central_bank', shows: { data: { balances: { USD: -1000 } } } }],
  },
  {
    section,
    what: 'a preview asks contracts',
    given: [contracts(['a', never]), pay('world a 1 USD')],
    ...pay('a x 1 USD'),
    ask: 'POST /~/transactions?preview=1',
    ...insufficient(),
  },
  {
    section,
    what: 'metadata counts as it is when the transaction comes',
    from: 'core/contract_test.go',
    given: [
      contracts(['a', { $eq: [meta('ok'), 'yes'] }]),
      { ...pay('a x 1 USD'), ...insufficient() },
      describe('accounts/a', { ok: 'yes' }),
      pay('a x 1 USD'),
      describe('accounts/a', { ok: 'no' }),
    ],
    ...pay('a x 1 USD'),
    ...insufficient(),
  },
  {
    section,
    what: 'a revert asks contracts',
    given: [pay('world a 5 USD'), pay('a x 5 USD'), contracts(['a', { $gte: ['$balance', -5] }])],
    ask: 'POST /~/transactions/0/revert',
    shows: { data: { txid: 2 } },
  },
  {
    section,
    what: 'a script does not ask contracts, neither one that refuses',
    given: [contracts(['*', never]), pay('world a 5 COIN')],
    ...send('send [COIN 5] (\n  source = @a\n  destination = @x\n)'),
  },
  {
    section,
    what: 'a script does not ask contracts, nor one that allows',
    given: [contracts(['*', always])],
    ...send('send [COIN 5] (\n  source = @a\n  destination = @x\n)'),
    status: 400,
    shows: { errorCode: 'INSUFFICIENT_FUND' },
  },
  {
    section,
    what: 'each ledger has its own mapping',
    given: [contracts(['a', always])],
    ...pay('a x 1 USD'),
    ask: 'POST /~-other/transactions',
    ...insufficient(),
  },
  {
    section,
    what: 'a mapping is not logged',
    ...contracts(['a', always]),
    afterwards: [{ ask: 'GET /~/logs', shows: { cursor: { data: [] } } }],
  },
  {
    section,
    what: 'a mapping that was there counts for the batch behind it',
    given: [contracts(['a', { $gt: ['$balance', -2] }])],
    ...payAll(draft('a x 1 USD'), draft('a x 1 USD')),
    ...insufficient(),
  },
];

proveCases([...matched, ...semantics]);
