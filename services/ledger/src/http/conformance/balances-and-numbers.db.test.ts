import {
  draft,
  insufficient,
  pay,
  payAll,
  refused,
  send,
  wholePage,
  type Exchange,
} from '../../../test-fixtures/conformance-requests.ts';
import { proveCases, type TableCase } from '../../../test-fixtures/prove-cases.ts';

const allow = {
  ask: 'PUT /~/mapping',
  body: { contracts: [{ account: 'credit', expr: { $gte: ['$balance', -10] } }] },
};
const conflict = refused('CONFLICT', 'conflict error on reference');
const of = (account: string, balances: object): Exchange => ({
  ask: `GET /~/accounts/${account}`,
  shows: { data: { balances } },
});
const script = 'send [COIN 1] (\n  source = @world\n  destination = @a\n)';

const balances: readonly TableCase[] = [
  {
    section: '2.3',
    what: 'world goes below zero freely',
    ...pay('world a 100 USD'),
    afterwards: [of('world', { USD: -100 })],
  },
  { section: '2.3', what: 'an account below world is not world', ...pay('world:a b 1 USD'), ...insufficient() },
  {
    section: '2.3',
    what: 'an account may not go below zero',
    from: 'ledger_test.go',
    given: [pay('world a 5 USD')],
    ...pay('a b 6 USD'),
    ...insufficient(),
    afterwards: [of('a', { USD: 5 }), pay('a b 5 USD')],
  },
  {
    section: '2.3',
    what: 'one asset does not pay for another',
    given: [pay('world a 5 USD')],
    ...pay('a b 1 USD/2'),
    ...insufficient('USD/2'),
  },
  {
    section: '2.3',
    what: 'money may pass through an account within a transaction',
    ...pay('world a 7 USD, a b 7 USD, b c 7 USD'),
    afterwards: [of('a', { USD: 0 }), of('c', { USD: 7 })],
  },
  {
    section: '2.3',
    what: 'the order of postings does not matter',
    ...pay('b c 7 USD, a b 7 USD, world a 7 USD'),
    afterwards: [of('a', { USD: 0 }), of('c', { USD: 7 })],
  },
  {
    section: '2.3',
    what: 'the net effect of all postings counts',
    given: [pay('world a 5 USD')],
    ...pay('a b 20 USD, b a 15 USD'),
  },
  {
    section: '2.3',
    what: 'a net effect below zero is refused, though each posting could be paid',
    given: [pay('world a 5 USD')],
    ...pay('a b 5 USD, a c 5 USD'),
    ...insufficient(),
  },
  {
    section: '2.3',
    what: 'an account may pay itself',
    given: [pay('world a 5 USD')],
    ...pay('a a 5 USD'),
    afterwards: [of('a', { USD: 5 })],
  },
  {
    section: '2.3',
    what: 'an account without money may pay itself, since nothing changes',
    ...pay('a a 5 USD'),
    afterwards: [of('a', { USD: 0 })],
  },
  {
    section: '2.3',
    what: 'an account without money may pay 0',
    ...pay('a b 0 USD'),
    afterwards: [of('a', { USD: 0 })],
  },
  {
    section: '2.3',
    what: 'a contract lets an account go below zero',
    given: [allow],
    ...pay('credit a 10 USD'),
    afterwards: [of('credit', { USD: -10 }), { ...pay('credit a 1 USD'), ...insufficient() }],
  },
  {
    section: '2.3',
    what: 'an account below its floor may still gain',
    given: [allow, pay('credit a 10 USD'), { ask: 'PUT /~/mapping', body: { contracts: [] } }],
    ...pay('world credit 1 USD'),
    afterwards: [of('credit', { USD: -9 })],
  },
  {
    section: '2.3',
    what: 'an account below its floor may pay 0',
    given: [allow, pay('credit a 10 USD'), { ask: 'PUT /~/mapping', body: { contracts: [] } }],
    ...pay('credit a 0 USD'),
    afterwards: [{ ...pay('credit a 1 USD'), ...insufficient() }],
  },
  {
    section: '2.3',
    what: 'a script may let an account go below zero',
    given: [send('send [COIN 9] (\n  source = @a allowing unbounded overdraft\n  destination = @b\n)')],
    ...pay('a b 1 COIN'),
    ...insufficient('COIN'),
    afterwards: [of('a', { COIN: -9 })],
  },
  {
    section: '2.3',
    what: 'a revert may go below zero with disableChecks',
    from: 'transaction_controller_test.go TestRevertWithDisableChecks',
    given: [pay('world a 5 USD'), pay('a b 5 USD')],
    ask: 'POST /~/transactions/0/revert?disableChecks=true',
    shows: { data: { txid: 2 } },
    afterwards: [of('a', { USD: -5 })],
  },
  {
    section: '2.3',
    what: 'a refused transaction changes nothing',
    ...pay('world a 5 USD, b c 1 EUR'),
    ...insufficient('EUR'),
    afterwards: [
      { ask: 'GET /~/balances', ...wholePage([]) },
      { ask: 'GET /~/logs', ...wholePage([]) },
    ],
  },
];

const taken = pay('world a 1 USD', { reference: 'ref' });
const found = (...txids: readonly number[]): Exchange => ({
  ask: 'GET /~/transactions?reference=ref',
  shows: { cursor: { data: txids.map((txid) => ({ txid })) } },
});

