import { describe, draft, invalid, pay, payAll, type Exchange } from '../../../test-fixtures/conformance-requests.ts';
import { proveCases, type TableCase } from '../../../test-fixtures/prove-cases.ts';

const section = '1.3';
const controllers = 'transaction_controller_test.go TestTransactions';

const at = (second: number) => ({ timestamp: `2023-01-01T00:00:0${second}Z` });

/** What all filters below are asked of: four transactions, of txid 0 to 3 at second 0 to 3. */
const books: readonly Exchange[] = [
  payAll(
    draft('world users:1 100 USD', {
      reference: 'ref-0',
      metadata: { kind: 'top-up', n: 42, deep: { a: { b: 'x' } } },
      ...at(0),
    }),
    draft('world users:2 50 EUR, world users:2 10 USD', { metadata: { kind: 'gift', flag: true }, ...at(1) }),
    draft('users:1 shop:a:till 30 USD', { metadata: { kind: 'sale', none: null, list: [1, 2] }, ...at(2) }),
    draft('users:2 bank 10 USD', { metadata: { kind: 'sale', 'a.b': 'flat' }, ...at(3) }),
  ),
  describe('accounts/users:1', {
    level: 3,
    tier: 'gold',
    address: { city: 'Paris', street: { no: '7' } },
    active: true,
  }),
  describe('accounts/users:2', { level: 4, tier: 'silver', address: { city: 'Lyon' }, active: false }),
  describe('accounts/only:metadata', { tier: 'gold' }),
];

const transactions: readonly (readonly [query: string, txids: readonly number[], from?: string])[] = [
  ['', [3, 2, 1, 0], controllers],
  ['reference=ref-0', [0], controllers],
  ['reference=ref', []],
  ['account=users:1', [2, 0], controllers],
  ['account=world', [1, 0]],
  ['account=users', []],
  ['account=users:*', [3, 2, 1, 0]],
  ['account=users:.*', [3, 2, 1, 0]],
  ['account=*:*:*', [2]],
  ['account=*', [3, 1, 0]],
  ['account=shop:*:till', [2]],
  ['account=.*:a:.*', [2]],
  ['account=nobody', [], controllers],
  ['account=users:[12]', [3, 2, 1, 0]],
  ['account=sho.*', [2]],
  ['account=users:(1|9)', [2, 0]],
  ['account=user', []],
  ['source=world', [1, 0], controllers],
  ['source=users:1', [2]],
  ['source=users:*', [3, 2]],
  ['source=bank', []],
  ['source=wor.*', [1, 0]],
  ['destination=users:1', [0], controllers],
  ['destination=bank', [3]],
  ['destination=users:*', [1, 0]],
  ['destination=world', []],
  ['source=users:1&destination=shop:a:till', [2]],
  ['source=users:1&destination=bank', []],
  ['account=users:2&source=world', [1]],
  ['metadata[kind]=sale', [3, 2], controllers],
  ['metadata[kind]=sale&source=users:2', [3]],
  ['metadata[kind]=', []],
  ['metadata[n]=42', [0], controllers],
  ['metadata[n]=4', []],
  ['metadata[flag]=true', [1]],
  ['metadata[deep.a.b]=x', [0], controllers],
  ['metadata[deep.a]=x', []],
  ['metadata[missing]=x', []],
  ['metadata[kind]=sale&metadata[none]=null', []],
  ['startTime=2023-01-01T00:00:02Z', [3, 2], controllers],
  ['start_time=2023-01-01T00:00:02Z', [3, 2]],
  ['endTime=2023-01-01T00:00:02Z', [1, 0], controllers],
  ['end_time=2023-01-01T00:00:02Z', [1, 0]],
  ['startTime=2023-01-01T00:00:01Z&endTime=2023-01-01T00:00:03Z', [2, 1], controllers],
  ['startTime=2023-01-01T02:00:03%2B02:00', [3]],
  ['startTime=2023-01-01T00:00:02Z&endTime=2023-01-01T00:00:02Z', []],
  ['startTime=2999-01-01T00:00:00Z', []],
  ['unknown=1', [3, 2, 1, 0]],
];

