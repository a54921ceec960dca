import { expect } from 'vitest';
import {
  draft,
  insufficient,
  invalid,
  pay,
  refused,
  send,
  volumesOf,
  wholePage,
  type Exchange,
} from '../../../test-fixtures/conformance-requests.ts';
import { proveCases, type StepwiseCase, type TableCase } from '../../../test-fixtures/prove-cases.ts';

const section = '1.4';
const file = 'transaction_controller_test.go';
const from = `${file} TestPostTransactions`;
const at = { timestamp: '2023-06-01T10:00:00Z' };
const posts = (body: unknown): Exchange => ({ ask: 'POST /~/transactions', body });
const previews = (exchange: Exchange): Exchange => ({ ...exchange, ask: 'POST /~/transactions?preview=true' });
const script = 'send [COIN 100] (\n  source = @world\n  destination = @bank\n)';
const throughBank =
  'vars {\n  account $acc\n}\nsend [COIN 100] (\n  source = @world\n  destination = @bank\n)\nsend [COIN 100] (\n  source = @bank\n  destination = $acc\n)';
const nothingStored: readonly Exchange[] = [{ ask: 'GET /~/transactions', ...wholePage([]) }];

const first = {
  postings: [{ source: 'world', destination: 'wallet:7', amount: 250, asset: 'EUR/2' }],
  reference: 'order-7',
  metadata: { any: 'json' },
  txid: 0,
  preCommitVolumes: volumesOf('EUR/2', { world: '0 0', 'wallet:7': '0 0' }),
  postCommitVolumes: volumesOf('EUR/2', { world: '0 250', 'wallet:7': '250 0' }),
  ...at,
};

const accepted: readonly TableCase[] = [
  {
    section,
    what: 'postings are answered with the whole transaction, in a list',
    from,
    ...pay('world wallet:7 250 EUR/2', { reference: 'order-7', metadata: { any: 'json' }, ...at }),
    answer: { data: [first] },
    afterwards: [{ ask: 'GET /~/transactions/0', answer: { data: first } }],
  },
  {
    section,
    what: 'an asset may have digits',
    from,
    ...pay('world bank 1000 US1234D'),
    shows: { data: [{ postings: [{ asset: 'US1234D' }] }] },
  },
  {
    section,
    what: 'an asset may be one letter with its decimals',
    from,
    ...pay('world bank 1000 F/9'),
    shows: { data: [{ postings: [{ asset: 'F/9' }] }] },
  },
  {
    section,
    what: 'reference and metadata are shown when none were sent',
    ...pay('world a 1 USD'),
    shows: { data: [{ reference: '', metadata: {} }] },
  },
  {
    section,
    what: 'null counts as not sent',
    ...posts({ ...draft('world a 1 USD'), reference: null, metadata: null, timestamp: null, script: null }),
    shows: { data: [{ reference: '', metadata: {} }] },
  },
  {
    section,
    what: 'metadata may be any JSON',
    ...pay('world a 1 USD', { metadata: { t: 'x', n: 1.5, b: false, z: null, l: [1, { k: [] }], o: { p: {} } } }),
    shows: { data: [{ metadata: { t: 'x', n: 1.5, b: false, z: null, l: [1, { k: [] }], o: { p: {} } } }] },
  },
  {
    section,
    what: 'a script makes the postings',
    from,
    ...send(throughBank, {}, { acc: 'users:001' }),
    shows: {
      data: [
        {
          txid: 0,
          postings: [
            { source: 'world', destination: 'bank', amount: 100, asset: 'COIN' },
            { source: 'bank', destination: 'users:001', amount: 100, asset: 'COIN' },
          ],
        },
      ],
    },
  },
  {
    section,
    what: 'a script may set metadata of accounts',
    from,
    ...send(`${script}\nset_account_meta(@bank, "foo", "bar")`),
    afterwards: [
      { ask: 'GET /~/accounts/bank', shows: { data: { metadata: { foo: { type: 'string', value: 'bar' } } } } },
    ],
  },
  {
    section,
    what: 'metadata of script and request come together',
    ...send(`${script}\nset_tx_meta("foo", "bar")`, { metadata: { extra: 'm' } }),
    shows: { data: [{ metadata: { extra: 'm', foo: { type: 'string', value: 'bar' } } }] },
  },
  { section, what: 'postings with a timestamp', from, ...pay('world bar 1000 TOK', at), shows: { data: [at] } },
  {
    section,
    what: 'a script with a timestamp and a reference',
    from,
    ...send(script, { ...at, reference: 'r' }),
    shows: { data: [{ ...at, reference: 'r' }] },
  },
  {
    section,
    what: 'empty postings beside a script',
    ...posts({ postings: [], script: { plain: script } }),
    shows: { data: [{ txid: 0 }] },
  },
  {
    section,
    what: 'an empty script beside postings',
    ...posts({ ...draft('world a 1 USD'), script: { plain: '' } }),
    shows: { data: [{ txid: 0 }] },
  },
  {
    section,
    what: 'contracts let postings go below zero',
    from,
    given: [
      {
        ask: 'PUT /~/mapping',
        body: {
          contracts: [
            { name: 'default', account: '*', expr: { $or: [{ $gte: ['$balance', 0] }, { $lte: ['$balance', 0] }] } },
          ],
        },
      },
    ],
    ...pay('central_bank bank 1000 USD'),
  },
  {
    section,
    what: 'overdraft without bounds by script',
    from: `${file} TestPostTransactionsOverdraft`,
    ...send('send [USD/2 100] (\n  source = @users:42 allowing unbounded overdraft\n  destination = @bank\n)'),
    afterwards: [{ ask: 'GET /~/accounts/users:42', shows: { data: { balances: { 'USD/2': -100 } } } }],
  },
  {
    section,
    what: 'overdraft in an ordered source by script',
    from: `${file} TestPostTransactionsOverdraft`,
    given: [pay('world users:42 30 USD/2')],
    ...send(
      'send [USD/2 100] (\n  source = {\n    @users:42\n    @users:43 allowing overdraft up to [USD/2 50]\n    @users:44 allowing unbounded overdraft\n  }\n  destination = @bank\n)',
    ),
    shows: {
      data: [
        {
          postings: [
            { source: 'users:42', amount: 30 },
            { source: 'users:43', amount: 50 },
            { source: 'users:44', amount: 20 },
          ],
        },
      ],
    },
  },
];

