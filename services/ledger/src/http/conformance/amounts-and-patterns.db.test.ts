import { describe, invalid, pay, refused, send, type Exchange } from '../../../test-fixtures/conformance-requests.ts';
import { proveCases, type TableCase } from '../../../test-fixtures/prove-cases.ts';

const post = (posting: object): Exchange => ({
  ask: 'POST /~/transactions',
  body: { postings: [{ source: 'world', destination: 'a', amount: 1, asset: 'USD', ...posting }] },
});

const addresses = ['a', 'A9', '_', '0', '0_0:9', 'users:001', 'a:b:c:d:e', 'world:1', 'x'.repeat(1_024)];
const noAddresses = ['', ':', ':a', 'a:', 'a::b', 'a-b', 'a.b', 'a b', 'a/b', '#a', '@a', 'é', 'a\n', 'a*'];
const assets = [
  'A',
  'USD',
  'USD/2',
  'USD/000000',
  'U1',
  'US1234D',
  'F/9',
  `A${'B'.repeat(16)}`,
  `A${'0'.repeat(16)}/123456`,
];
const noAssets = [
  '',
  'usd',
  'Usd',
  '1USD',
  '@USD',
  'USD/',
  'USD/1234567',
  'USD/a',
  '/2',
  'USD/2/2',
  'US_D',
  'US-D',
  'USD ',
  'É',
  'A'.repeat(18),
];

const shorten = (text: string) => JSON.stringify(text.length > 40 ? `${text.slice(0, 8)}… of ${text.length}` : text);

const patterns: readonly TableCase[] = [
  ...addresses.map(
    (address) =>
      ({
        section: '2.1',
        what: `${shorten(address)} is an address`,
        ...post({ destination: address }),
        afterwards: [
          post({ source: address, destination: 'sink' }),
          { ask: `GET /~/accounts/${address}`, shows: { data: { address } } },
        ],
      }) as const,
  ),
  ...noAddresses.flatMap(
    (address) =>
      [
        {
          section: '2.1',
          what: `${shorten(address)} is no destination`,
          ...post({ destination: address }),
          ...invalid('invalid posting 0: invalid destination address'),
        },
        {
          section: '2.1',
          what: `${shorten(address)} is no source`,
          ...post({ source: address }),
          ...invalid('invalid posting 0: invalid source address'),
        },
      ] as const,
  ),
  ...assets.map(
    (asset) =>
      ({
        section: '2.1',
        what: `${shorten(asset)} is an asset`,
        ...post({ asset }),
        shows: { data: [{ postings: [{ asset }] }] },
      }) as const,
  ),
  ...noAssets.map(
    (asset) =>
      ({
        section: '2.1',
        what: `${shorten(asset)} is no asset`,
        ...post({ asset }),
        ...invalid('invalid posting 0: invalid asset'),
      }) as const,
  ),
  ...['a-b', 'a:', 'a::b', 'a.b', '%C3%A9'].flatMap(
    (address) =>
      [
        {
          section: '2.1',
          what: `an account ${address} is not read`,
          ask: `GET /~/accounts/${address}`,
          ...invalid('invalid account address format'),
        },
        {
          section: '2.1',
          what: `an account ${address} is not described`,
          ...describe(`accounts/${address}`, {}),
          ...invalid('invalid account address format'),
        },
      ] as const,
  ),
  {
    section: '2.1',
    what: 'an address is at most 1024 characters',
    unlike: 'addresses and references',
    ...post({ destination: 'x'.repeat(1_025) }),
    status: 400,
    shows: { errorCode: 'VALIDATION' },
  },
];

const toVariable = 'vars {\n  account $to\n}\nsend [COIN 1] (\n  source = @world\n  destination = $to\n)';

const variables: readonly TableCase[] = [
  ...['a', 'A_b', '_', 'users:001', 'a9', '9a', '0:1'].map(
    (to) =>
      ({
        section: '2.1',
        what: `a script takes the account ${to}`,
        ...send(toVariable, {}, { to }),
        shows: { data: [{ postings: [{ destination: to }] }] },
      }) as const,
  ),
  ...['a-b', '@a', ':a', '#a', 'a.b'].map(
    (to) =>
      ({
        section: '2.1',
        what: `a script does not take the account ${to}`,
        ...send(toVariable, {}, { to }),
        status: 400,
        shows: { errorCode: 'COMPILATION_FAILED' },
      }) as const,
  ),
];

