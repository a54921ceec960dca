import type { Pool } from '@daybook/postgres';

/** How much a seeded ledger holds. */
export interface ListSize {
  readonly transactions: number;
  /** Beside `world`. */
  readonly accounts: number;
}

/** Of the first transaction. Each of the others is a second behind the one before it. */
export const firstMomentMs = Date.UTC(2025, 0, 1);

// $1 the ledger, $2 how many transactions, $3 how many accounts.

const addressOf = (number: string) =>
  `case when ${number} % 10 = 0 then 'shops:' || lpad((${number})::text, 7, '0') || ':main' else 'users:' || lpad((${number})::text, 7, '0') end`;

/** Half of the transactions come from `world`, the others go between accounts at random. */
const planned = `(
  select n as txid, to_timestamp(${firstMomentMs / 1_000} + n) as at, (n * 7919) % 1000 + 1 as amount,
    case when n % 2 = 0 then 'world' else ${addressOf('(n * 48271 + 11) % $3')} end as source,
    ${addressOf('(n * 69621 + 7) % $3')} as destination
  from generate_series(0::bigint, $2 - 1) n
) as planned`;

const postings = `json_build_array(json_build_object('source', source, 'destination', destination, 'amount', amount, 'asset', 'USD/2'))`;

const volumes = (input: string, output: string) =>
  `json_build_object('USD/2', json_build_object('input', ${input}, 'output', ${output}, 'balance', ${input} - ${output}))`;

/** One account in ten is a shop, the others are users; one in ten has metadata. */
const accountsSql = `insert into account (ledger, address, metadata)
select $1::bigint, 'world', '{}' where $2::bigint > 0
union all
select $1, ${addressOf('n')}, case when n % 10 = 1
  then jsonb_build_object('tier', case when n % 1000 = 1 then 'gold' else 'basic' end, 'kyc', jsonb_build_object('level', n % 7))
  else '{}' end
from generate_series(0, $3::bigint - 1) n`;

/** One transaction in ten has a reference, one in five metadata, one in a thousand says \`fax\`. */
const transactionsSql = `insert into transaction
  (ledger, txid, timestamp, reference, postings, metadata, pre_commit_volumes, post_commit_volumes, is_past)
select $1::bigint, txid, at, case when txid % 10 = 0 then 'order-' || txid end, ${postings},
  case when txid % 5 = 0
    then jsonb_build_object('order', 'o-' || txid, 'channel', case when txid % 1000 = 0 then 'fax' else 'web' end, 'shop', jsonb_build_object('id', txid % 500))
    else '{}' end,
  json_build_object(source, ${volumes('0', '0')}, destination, ${volumes('0', '0')}),
  json_build_object(source, ${volumes('0', 'amount')}, destination, ${volumes('amount', '0')}), false
from ${planned}`;

const movesSql = `insert into move (ledger, account, asset, txid, input, output, is_source, is_destination)
select $1::bigint, account, 'USD/2', txid, sum(received) over earlier, sum(sent) over earlier, is_source, is_destination
from (
  select txid, account, sum(received) as received, sum(sent) as sent, bool_or(is_source) as is_source,
    bool_or(not is_source) as is_destination
  from ${planned}
  cross join lateral (
    values (source, 0, amount, true), (destination, amount, 0, false)
  ) as side (account, received, sent, is_source)
  group by txid, account
) as touched
window earlier as (partition by account order by txid)`;

/** One transaction in ten has metadata set on it, a minute later. */
const logsSql = `insert into log (ledger, id, type, data, hash, date, next_txid, last_event_sequence, event_count)
select $1::bigint, row_number() over (order by txid, place) - 1, type, data, repeat('0', 64),
  to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), txid + 1, row_number() over (order by txid, place), 1
from (
  select txid, 0 as place, 'NEW_TRANSACTION' as type, at,
    json_build_object('postings', ${postings}, 'reference', '', 'metadata', '{}'::json, 'timestamp', at, 'txid', txid) as data
  from ${planned}
  union all
  select txid, 1, 'SET_METADATA', at + interval '1 minute',
    json_build_object('targetType', 'TRANSACTION', 'targetId', txid, 'metadata', json_build_object('checked', true))
  from ${planned} where txid % 10 = 9
) as entries`;

const steps = {
  accounts: accountsSql,
  transactions: transactionsSql,
  moves: movesSql,
  logs: logsSql,
} as const;

/**
 * Fills an empty ledger by SQL, which is some hundred times as fast as by requests, and leaves the database as one at
 * rest: vacuumed and analysed. Hashes are zeros and there are no events, which no list reads.
 */
export async function seedLists(
  pool: Pool,
  ledger: number,
  { size, progress }: { readonly size: ListSize; readonly progress: (line: string) => void },
): Promise<void> {
  for (const [what, text] of Object.entries(steps)) {
    progress(`filling the ledger: ${what} …`);
    await pool.query(text, [ledger, size.transactions, size.accounts]);
  }
  progress('vacuuming …');
  await pool.query('vacuum (analyze)');
  await pool.query('checkpoint');
}
