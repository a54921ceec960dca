import { firstMomentMs, type ListSize } from './seed-lists.ts';

/** A page that is asked for. */
export interface ListQuery {
  /** Which list, for the report. */
  readonly list: 'transactions' | 'accounts' | 'balances' | 'logs' | 'aggregate/balances' | 'stats';
  /** The query string, without its question mark. */
  readonly query: string;
  /** How many rows of its page must come back: what was seeded says so. */
  readonly rows: number;
}

const page = 15;

/** Every list with every single filter: what is frequent, what is rare, what is only old, and what is not there. */
export function listQueries({ transactions, accounts }: ListSize): readonly ListQuery[] {
  const momentAt = (share: number) =>
    new Date(firstMomentMs + Math.floor(transactions * share) * 1_000).toISOString().replace('.000Z', 'Z');
  const user = 'users:0000001';
  const query = (list: ListQuery['list'], text: string, rows: number = page): ListQuery => ({
    list,
    query: text,
    rows,
  });
  return [
    query('transactions', ''),
    query('transactions', 'pageSize=100', 100),
    query('transactions', `after=${Math.floor(transactions / 2)}`),
    query('transactions', 'reference=order-1000', 1),
    query('transactions', `account=${user}`, atMost(transactions, accounts)),
    query('transactions', 'source=world'),
    query('transactions', 'destination=world', 0),
    query('transactions', 'account=users:*'),
    query('transactions', 'destination=shops:*:main'),
    query('transactions', 'account=users:00001..'),
    query('transactions', 'account=nobody:*', 0),
    query('transactions', `startTime=${momentAt(0.99)}`),
    query('transactions', `endTime=${momentAt(0.5)}`),
    query('transactions', `endTime=${momentAt(0.01)}`),
    query('transactions', 'metadata[channel]=web'),
    query('transactions', 'metadata[channel]=fax'),
    query('transactions', 'metadata[order]=o-5000', 1),
    query('transactions', 'metadata[shop.id]=115'),
    query('transactions', 'metadata[nothing]=x', 0),
    query('accounts', ''),
    query('accounts', `after=users:${String(Math.floor(accounts / 2)).padStart(7, '0')}`),
    query('accounts', `address=${user}`, 1),
    query('accounts', 'address=users:'),
    query('accounts', 'address=shops:.*'),
    query('accounts', 'metadata[tier]=basic'),
    query('accounts', 'metadata[tier]=gold', Math.min(page, Math.ceil(accounts / 1_000))),
    query('accounts', 'metadata[kyc.level]=3'),
    query('accounts', 'balance=0'),
    query('accounts', 'balance=0&balanceOperator=lt&balanceAsset=USD/2'),
    query('balances', ''),
    query('balances', `after=users:${String(Math.floor(accounts / 2)).padStart(7, '0')}`),
    query('balances', `address=${user}`, 1),
    query('balances', `address=${user},users:0000002`, 2),
    query('balances', 'address=users:'),
    query('logs', ''),
    query('logs', `after=${Math.floor(transactions / 2)}`),
    query('logs', `startTime=${momentAt(0.99)}`),
    query('logs', `endTime=${momentAt(0.5)}`),
    query('logs', `endTime=${momentAt(0.01)}`),
  ];
}

/** The first page of each list, and one from its middle. */
export function pages({ transactions, accounts }: ListSize): readonly ListQuery[] {
  const middle = Math.floor(transactions / 2);
  const middleAccount = `users:${String(Math.floor(accounts / 2)).padStart(7, '0')}`;
  return (
    [
      ['transactions', middle],
      ['accounts', middleAccount],
      ['balances', middleAccount],
      ['logs', middle],
    ] as const
  ).flatMap(([list, after]) => [
    { list, query: '', rows: page },
    { list, query: `after=${after}`, rows: page },
  ]);
}

/** What API.md says of them is that they scan: shown, and held against no target. */
export function scanningQueries(): readonly ListQuery[] {
  return [
    { list: 'accounts', query: 'address=*:*:main', rows: page },
    { list: 'accounts', query: 'balance=1000000000&balanceOperator=gt', rows: 0 },
    { list: 'transactions', query: 'account=.*777.*', rows: page },
    { list: 'aggregate/balances', query: '', rows: 1 },
    { list: 'stats', query: '', rows: 2 },
  ];
}

/** An account is the sender of every second transaction of a cycle as long as there are accounts, and the receiver of one of each. */
function atMost(transactions: number, accounts: number): number {
  return Math.min(page, Math.ceil(transactions / accounts));
}
