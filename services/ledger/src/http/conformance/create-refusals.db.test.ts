import { expect } from 'vitest';
import {
  draft,
  insufficient,
  invalid,
  pay,
  send,
  wholePage,
  type Exchange,
} from '../../../test-fixtures/conformance-requests.ts';
import { proveCases, type TableCase } from '../../../test-fixtures/prove-cases.ts';

const section = '1.4';
const file = 'transaction_controller_test.go';
const from = `${file} TestPostTransactions`;
const posts = (body: unknown): Exchange => ({ ask: 'POST /~/transactions', body });
const either = invalid('invalid payload: should contain either postings or script');
const unreadable = invalid('invalid transaction format');
const script = 'send [COIN 100] (\n  source = @world\n  destination = @bank\n)';
const throughBank =
  'vars {\n  account $acc\n}\nsend [COIN 100] (\n  source = @world\n  destination = @bank\n)\nsend [COIN 100] (\n  source = @bank\n  destination = $acc\n)';
const nothingStored: readonly Exchange[] = [{ ask: 'GET /~/transactions', ...wholePage([]) }];

const refusals: readonly TableCase[] = [
  { section, what: 'neither postings nor script', from, ...posts({}), ...either },
  { section, what: 'empty postings', ...posts({ postings: [] }), ...either },
  {
    section,
    what: 'both postings and script',
    from,
    ...posts({ ...draft('world alice 100 COIN'), script: { plain: script } }),
    ...either,
  },
  {
    section,
    what: 'a body that is not JSON',
    from: `${file} TestPostTransactionInvalidBody`,
    ...posts('not JSON'),
    ...unreadable,
  },
  {
    section,
    what: 'no body',
    from: `${file} TestPostTransactionInvalidBody`,
    ask: 'POST /~/transactions',
    ...unreadable,
  },
  {
    section,
    what: 'a body that is a text',
    from: `${file} TestPostTransactionInvalidBody`,
    ...posts('"postings"'),
    ...unreadable,
  },
  { section, what: 'a body that is a list', ...posts('[]'), ...unreadable },
  {
    section,
    what: 'a negative amount',
    from,
    ...pay('world bank -1000 USB'),
    ...invalid('invalid posting 0: negative amount'),
  },
  {
    section,
    what: 'an asset with a symbol',
    from,
    ...pay('world bank 1000 @TOK'),
    ...invalid('invalid posting 0: invalid asset'),
  },
  {
    section,
    what: 'an asset that begins with a digit',
    from,
    ...pay('world bank 1000 1TOK'),
    ...invalid('invalid posting 0: invalid asset'),
  },
  {
    section,
    what: 'an asset with too many decimals',
    from,
    ...pay('world bank 1000 TOK/1234567'),
    ...invalid('invalid posting 0: invalid asset'),
  },
  {
    section,
    what: 'a destination that is no address',
    from,
    ...pay('world #fake 1000 TOK'),
    ...invalid('invalid posting 0: invalid destination address'),
  },
  {
    section,
    what: 'a source that is no address',
    ...pay('#fake bank 1000 TOK'),
    ...invalid('invalid posting 0: invalid source address'),
  },
  {
    section,
    what: 'the first posting that is wrong is named',
    ...pay('world a 1 USD, world b 1 usd, world c -1 USD'),
    ...invalid('invalid posting 1: invalid asset'),
  },
  {
    section,
    what: 'the amount is looked at before the source',
    ...pay('#a #b -1 usd'),
    ...invalid('invalid posting 0: negative amount'),
  },
  {
    section,
    what: 'the source is looked at before the destination',
    ...pay('#a #b 1 usd'),
    ...invalid('invalid posting 0: invalid source address'),
  },
  {
    section,
    what: 'the destination is looked at before the asset',
    ...pay('a #b 1 usd'),
    ...invalid('invalid posting 0: invalid destination address'),
  },
  {
    section,
    what: 'a missing amount',
    unlike: '`amount` missing or null',
    ...posts({ postings: [{ source: 'world', destination: 'a', asset: 'USD' }] }),
    ...invalid('invalid posting 0: missing amount'),
  },
  { section, what: 'insufficient funds of postings', from, ...pay('foo bar 1000 TOK'), ...insufficient('TOK') },
  {
    section,
    what: 'insufficient funds of a script',
    from,
    ...send('send [COIN 100] (\n  source = @bank\n  destination = @users:001\n)'),
    status: 400,
    shows: { errorCode: 'INSUFFICIENT_FUND', errorMessage: '[INSUFFICIENT_FUND] account had insufficient funds' },
  },
  {
    section,
    what: 'a script that overrides metadata',
    from,
    ...send(`set_tx_meta("priority", "low")\n${script}`, { metadata: { priority: 'high' } }),
    status: 400,
    shows: { errorCode: 'METADATA_OVERRIDE', errorMessage: '[METADATA_OVERRIDE] cannot override metadata from script' },
  },
  {
    section,
    what: 'a script that only sets metadata',
    from,
    ...send('set_account_meta(@bar, "foo", "bar")'),
    ...invalid('transaction has no postings'),
  },
  {
    section,
    what: 'an account variable that is no account',
    from,
    ...send(throughBank, {}, { acc: 'invalid-acc' }),
    status: 400,
    shows: {
      errorCode: 'COMPILATION_FAILED',
      errorMessage: expect.stringMatching(/^\[COMPILATION_FAILED\] could not set variables: /),
    },
  },
  {
    section,
    what: 'a monetary variable that is negative',
    from,
    ...send(
      'vars {\n  monetary $m\n}\nsend $m (\n  source = @world\n  destination = @a\n)',
      {},
      { m: { asset: 'COIN', amount: -100 } },
    ),
    status: 400,
    shows: {
      errorCode: 'COMPILATION_FAILED',
      errorMessage: expect.stringMatching(/^\[COMPILATION_FAILED\] could not set variables: /),
    },
  },
];

const withNothingStored = refusals.map((refusal) => ({
  ...refusal,
  what: `${refusal.what}: refused`,
  afterwards: nothingStored,
}));

proveCases(withNothingStored);
