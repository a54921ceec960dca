import { describe, draft, invalid, pay, payAll, type Exchange } from '../../../test-fixtures/conformance-requests.ts';
import { proveCases, type StepwiseCase, type TableCase } from '../../../test-fixtures/prove-cases.ts';

const section = '1.2';
const from = 'pagination_test.go';
const pageSize = 3;

interface Cursor {
  readonly pageSize: number;
  readonly hasMore: boolean;
  readonly previous?: string;
  readonly next?: string;
  readonly data: readonly object[];
}

interface Page {
  readonly cursor: Cursor;
}

/** A list with so many rows; accounts and balances have the row of `world` among them. */
interface List {
  readonly name: string;
  readonly fill: (rows: number) => readonly Exchange[];
  /** What tells a row from others, in the list's order. */
  readonly keys: (rows: number) => readonly unknown[];
  readonly keyOf: (row: object) => unknown;
}

const account = (index: number) => `a${String(index).padStart(2, '0')}`;
const numbers = (rows: number) => [...Array(rows).keys()];
const transactions = (rows: number): readonly Exchange[] =>
  rows === 0 ? [] : [payAll(...numbers(rows).map((index) => draft(`world ${account(index)} 1 USD`)))];
const descendingNumbers = (rows: number) => numbers(rows).reverse();
const addresses = (rows: number) =>
  rows === 0
    ? []
    : [
        'world',
        ...numbers(rows - 1)
          .map(account)
          .reverse(),
      ];
const accounts = (rows: number) => (rows === 1 ? [pay('world world 1 USD')] : transactions(Math.max(0, rows - 1)));

const lists: readonly List[] = [
  { name: 'transactions', fill: transactions, keys: descendingNumbers, keyOf: (row) => Reflect.get(row, 'txid') },
  { name: 'logs', fill: transactions, keys: descendingNumbers, keyOf: (row) => Reflect.get(row, 'id') },
  { name: 'accounts', fill: accounts, keys: addresses, keyOf: (row) => Reflect.get(row, 'address') },
  { name: 'balances', fill: accounts, keys: addresses, keyOf: (row) => Object.keys(row)[0] },
];

const names = [
  { size: 'pageSize', token: 'cursor' },
  { size: 'page_size', token: 'pagination_token' },
] as const;

const walks: readonly StepwiseCase[] = lists.flatMap(({ name, fill, keys, keyOf }) =>
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((rows) => ({
    section,
    from,
    what: `${rows} ${name} by threes, forward to the end and back to the start`,
    async prove({ ask, get, see }) {
      for (const exchange of fill(rows)) await ask(exchange);
      const { size, token } = names[rows % 2 === 0 ? 0 : 1];
      const read = async (query: string): Promise<Cursor> => (await get<Page>(`/~/${name}?${query}`)).cursor;
      const forward = [await read(`${size}=${pageSize}`)];
      for (let next = forward[0]?.next; next !== undefined; next = forward.at(-1)?.next) {
        forward.push(await read(`${token}=${next}`));
      }
      see(forward.flatMap(({ data }) => data).map(keyOf)).toEqual(keys(rows));
      see(forward).toHaveLength(Math.max(1, Math.ceil(rows / pageSize)));
      for (const [index, page] of forward.entries()) {
        const isLast = index === forward.length - 1;
        see(page).toMatchObject({ pageSize, page_size: pageSize, hasMore: !isLast, has_more: !isLast });
        see('next' in page).toBe(!isLast);
        see('previous' in page).toBe(index > 0);
      }
      const back = [];
      for (let previous = forward.at(-1)?.previous; previous !== undefined; previous = back.at(-1)?.previous) {
        back.push(await read(`${token}=${previous}`));
      }
      see(back.map(({ data }) => data)).toEqual(
        forward
          .slice(0, -1)
          .reverse()
          .map(({ data }) => data),
      );
    },
  })),
);

const six = transactions(6);
const tokenOf = (fields: object) => Buffer.from(JSON.stringify(fields)).toString('base64url');
const noTime = '0001-01-01T00:00:00Z';

