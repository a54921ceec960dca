import { createPool, type Pool } from '@daybook/postgres';
import { createDatabase, type TestDatabase } from '@daybook/stack/testing';
import { assert, asyncProperty, constant, constantFrom, integer, oneof, option, record } from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseInstant } from '../command/instant.ts';
import { migrate } from '../migrate.ts';
import { balanceOperators, type AccountFilter } from './account-filter.ts';
import { filterOfAccounts, filterOfPostings } from './address-filter.ts';
import { countAccounts } from './count-accounts.ts';
import { countMatchingTransactions } from './count-matching-transactions.ts';
import { listAccounts } from './list-accounts.ts';
import { listBalances } from './list-balances.ts';
import { listLogs } from './list-logs.ts';
import { listTransactions } from './list-transactions.ts';
import { metadataFilter } from './metadata-filter.ts';
import type { TransactionFilter } from './transaction-filter.ts';

// Lists look among the newest rows first and then by index; so there are more rows than they look at first, and kinds of
// each that are frequent, rare, only old and absent. Every answer is held against all rows, filtered in memory.

interface StoredTransaction {
  readonly txid: number;
  readonly timestamp: string;
  readonly reference: string | null;
  readonly postings: readonly { source: string; destination: string; amount: number; asset: string }[];
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly isPast: boolean;
}

const transactionCount = 6_000;
const ledger = { sorted: 1, unsorted: 2 } as const;
const channels = ['web', 'app', 42, true, null, '42'];

let database: TestDatabase;
let pool: Pool;

/** The same transactions in both ledgers but for their times: in the second some lie before those before them. */
function storedIn(ledgerId: number): readonly StoredTransaction[] {
  let last = '';
  return Array.from({ length: transactionCount }, (_, txid) => {
    const isBack = ledgerId === ledger.unsorted && txid % 97 === 50;
    const seconds = isBack ? txid - 40 : txid - (txid % 3);
    const timestamp = new Date(Date.UTC(2025, 0, 1) + seconds * 1_000).toISOString();
    const isPast = timestamp < last;
    last = timestamp;
    const user = `users:${String((txid * 7_919) % 900).padStart(3, '0')}`;
    const old = txid < 500 ? `old:${String(txid % 300).padStart(3, '0')}` : user;
    const postings = [
      { source: txid % 4 === 0 ? user : 'world', destination: old, amount: txid % 5, asset: 'USD' },
      ...(txid % 10 === 0
        ? [{ source: 'world', destination: `shops:${txid % 7}:fees`, amount: 3, asset: 'EUR/2' }]
        : []),
      ...(txid % 1_000 === 1 ? [{ source: 'world', destination: 'rare', amount: 1, asset: 'EUR/2' }] : []),
    ];
    const metadata = {
      ...(txid % 3 === 0 && { channel: channels[txid % channels.length] }),
      ...(txid % 1_500 === 0 && { order: { id: `o-${txid}`, lines: ['a', { n: 1 }] } }),
      ...(txid < 100 && { era: 'old' }),
    };
    return { txid, timestamp, reference: txid % 100 === 0 ? `r-${txid}` : null, postings, metadata, isPast };
  });
}