const later = { timestamp: '2023-06-01T10:00:01Z' };
const prior = invalid(expect.stringContaining('cannot pass a timestamp prior to the last transaction:'));
const taken = pay('world a 1 USD', { reference: 'ref', ...later });

const behind: readonly TableCase[] = [
  {
    section,
    what: 'a reference that is taken is a conflict',
    from,
    given: [taken],
    ...pay('world bar 1000 TOK', { reference: 'ref' }),
    ...refused('CONFLICT', 'conflict error on reference'),
  },
  {
    section,
    what: 'postings before the last transaction are refused',
    from,
    given: [taken],
    ...pay('world bar 1000 TOK', at),
    ...prior,
  },
  {
    section,
    what: 'a script before the last transaction is refused',
    from,
    given: [taken],
    ...send(script, at),
    ...prior,
  },
  { section, what: 'a preview sees balances', ...previews(pay('a b 1 USD')), ...insufficient() },
  {
    section,
    what: 'a preview sees references',
    given: [taken],
    ...previews(pay('world b 1 USD', { reference: 'ref' })),
    ...refused('CONFLICT', 'conflict error on reference'),
  },
  { section, what: 'a preview sees timestamps', given: [taken], ...previews(pay('world b 1 USD', at)), ...prior },
  {
    section,
    what: 'a preview of a script stores nothing',
    from: `${file} TestPostTransactionsPreview`,
    ...previews(send(`${script}\nset_account_meta(@bank, "foo", "bar")`)),
    shows: { data: [{ txid: 0 }] },
    afterwards: [...nothingStored, { ask: 'GET /~/accounts', ...wholePage([]) }],
  },
  {
    section,
    what: 'a preview keeps no reference',
    given: [previews(pay('world a 1 USD', { reference: 'ref' }))],
    ...pay('world a 1 USD', { reference: 'ref' }),
    shows: { data: [{ txid: 0 }] },
  },
];

const stepwise: readonly StepwiseCase[] = [
  {
    section,
    what: 'a preview is answered as the transaction would be, and stores nothing',
    from: `${file} TestPostTransactionsPreview`,
    async prove({ ask, get, see }) {
      await ask(pay('world a 10 USD', at));
      const real = pay('a b 4 USD', { reference: 'p', metadata: { k: 1 }, ...later });
      const preview = await ask(previews(real));
      see(await get('/~/stats')).toEqual({ data: { transactions: 1, accounts: 2 } });
      see((await ask(real)).body).toBe(preview.body);
    },
  },
  {
    section,
    what: 'keys of a transaction stand in the order of v1',
    async prove({ ask, see }) {
      const { body } = await ask(
        pay('world wallet:7 250 EUR/2', { reference: 'order-7', metadata: { any: 'json' }, ...at }),
      );
      const keys = [
        'postings',
        'source',
        'destination',
        'amount',
        'asset',
        'reference',
        'metadata',
        'txid',
        'preCommitVolumes',
        'postCommitVolumes',
        'timestamp',
      ];
      const places = keys.map((key) => body.indexOf(`"${key}":`));
      see(places).toEqual(places.toSorted((a, b) => a - b));
      see(places).not.toContain(-1);
    },
  },
];

proveCases([...accepted, ...behind, ...stepwise]);