/** Tokens as v1 makes them, with every field. */
const v1Tokens: readonly (readonly [list: string, fields: object, keys: readonly unknown[]])[] = [
  ['transactions', { after: 4, startTime: noTime, endTime: noTime, pageSize: 2 }, [3, 2]],
  ['transactions', { after: 0, startTime: noTime, endTime: noTime, pageSize: 2 }, [5, 4]],
  ['transactions', { after: 5, account: 'a00', startTime: noTime, endTime: noTime, pageSize: 2 }, [0]],
  [
    'transactions',
    { after: 5, source: 'world', destination: 'a0.*', startTime: noTime, endTime: noTime, pageSize: 3 },
    [4, 3, 2],
  ],
  ['transactions', { after: 0, reference: 'none', startTime: noTime, endTime: noTime, pageSize: 2 }, []],
  ['transactions', { after: 0, startTime: '2999-01-01T00:00:00Z', endTime: noTime, pageSize: 2 }, []],
  ['transactions', { after: 0, startTime: noTime, endTime: noTime, metadata: { k: 'v' }, pageSize: 2 }, []],
  ['transactions', { after: 0, startTime: noTime, endTime: noTime, metadata: null, pageSize: 0 }, [5, 4, 3, 2, 1, 0]],
  ['accounts', { pageSize: 0, offset: 0, metadata: null }, ['world', 'a05', 'a04', 'a03', 'a02', 'a01', 'a00']],
  ['logs', { after: 0, pageSize: 0, startTime: noTime, endTime: noTime }, [5, 4, 3, 2, 1, 0]],
  ['accounts', { pageSize: 2, offset: 2 }, ['a04', 'a03']],
  ['accounts', { pageSize: 2, offset: 0, after: 'a03' }, ['a02', 'a01']],
  ['accounts', { pageSize: 2, offset: 1, address: 'a00|a01|a02' }, ['a01', 'a00']],
  ['accounts', { pageSize: 2, offset: 0, metadata: { k: 'v' } }, []],
  ['accounts', { pageSize: 2, offset: 0, balance: '0', balanceOperator: 'lt' }, ['world']],
  ['balances', { pageSize: 2, offset: 4 }, ['a02', 'a01']],
  ['balances', { pageSize: 2, offset: 0, after: 'a01' }, ['a00']],
  ['balances', { pageSize: 2, offset: 0, address: ['a01', 'a03'] }, ['a03', 'a01']],
  ['logs', { after: 2, pageSize: 2, startTime: noTime, endTime: noTime }, [1, 0]],
];

const understood: readonly StepwiseCase[] = v1Tokens.map(([name, fields, keys]) => ({
  section,
  what: `a token of v1 for ${name} is understood: ${JSON.stringify(fields)}`,
  async prove({ ask, get, see }) {
    for (const exchange of six) await ask(exchange);
    const { cursor } = await get<Page>(`/~/${name}?cursor=${tokenOf(fields)}`);
    const list = lists.find((each) => each.name === name);
    see(cursor.data.map((row) => list?.keyOf(row))).toEqual(keys);
  },
}));

/** What a token for the next page holds. */
const madeTokens: readonly (readonly [query: string, fields: object])[] = [
  ['transactions?pageSize=2', { after: 4, startTime: noTime, endTime: noTime, pageSize: 2 }],
  [
    'transactions?pageSize=2&source=world&destination=a0.*&account=.*&startTime=2020-01-01T00:00:00Z&endTime=2999-01-01T00:00:00Z',
    {
      after: 4,
      account: '.*',
      source: 'world',
      destination: 'a0.*',
      startTime: '2020-01-01T00:00:00Z',
      endTime: '2999-01-01T00:00:00Z',
      pageSize: 2,
    },
  ],
  ['accounts?pageSize=2', { pageSize: 2, offset: 2, last: 'a05' }],
  [
    'accounts?pageSize=2&after=a05&address=.*&balance=0&balanceOperator=gt',
    { pageSize: 2, offset: 2, after: 'a05', address: '.*', balance: '0', balanceOperator: 'gt', last: 'a03' },
  ],
  [
    'accounts?pageSize=2&balance=0&balanceAsset=USD',
    { pageSize: 2, offset: 2, balance: '0', balanceOperator: 'gte', balanceAsset: 'USD', last: 'a04' },
  ],
  ['balances?pageSize=1&address=a01,a03', { pageSize: 1, offset: 1, address: ['a01', 'a03'], last: 'a03' }],
  ['logs?pageSize=2', { after: 4, pageSize: 2, startTime: noTime, endTime: noTime }],
];

const made: readonly StepwiseCase[] = madeTokens.map(([query, fields]) => ({
  section,
  what: `the token behind ${query} has the fields of v1`,
  ...(query.includes('balanceAsset') && { unlike: '`balanceAsset` on the second page' }),
  async prove({ ask, get, see }) {
    for (const exchange of six) await ask(exchange);
    const { cursor } = await get<Page>(`/~/${query}`);
    see(cursor.next).toMatch(/^[\w-]+$/);
    see(JSON.parse(Buffer.from(cursor.next ?? '', 'base64url').toString())).toEqual(fields);
  },
}));

const listNames = lists.map(({ name }) => name);
const anyToken = tokenOf({ pageSize: 2 });

const others: Readonly<Record<string, readonly string[]>> = {
  transactions: [
    'after=1',
    'reference=r',
    'account=a',
    'source=a',
    'destination=a',
    'startTime=2023-01-01T00:00:00Z',
    'end_time=2023-01-01T00:00:00Z',
    'pageSize=2',
    'page_size=2',
  ],
  accounts: [
    'after=a',
    'address=a',
    'metadata[k]=v',
    'balance=1',
    'balanceOperator=e',
    'balance_operator=e',
    'pageSize=2',
    'page_size=2',
  ],
  balances: ['after=a', 'address=a', 'pageSize=2', 'page_size=2'],
  logs: ['after=1', 'start_time=2023-01-01T00:00:00Z', 'endTime=2023-01-01T00:00:00Z', 'pageSize=2', 'page_size=2'],
};