const references: readonly TableCase[] = [
  {
    section: '2.4',
    what: 'a reference is kept and found',
    ...taken,
    shows: { data: [{ reference: 'ref' }] },
    afterwards: [found(0)],
  },
  {
    section: '2.4',
    what: 'a reference belongs to one transaction of a ledger',
    from: 'ledger_test.go',
    given: [taken],
    ...taken,
    ...conflict,
    afterwards: [found(0)],
  },
  {
    section: '2.4',
    what: 'a reference may be had in each ledger',
    given: [taken],
    ...taken,
    ask: 'POST /~-other/transactions',
    shows: { data: [{ txid: 0 }] },
  },
  {
    section: '2.4',
    what: 'an empty reference is none',
    given: [pay('world a 1 USD', { reference: '' })],
    ...pay('world a 1 USD', { reference: '' }),
    shows: { data: [{ txid: 1, reference: '' }] },
  },
  {
    section: '2.4',
    what: 'capitals make another reference',
    given: [taken],
    ...pay('world a 1 USD', { reference: 'REF' }),
    shows: { data: [{ txid: 1 }] },
  },
  {
    section: '2.4',
    what: 'a reference may be any text',
    ...pay('world a 1 USD', { reference: 'ä <&> "x" \\ 漢 😀' }),
    shows: { data: [{ reference: 'ä <&> "x" \\ 漢 😀' }] },
  },
  {
    section: '2.4',
    what: 'a script takes a reference',
    given: [send(script, { reference: 'ref' })],
    ...taken,
    ...conflict,
  },
  {
    section: '2.4',
    what: 'a preview does not take a reference',
    given: [{ ...taken, ask: 'POST /~/transactions?preview=1' }],
    ...taken,
    afterwards: [found(0)],
  },
  {
    section: '2.4',
    what: 'a refused transaction does not take a reference',
    given: [{ ...pay('a b 1 USD', { reference: 'ref' }), ...insufficient() }],
    ...taken,
  },
  {
    section: '2.4',
    what: 'a revert has the reference with revert_ in front',
    from: 'transaction_controller_test.go TestRevertTransaction',
    given: [taken],
    ask: 'POST /~/transactions/0/revert',
    shows: { data: { reference: 'revert_ref' } },
    afterwards: [{ ask: 'POST /~/transactions/1/revert', shows: { data: { reference: 'revert_revert_ref' } } }],
  },
  {
    section: '2.4',
    what: 'a revert of a transaction without one has none',
    given: [pay('world a 1 USD')],
    ask: 'POST /~/transactions/0/revert',
    shows: { data: { reference: '' } },
  },
  {
    section: '2.4',
    what: 'a revert whose reference is taken is a conflict',
    given: [taken, pay('world a 1 USD', { reference: 'revert_ref' })],
    ask: 'POST /~/transactions/0/revert',
    ...refused('CONFLICT', 'executing revert script for transaction 0: conflict error on reference'),
  },
  {
    section: '2.4',
    what: 'a reference is at most 1,024 bytes',
    unlike: 'addresses and references',
    given: [pay('world a 1 USD', { reference: 'ä'.repeat(512) })],
    ...pay('world a 1 USD', { reference: 'ä'.repeat(513) }),
    status: 400,
    shows: { errorCode: 'VALIDATION' },
  },
];

const numbered = (txid: number) => ({ shows: { data: [{ txid }] } });

const txids: readonly TableCase[] = [
  { section: '2.5', what: 'the first is 0', ...pay('world a 1 USD'), ...numbered(0) },
  {
    section: '2.5',
    what: 'each ledger counts for itself',
    given: [pay('world a 1 USD')],
    ...pay('world a 1 USD'),
    ask: 'POST /~-other/transactions',
    ...numbered(0),
  },
  {
    section: '2.5',
    what: 'all ways to make a transaction count on',
    given: [
      pay('world a 1 USD'),
      payAll(draft('world a 1 USD'), draft('world a 1 USD')),
      { ask: 'POST /~/script', body: { plain: script } },
      { ask: 'POST /~/transactions/0/revert' },
      send(script),
    ],
    ...pay('world a 1 USD'),
    ...numbered(6),
  },
  ...(
    [
      ['a preview', { ...pay('world a 1 USD'), ask: 'POST /~/transactions?preview=1' }],
      ['a preview of a script', { ask: 'POST /~/script?preview=1', body: { plain: script } }],
      ['a transaction that cannot be paid', { ...pay('b c 1 USD'), ...insufficient() }],
      ['a conflict', { ...taken, ...conflict }],
      [
        'a batch whose last transaction fails',
        { ...payAll(draft('world a 1 USD'), draft('b c 1 USD')), ...insufficient() },
      ],
      ['a script that fails', { ask: 'POST /~/script', body: { plain: `${script}\nfail` } }],
      [
        'a revert that cannot be paid',
        {
          ask: 'POST /~/transactions/1/revert',
          ...refused('INSUFFICIENT_FUND', 'executing revert script for transaction 1: balance.insufficient.EUR'),
        },
      ],
      ['metadata', { ask: 'POST /~/transactions/0/metadata', body: {}, status: 204 }],
    ] as const
  ).map(([what, between]): TableCase => ({
    section: '2.5',
    what: `${what} consumes none`,
    given: [taken, pay('world d 1 EUR'), pay('d e 1 EUR'), between],
    ...pay('world a 1 USD'),
    ...numbered(3),
  })),
];

proveCases([...balances, ...references, ...txids]);