const accounts: readonly (readonly [query: string, addresses: string, unlike?: string])[] = [
  ['', 'world users:2 users:1 shop:a:till only:metadata bank'],
  ['address=users:1', 'users:1'],
  ['address=users', ''],
  ['address=users:', 'users:2 users:1'],
  ['address=users:*', 'users:2 users:1'],
  ['address=users:.*', 'users:2 users:1'],
  ['address=users:[1]', 'users:1'],
  ['address=us.*', 'users:2 users:1'],
  ['address=.*', 'world users:2 users:1 shop:a:till only:metadata bank'],
  ['address=shop:a', ''],
  ['address=shop:a:', 'shop:a:till'],
  ['address=shop:.*', 'shop:a:till'],
  ['address=shop:a:till.*', 'shop:a:till'],
  ['address=shop:a:till:.*', 'shop:a:till'],
  ['address=shop::till', 'shop:a:till'],
  ['address=:a:', 'shop:a:till'],
  ['address=ban[k]', 'bank'],
  ['address=an[k]', 'bank'],
  ['address=w', '', 'a filter of one character'],
  ['metadata[tier]=gold', 'users:1 only:metadata'],
  ['metadata[tier]=gold&address=users:.*', 'users:1'],
  ['metadata[level]=3', 'users:1'],
  ['metadata[active]=true', 'users:1'],
  ['metadata[address.city]=Lyon', 'users:2'],
  ['metadata[address.street.no]=7', 'users:1'],
  ['metadata[address.street]=7', ''],
  ['metadata[tier]=gold&metadata[level]=3', 'users:1'],
  ['balance=50', 'users:2 users:1'],
  ['balance=50&balanceOperator=gte', 'users:2 users:1'],
  ['balance=50&balanceOperator=gt', 'users:1'],
  ['balance=30&balanceOperator=e', 'shop:a:till'],
  ['balance=10&balanceOperator=lte', 'world users:2 bank'],
  ['balance=0&balanceOperator=lt', 'world'],
  ['balance=0&balance_operator=lt', 'world'],
  ['balance=70&balanceOperator=ne', 'world users:2 shop:a:till bank'],
  ['balance=-110&balanceOperator=e', 'world'],
  ['balance=0&balanceOperator=e', 'users:2'],
  ['balance=0&balanceOperator=e&balanceAsset=EUR', ''],
  ['balance=0&balanceOperator=gte&balanceAsset=EUR', 'users:2'],
  ['balance=%2B50&balanceAsset=EUR', 'users:2'],
  ['balance=1&balanceAsset=GEM', ''],
  ['balance=9223372036854775807&balanceOperator=lt', 'world users:2 users:1 shop:a:till bank'],
  ['balance=1&address=users:.*&metadata[tier]=gold', 'users:1'],
];

const balances: readonly (readonly [query: string, rows: readonly object[]])[] = [
  [
    '',
    [
      { world: { EUR: -50, USD: -110 } },
      { 'users:2': { EUR: 50, USD: 0 } },
      { 'users:1': { USD: 70 } },
      { 'shop:a:till': { USD: 30 } },
      { bank: { USD: 10 } },
    ],
  ],
  ['address=users:1', [{ 'users:1': { USD: 70 } }]],
  ['address=users:.*', [{ 'users:2': { EUR: 50, USD: 0 } }, { 'users:1': { USD: 70 } }]],
  ['address=bank,users:1', [{ 'users:1': { USD: 70 } }, { bank: { USD: 10 } }]],
  ['address=bank&address=users:1', [{ 'users:1': { USD: 70 } }, { bank: { USD: 10 } }]],
  ['address=bank&address=users:.*', [{ bank: { USD: 10 } }]],
  ['address=only:metadata', []],
  ['address=nobody', []],
];

const sums: readonly (readonly [query: string, sums: object])[] = [
  ['', { EUR: 0, USD: 0 }],
  ['address=world', { EUR: -50, USD: -110 }],
  ['address=users:.*', { EUR: 50, USD: 70 }],
  ['address=users:', { EUR: 50, USD: 70 }],
  ['address=shop:.*', { USD: 30 }],
  ['address=nobody', {}],
];

const logs: readonly (readonly [query: string, ids: readonly number[]])[] = [
  ['pageSize=2', [6, 5]],
  ['after=2', [1, 0]],
  ['endTime=2023-01-01T00:00:02Z', [1, 0]],
  ['end_time=2023-01-01T00:00:02Z', [1, 0]],
  ['startTime=2023-01-01T00:00:03Z', [6, 5, 4, 3]],
  ['startTime=2023-01-01T00:00:01Z&endTime=2023-01-01T00:00:03Z', [2, 1]],
  ['start_time=2999-01-01T00:00:00Z', []],
];

