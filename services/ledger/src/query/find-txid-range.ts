import type { Pool } from '@daybook/postgres';
import { microsecondText, type Instant } from '../command/instant.ts';
import type { TransactionFilter, TxidRange } from './transaction-filter.ts';

/**
 * Whether a ledger's timestamps grow with its txids: none of its transactions was let into the past. Asked by ORDER BY, since for EXISTS,
 * which ignores it, the planner reads the transactions of all ledgers where those of another are past.
 */
export const isInOrderOfTime = `(
    select txid from transaction where ledger = $1 and is_past order by txid limit 1
  ) is null`;

/**
 * The first txid whose timestamp is not before a moment, found by halving: txids have no gaps, and timestamps grow with
 * them unless some were let into the past. Then there is no row. One index step per halving.
 */
export const findTxidAtSql = `with recursive halving (low, high) as (
  select 0::bigint, (select coalesce(max(txid) + 1, 0) from transaction where ledger = $1)
  where ${isInOrderOfTime}
  union all
  select
    case when probe.timestamp < $2::timestamptz then probe.txid + 1 else low end,
    case when probe.timestamp < $2::timestamptz then high else probe.txid end
  from halving
  cross join lateral (
    select txid, timestamp from transaction where ledger = $1 and txid = (low + high) / 2
  ) as probe
  where low < high
)
select low as txid from halving where low = high`;

async function findTxidAt(pool: Pool, ledger: number, moment: Instant | undefined): Promise<number | undefined> {
  if (moment === undefined) return undefined;
  const { rows } = await pool.query<{ txid: number }>({
    name: 'find-txid-at',
    text: findTxidAtSql,
    values: [ledger, microsecondText(moment)],
  });
  return rows[0]?.txid;
}

/** The range of txids outside of which no transaction lies within a filter's times. */
export async function findTxidRange(
  pool: Pool,
  ledger: number,
  { startTime, endTime }: Pick<TransactionFilter, 'startTime' | 'endTime'>,
): Promise<TxidRange> {
  const [first, beyond] = await Promise.all([findTxidAt(pool, ledger, startTime), findTxidAt(pool, ledger, endTime)]);
  return { min: first ?? 0, max: beyond === undefined ? Number.MAX_SAFE_INTEGER : beyond - 1 };
}