const misuse: readonly TableCase[] = [
  ...Object.entries(others).flatMap(([name, queries]) =>
    queries.map((query, index) => {
      const token = index % 2 === 0 ? 'cursor' : 'pagination_token';
      return {
        section,
        from,
        what: `${name}: no ${query} beside ${token}`,
        ask: `GET /~/${name}?${token}=${anyToken}&${query}`,
        ...invalid(`no other query params can be set with '${token}'`),
      } as const;
    }),
  ),
  ...listNames.flatMap((name) =>
    ['!!!', 'YWJj', tokenOf({ pageSize: 2 }).slice(0, -2)].flatMap(
      (token, index) =>
        ({
          section,
          from: 'account_controller_test.go',
          what: `${name}: ${['no base64url', 'no JSON', 'half a token'][index]} is no cursor`,
          ask: `GET /~/${name}?cursor=${token}`,
          ...invalid("invalid 'cursor' query param"),
        }) as const,
    ),
  ),
];

const size = (shown: number) => ({ shows: { cursor: { pageSize: shown, page_size: shown } } });

const sizes: readonly TableCase[] = listNames.flatMap((name) => {
  const ask = (query: string) => `GET /~/${name}?${query}`;
  return [
    { section, what: `${name}: 15 rows unless told otherwise`, ask: `GET /~/${name}`, ...size(15) },
    {
      section,
      what: `${name}: at most 1000 rows`,
      from: 'transaction_controller_test.go TestTransactionsWithPageSize',
      ask: ask('pageSize=1001'),
      ...size(1000),
    },
    { section, what: `${name}: 1000 rows are allowed`, ask: ask('page_size=1000'), ...size(1000) },
    {
      section,
      what: `${name}: 0 rows mean ${name === 'balances' ? 'none' : '15'}`,
      ask: ask('pageSize=0'),
      ...size(name === 'balances' ? 0 : 15),
    },
    {
      section,
      what: `${name}: a page size that is no number`,
      ask: ask('pageSize=ten'),
      ...invalid("invalid 'pageSize' query param"),
    },
    {
      section,
      what: `${name}: a page size below 0, by its old name`,
      ask: ask('page_size=-1'),
      ...invalid("invalid 'page_size' query param"),
    },
  ] as const;
});

const places: readonly TableCase[] = [
  {
    section,
    what: 'transactions after an id begin below it',
    given: six,
    ask: 'GET /~/transactions?after=2',
    shows: { cursor: { data: [{ txid: 1 }, { txid: 0 }] } },
  },
  {
    section,
    what: 'an id that is the only match is shown though it is exclusive',
    given: six,
    ask: 'GET /~/transactions?after=3&account=a03',
    shows: { cursor: { data: [{ txid: 3 }] } },
    afterwards: [
      { ask: 'GET /~/transactions?after=3&account=a04', shows: { cursor: { data: [] } } },
      { ask: 'GET /~/transactions?after=3&account=a02', shows: { cursor: { data: [{ txid: 2 }] } } },
    ],
  },
  {
    section,
    what: 'an empty cursor and an empty page size are none',
    given: six,
    ask: 'GET /~/transactions?cursor=&pagination_token=&pageSize=&page_size=2',
    shows: { cursor: { pageSize: 2, data: [{ txid: 5 }, { txid: 4 }] } },
  },
  {
    section,
    what: 'an id 0 counts as none',
    given: six,
    ask: 'GET /~/transactions?after=0&pageSize=1',
    shows: { cursor: { data: [{ txid: 5 }] } },
  },
  {
    section,
    what: 'logs after an id begin below it',
    from: 'ledger_controller_test.go',
    given: [describe('accounts/a', {}), describe('accounts/b', {})],
    ask: 'GET /~/logs?after=1',
    shows: { cursor: { data: [{ id: 0 }] } },
  },
  {
    section,
    what: 'accounts after an address begin before it',
    given: six,
    ask: 'GET /~/accounts?after=a02',
    shows: { cursor: { data: [{ address: 'a01' }, { address: 'a00' }] } },
  },
  {
    section,
    what: 'balances after an address begin before it',
    from: 'balance_controller_test.go',
    given: six,
    ask: 'GET /~/balances?after=a01',
    shows: { cursor: { data: [{ a00: { USD: 1 } }] } },
  },
  {
    section,
    what: 'transactions after what is no id',
    ask: 'GET /~/transactions?after=x',
    ...invalid("invalid 'after' query param"),
  },
  {
    section,
    what: 'logs after what is no id',
    from: 'ledger_controller_test.go',
    ask: 'GET /~/logs?after=-1',
    ...invalid("invalid 'after' query param"),
  },
];

proveCases([...walks, ...understood, ...made, ...misuse, ...sizes, ...places]);