async function store(ledgerId: number): Promise<void> {
  const rows = storedIn(ledgerId);
  await pool.query(
    `insert into transaction (ledger, txid, timestamp, reference, postings, metadata, pre_commit_volumes, post_commit_volumes, is_past)
    select $1, txid, timestamp, reference, postings, metadata, '{}', '{}', "isPast"
    from json_to_recordset($2) as r (txid bigint, timestamp timestamptz, reference text, postings json, metadata jsonb, "isPast" boolean)`,
    [ledgerId, JSON.stringify(rows)],
  );
  const volumes = new Map<string, { input: number; output: number }>();
  const moves = rows.flatMap(({ txid, postings }) => {
    const touched = new Map<string, { account: string; asset: string; is_source: boolean; is_destination: boolean }>();
    for (const { source, destination, amount, asset } of postings) {
      for (const [account, side] of [
        [source, 'output'],
        [destination, 'input'],
      ] as const) {
        const key = `${account} ${asset}`;
        const now = volumes.get(key) ?? { input: 0, output: 0 };
        volumes.set(key, { ...now, [side]: now[side] + amount });
        const flags = touched.get(key) ?? { account, asset, is_source: false, is_destination: false };
        touched.set(key, {
          ...flags,
          is_source: flags.is_source || side === 'output',
          is_destination: flags.is_destination || side === 'input',
        });
      }
    }
    return [...touched].map(([key, flags]) => ({ txid, ...flags, ...volumes.get(key) }));
  });
  await pool.query(
    `insert into move (ledger, account, asset, txid, input, output, is_source, is_destination)
    select $1, account, asset, txid, input, output, is_source, is_destination
    from json_to_recordset($2) as r (account text, asset text, txid bigint, input numeric, output numeric, is_source boolean, is_destination boolean)`,
    [ledgerId, JSON.stringify(moves)],
  );
  await pool.query(
    `insert into account (ledger, address, metadata)
    select ledger, account, case right(account, 1) when '7' then '{"tier": "gold", "kyc": {"level": 3}}'
      when '8' then '{"tier": "basic"}' else '{}' end::jsonb
    from move where ledger = $1 group by ledger, account
    union all select $1, 'only:metadata', '{"tier": "none"}'`,
    [ledgerId],
  );
  await pool.query(
    `insert into log (ledger, id, type, data, hash, date, next_txid, last_event_sequence, event_count)
    select $1, row_number() over (order by txid, place) - 1, type, '{}', repeat('0', 64),
      to_char(timestamp, case when txid % 2 = 0 then 'YYYY-MM-DD"T"HH24:MI:SS"Z"' else 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"' end), txid + 1, 1, 1
    from (
      select txid, timestamp + case when txid % 2 = 1 then interval '250 ms' else interval '0' end as timestamp,
        'NEW_TRANSACTION' as type, 0 as place
      from transaction where ledger = $1
      union all
      select txid, timestamp + interval '30 s', 'SET_METADATA', 1 from transaction where ledger = $1 and txid % 11 = 0
    ) as dated`,
    [ledgerId],
  );
}