const lists: readonly TableCase[] = [
  ...transactions.flatMap(([query, txids, from]) => [
    {
      section,
      what: `transactions by ${query || 'nothing'}`,
      ...(from !== undefined && { from }),
      ask: `GET /books/transactions?${query}`,
      shows: { cursor: { data: txids.map((txid) => ({ txid })) } },
      afterwards: [
        { ask: `HEAD /books/transactions?${query}`, answer: '', answeredWith: { Count: String(txids.length) } },
      ],
    } as const,
  ]),
  ...accounts.map(([query, text, unlike]) => {
    const addresses = text === '' ? [] : text.split(' ');
    const isCounted = !query.includes('balance');
    return {
      section,
      what: `accounts by ${query || 'nothing'}`,
      from: 'account_controller_test.go',
      ...(unlike !== undefined && { unlike }),
      ask: `GET /books/accounts?${query}`,
      shows: { cursor: { data: addresses.map((address) => ({ address })) } },
      afterwards: isCounted
        ? [{ ask: `HEAD /books/accounts?${query}`, answer: '', answeredWith: { Count: String(addresses.length) } }]
        : [],
    } as const;
  }),
  ...balances.map(
    ([query, rows]) =>
      ({
        section,
        what: `balances by ${query || 'nothing'}`,
        from: 'balance_controller_test.go',
        ask: `GET /books/balances?${query}`,
        answer: { cursor: { pageSize: 15, hasMore: false, data: rows, page_size: 15, has_more: false } },
      }) as const,
  ),
  ...sums.map(
    ([query, data]) =>
      ({
        section,
        what: `aggregated balances by ${query || 'nothing'}`,
        from: 'balance_controller_test.go',
        ask: `GET /books/aggregate/balances?${query}`,
        answer: { data },
      }) as const,
  ),
  ...logs.map(
    ([query, ids]) =>
      ({
        section,
        what: `logs by ${query}`,
        from: 'ledger_controller_test.go',
        ask: `GET /books/logs?${query}`,
        shows: { cursor: { data: ids.map((id) => ({ id })) } },
      }) as const,
  ),
];

const number = invalid("invalid parameter 'balance', should be a number");
const operator = (name: string) => invalid(`invalid parameter '${name}', should be one of 'e, ne, gt, gte, lt, lte'`);

const refusals: readonly TableCase[] = [
  ...['startTime', 'start_time', 'endTime', 'end_time'].flatMap((name) =>
    ['transactions', 'logs'].map(
      (list) =>
        ({
          section,
          what: `${list}: ${name} that is no time`,
          ask: `GET /~/${list}?${name}=yesterday`,
          ...invalid(`invalid '${name}' query param`),
        }) as const,
    ),
  ),
  {
    section,
    what: 'HEAD of transactions: a time that is none',
    ask: 'HEAD /~/transactions?startTime=x',
    status: 400,
    answer: '',
  },
  {
    section,
    what: 'a balance that is no number',
    from: 'account_controller_test.go',
    ask: 'GET /~/accounts?balance=many',
    ...number,
  },
  { section, what: 'a balance with a fraction', ask: 'GET /~/accounts?balance=1.5', ...number },
  { section, what: 'a balance of more than 64 bits', ask: 'GET /~/accounts?balance=9223372036854775808', ...number },
  {
    section,
    what: 'an operator that is none',
    from: 'account_controller_test.go',
    ask: 'GET /~/accounts?balance=1&balanceOperator=eq',
    ...operator('balanceOperator'),
  },
  {
    section,
    what: 'an operator that is none, by its old name',
    from: 'account_controller_test.go',
    ask: 'GET /~/accounts?balance=1&balance_operator=eq',
    ...operator('balance_operator'),
  },
  {
    section,
    what: 'a broken regular expression',
    unlike: 'a broken regular expression',
    ask: 'GET /~/transactions?account=(',
    status: 400,
    shows: { errorCode: 'VALIDATION' },
  },
  {
    section,
    what: 'one address must match all parts',
    unlike: '`account` by parts, in a list of transactions',
    ask: 'GET /books/transactions?account=users:till',
    shows: { cursor: { data: [] } },
  },
  {
    section,
    what: 'one posting must match source and destination',
    unlike: '`source` and `destination` as regular expressions',
    given: [pay('a b 0 USD, c d 0 USD')],
    ask: 'GET /~/transactions?source=[a]&destination=[d]',
    shows: { cursor: { data: [] } },
  },
];

proveCases([...lists, ...refusals], { before: books });