const huge = '9'.repeat(126);
const balanceOf = (account: string, asset: string, balance: unknown): Exchange => ({
  ask: `GET /~/accounts/${account}`,
  shows: { data: { balances: { [asset]: balance } } },
});

const amounts: readonly TableCase[] = [
  {
    section: '2.2',
    what: 'an amount of 126 digits',
    from: 'ledger_test.go TestVeryBigTransaction',
    ...pay(`world a ${huge} USD`),
    shows: { data: [{ postings: [{ amount: BigInt(huge) }] }] },
    afterwards: [
      balanceOf('a', 'USD', BigInt(huge)),
      balanceOf('world', 'USD', -BigInt(huge)),
      { ask: 'GET /~/aggregate/balances', answer: { data: { USD: 0 } } },
    ],
  },
  {
    section: '2.2',
    what: 'sums of 126 digits are exact',
    given: [pay(`world a ${huge} USD`), pay('world a 1 USD')],
    ...pay(`a b 1${'0'.repeat(126)} USD`),
    afterwards: [
      balanceOf('a', 'USD', 0),
      { ...pay('a b 1 USD'), ...refused('INSUFFICIENT_FUND', 'balance.insufficient.USD') },
    ],
  },
  ...['9007199254740993', '9223372036854775807', '9223372036854775808', '18446744073709551616'].map(
    (amount) =>
      ({
        section: '2.2',
        what: `${amount} keeps its last digit`,
        ...pay(`world a ${amount} USD`),
        afterwards: [
          balanceOf('a', 'USD', BigInt(amount)),
          { ask: 'GET /~/logs', shows: { cursor: { data: [{ data: { postings: [{ amount: BigInt(amount) }] } }] } } },
        ],
      }) as const,
  ),
  {
    section: '2.2',
    what: '0 is an amount',
    from: 'execute_txsdata_test.go',
    ...pay('a b 0 USD'),
    afterwards: [balanceOf('a', 'USD', 0), balanceOf('b', 'USD', 0)],
  },
  { section: '2.2', what: '-0 is 0', ...pay('a b -0 USD'), afterwards: [balanceOf('b', 'USD', 0)] },
  ...['-1', `-${huge}`].map(
    (amount) =>
      ({
        section: '2.2',
        what: `${shorten(amount)} is negative`,
        ...pay(`world a ${amount} USD`),
        ...invalid('invalid posting 0: negative amount'),
      }) as const,
  ),
  ...['1.5', '1.0', '1e2', '1E2', '"1"', 'true', '1e400'].map(
    (amount) =>
      ({
        section: '2.2',
        what: `${amount} is no amount`,
        ...pay(`world a ${amount} USD`),
        status: 400,
        shows: { errorCode: 'VALIDATION' },
      }) as const,
  ),
  ...[[], {}].map(
    (amount) =>
      ({
        section: '2.2',
        what: `${JSON.stringify(amount)} is no amount`,
        ...post({ amount }),
        ...invalid('invalid transaction format'),
      }) as const,
  ),
  {
    section: '2.2',
    what: 'null is no amount',
    unlike: '`amount` missing or null',
    ...post({ amount: null }),
    ...invalid('invalid posting 0: missing amount'),
  },
  {
    section: '2.2',
    what: 'a missing amount is none',
    unlike: '`amount` missing or null',
    ...post({ amount: undefined }),
    ...invalid('invalid posting 0: missing amount'),
  },
  {
    section: '2.2',
    what: '1,000 digits are the most',
    unlike: "key `__proto__`, nesting over 100, over 1,000 digits, numbers beyond a 64-bit float's range",
    given: [pay(`world a ${'9'.repeat(1_000)} USD`)],
    ...pay(`world a ${'9'.repeat(1_001)} USD`),
    status: 400,
    shows: { errorCode: 'VALIDATION' },
  },
];

proveCases([...patterns, ...variables, ...amounts]);