beforeAll(async () => {
  database = await createDatabase({ migrate: async (url) => await migrate(url, { lanes: 64 }) });
  pool = createPool(database.databaseUrl, { size: 2, applicationName: 'lists test' });
  await store(ledger.sorted);
  await store(ledger.unsorted);
  await pool.query('analyze');
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

const addressTexts = [
  undefined,
  'world',
  'rare',
  'users:001',
  'users:*',
  'users:.*',
  '*',
  'old:*',
  'old:00*',
  'old:(001|299)',
  'shops:*:fees',
  'shops:3:.*',
  'nobody',
  'users',
  '.*7',
];
const addressText = constantFrom(...addressTexts);
const metadata = constantFrom(
  [],
  [['channel', 'web']],
  [['channel', '42']],
  [['channel', 'true']],
  [['channel', 'null']],
  [['order.id', 'o-1500']],
  [['order.lines.0', 'a']],
  [['order.lines.1.n', '1']],
  [['order.lines.+0', 'a']],
  [['order.lines', '["a", {"n": 1}]']],
  [['era', 'old']],
  [['era', 'new']],
  [
    ['era', 'old'],
    ['channel', 'app'],
  ],
);
const second = option(integer({ min: -5, max: transactionCount + 5 }), { nil: undefined, freq: 2 });
const query = record({
  ledgerId: constantFrom(ledger.sorted, ledger.unsorted),
  account: oneof({ weight: 3, arbitrary: constant(undefined) }, addressText),
  source: oneof({ weight: 3, arbitrary: constant(undefined) }, addressText),
  destination: oneof({ weight: 3, arbitrary: constant(undefined) }, addressText),
  reference: constantFrom(undefined, undefined, undefined, 'r-100', 'none'),
  metadata,
  start: second,
  end: second,
  txidMax: constantFrom(Number.MAX_SAFE_INTEGER, transactionCount - 1, 3_000, 99, 0),
  limit: constantFrom(1, 5, 17),
});

function momentAt(seconds: number | undefined) {
  if (seconds === undefined) return undefined;
  return parseInstant(new Date(Date.UTC(2025, 0, 1) + seconds * 1_000).toISOString());
}

/** v1's rule for an address of a posting, in JavaScript's regular expressions. */
function matchesPosting(text: string | undefined, address: string): boolean {
  if (text === undefined) return true;
  if (!/^(?:\w+|\*|\.\*)(?::(?:\w+|\*|\.\*))*$/.test(text)) return new RegExp(`^${text}$`).test(address);
  const segments = address.split(':');
  const wanted = text.split(':');
  return (
    wanted.length === segments.length && wanted.every((part, place) => /\*/.test(part) || part === segments[place])
  );
}

function matchesMetadata(wanted: readonly (readonly string[])[], stored: unknown): boolean {
  return wanted.every(([key = '', value]) => {
    let found: unknown = stored;
    for (const given of key.split('.')) {
      // PostgreSQL reads the place in an array as a number, a sign and all.
      const part = Array.isArray(found) ? given.replace('+', '') : given;
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- arrays and objects alike are indexed by text
      found = typeof found === 'object' && found !== null ? (found as Record<string, unknown>)[part] : undefined;
    }
    if (found === undefined || found === null) return false;
    return (typeof found === 'object' ? '["a", {"n": 1}]' : JSON.stringify(found).replaceAll('"', '')) === value;
  });
}

const filtersOf = (wanted: readonly (readonly string[])[]) =>
  wanted.map(([key = '', value = '']) => metadataFilter(key, value));

const runs = { numRuns: 400 };

describe('a list by any filters shows what holds, newest first', () => {
  const stored = { [ledger.sorted]: storedIn(ledger.sorted), [ledger.unsorted]: storedIn(ledger.unsorted) };

  it('of transactions, and its count', async () => {
    await assert(
      asyncProperty(query, async (asked) => {
        const { ledgerId, account, source, destination, reference, start, end, txidMax, limit } = asked;
        const pattern = (text: string | undefined) => (text === undefined ? undefined : filterOfPostings(text));
        const filter: TransactionFilter = {
          reference,
          account: pattern(account),
          source: pattern(source),
          destination: pattern(destination),
          startTime: momentAt(start),
          endTime: momentAt(end),
          metadata: filtersOf(asked.metadata),
        };
        const matching = stored[ledgerId].filter(
          (row) =>
            (reference === undefined || row.reference === reference) &&
            row.postings.some(
              (posting) =>
                (matchesPosting(account, posting.source) || matchesPosting(account, posting.destination)) &&
                matchesPosting(source, posting.source) &&
                matchesPosting(destination, posting.destination),
            ) &&
            (start === undefined || Date.parse(row.timestamp) >= Date.UTC(2025, 0, 1) + start * 1_000) &&
            (end === undefined || Date.parse(row.timestamp) < Date.UTC(2025, 0, 1) + end * 1_000) &&
            matchesMetadata(asked.metadata, row.metadata),
        );
        const page = matching.filter(({ txid }) => txid <= txidMax).toReversed();
        const found = await listTransactions(pool, ledgerId, { filter, txidMax, limit });
        expect(found.map(({ key }) => key)).toEqual(page.slice(0, limit).map(({ txid }) => txid));
        expect(await countMatchingTransactions(pool, ledgerId, filter)).toBe(matching.length);
      }),
      runs,
    );
  });

  it('of logs', async () => {
    const { rows } = await pool.query<{ ledger: number; id: number; date: string }>('select ledger, id, date from log');
    await assert(
      asyncProperty(query, async ({ ledgerId, start, end, txidMax, limit }) => {
        const filter = { startTime: momentAt(start), endTime: momentAt(end) };
        const within = rows
          .filter((row) => row.ledger === ledgerId && row.id <= txidMax)
          .filter(({ date }) => start === undefined || Date.parse(date) >= Date.UTC(2025, 0, 1) + start * 1_000)
          .filter(({ date }) => end === undefined || Date.parse(date) < Date.UTC(2025, 0, 1) + end * 1_000)
          .map(({ id }) => id)
          .toSorted((a, b) => b - a);
        const found = await listLogs(pool, ledgerId, { filter, idMax: txidMax, limit });
        expect(found.map(({ key }) => key)).toEqual(within.slice(0, limit));
      }),
      runs,
    );
  });

  it('of accounts and of balances, and their count', async () => {
    const accounts = await pool.query<{ address: string; metadata: string }>(
      'select address, metadata from account where ledger = $1 order by address desc',
      [ledger.sorted],
    );
    const moves = await pool.query<{ account: string; asset: string; balance: string }>(
      `select distinct on (account, asset) account, asset, input - output as balance
      from move where ledger = $1 order by account, asset, txid desc`,
      [ledger.sorted],
    );
    const held = Map.groupBy(moves.rows, ({ account }) => account);
    const asked = record({
      address: constantFrom(
        undefined,
        'world',
        'users:001',
        'users:',
        'users:*',
        'users',
        'u',
        'shops:*:fees',
        'shops:.*',
        '.*',
        'old:0.1',
        'us.*',
        'nobody',
        ':',
        's:*',
        'shops:^[34]$:fees',
        'only:metadata',
      ),
      metadata: constantFrom([], [['tier', 'gold']], [['kyc.level', '3']], [['tier', 'none']], [['tier', 'x']]),
      balance: option(
        record({
          balance: constantFrom('0', '5', '-1', '100', '9223372036854775807'),
          operator: constantFrom(...balanceOperators),
          asset: constantFrom(undefined, 'USD', 'EUR/2', 'NONE'),
        }),
        { nil: undefined },
      ),
      below: constantFrom(undefined, 'users:500', 'old:100', 'a'),
      offset: constantFrom(0, 0, 3, 500),
      limit: constantFrom(1, 16),
    });
    await assert(
      asyncProperty(asked, async ({ address, metadata: wanted, balance, below, offset, limit }) => {
        const filter: AccountFilter = {
          address: address === undefined ? undefined : filterOfAccounts(address),
          metadata: filtersOf(wanted),
          balance,
        };
        const named = accounts.rows.filter((row) => matchesAccount(address, row.address));
        const known = named.filter((row) => matchesMetadata(wanted, JSON.parse(row.metadata)));
        const rich = known.filter(
          (row) =>
            balance === undefined ||
            held
              .get(row.address)
              ?.some((pair) => (balance.asset ?? pair.asset) === pair.asset && compares(pair.balance, balance)) ===
              true,
        );
        const slice = { below, offset, limit };
        const shown = <Row extends { address: string }>(rows: readonly Row[]) =>
          rows.filter((row) => below === undefined || row.address < below).slice(offset, offset + limit);
        const listed = await listAccounts(pool, ledger.sorted, { filter, slice });
        expect(listed.map(({ key }) => key)).toEqual(shown(rich).map((row) => row.address));
        expect(await countAccounts(pool, ledger.sorted, filter)).toBe(known.length);

        const balances = await listBalances(pool, ledger.sorted, { selection: filter.address, slice });
        expect(balances.map(({ key, text }) => [key, JSON.parse(text ?? '')])).toEqual(
          shown(named.filter((row) => held.has(row.address))).map(({ address: key }) => [
            key,
            { [key]: Object.fromEntries(held.get(key)?.map((pair) => [pair.asset, Number(pair.balance)]) ?? []) },
          ]),
        );
      }),
      runs,
    );
  });
});

function compares(held: string, { balance, operator }: NonNullable<AccountFilter['balance']>): boolean {
  const [left, right] = [BigInt(held), BigInt(balance)];
  const answers = {
    e: left === right,
    ne: left !== right,
    gt: left > right,
    gte: left >= right,
    lt: left < right,
    lte: left <= right,
  };
  return answers[operator];
}

/** v1's rule for an address of a list of accounts, segment by segment. */
function matchesAccount(text: string | undefined, address: string): boolean {
  if (text === undefined) return true;
  const wanted = text.split(':');
  const segments = address.split(':');
  if (!text.endsWith('.*') && wanted.length !== segments.length) return false;
  return wanted.every((part, place) => {
    if (part === '' || part === '*' || part === '.*') return true;
    const segment = segments[place];
    if (segment === undefined) return false;
    return /^\w+$/.test(part) ? part === segment : new RegExp(part).test(segment);
  });
}
