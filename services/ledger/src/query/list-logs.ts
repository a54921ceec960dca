import type { Pool } from '@daybook/postgres';
import { instantText, microsecondText, truncateToMicrosecond, type Instant } from '../command/instant.ts';
import { boundedPage, type PageRow } from './bounded-page.ts';
import { isInOrderOfTime } from './find-txid-range.ts';
import { firstRows } from './first-rows.ts';

const page = (rows: string) =>
  boundedPage(rows, {
    key: 'id',
    text: `concat('{"id":', id, ',"type":"', type, '","data":', data, ',"hash":"', hash, '","date":"', date, '"}')`,
  });

/** Part of the primary key read backwards: as many index steps as rows. */
export const listNewestLogsSql = page(
  firstRows(`select id, type, data, hash, date
  from log
  where ledger = (select $1::bigint) and id <= (select $2::bigint)
  order by id desc`),
);

/** Dates as text without their Z sort as time does. */
const isWithin = `rtrim(date, 'Z') collate "C" >= $2 and rtrim(date, 'Z') collate "C" < $3`;

/**
 * Logs of transactions are a range of ids ($4, $5) when timestamps grow with txids; those of metadata have an index by
 * date, which alone is read.
 */
export const listLogsWithinSql = page(`select log.*
from (
  (
    select id from log
    where ledger = $1 and type = 'NEW_TRANSACTION' and ${isWithin} and id between $4 and $5 and id <= $6
    order by id desc
    limit $7
  )
  union all
  (
    select id from log
    where ledger = $1 and type = 'SET_METADATA' and ${isWithin} and id <= $6
    order by id desc
    limit $7
  )
  order by id desc
  limit $7
) as newest
join log on log.ledger = $1 and log.id = newest.id
order by log.id desc`);

/**
 * The first log behind which the ledger's last transaction is not before a moment, found by halving. No row where a
 * transaction was let into the past.
 */
export const findLogAtSql = `with recursive halving (low, high) as (
  select 0::bigint, (select coalesce(max(id) + 1, 0) from log where ledger = $1)
  where ${isInOrderOfTime}
  union all
  select
    case when probe.is_before then probe.id + 1 else low end,
    case when probe.is_before then high else probe.id end
  from halving
  cross join lateral (
    select id, coalesce(
      (select timestamp < $2::timestamptz from transaction where ledger = $1 and txid = log.next_txid - 1), true
    ) as is_before
    from log
    where ledger = $1 and id = (low + high) / 2
  ) as probe
  where low < high
)
select low as id from halving where low = high`;

/** Which logs are asked for. */
export interface LogFilter {
  /** Inclusive. */
  readonly startTime: Instant | undefined;
  /** Exclusive. */
  readonly endTime: Instant | undefined;
}

/** The newest logs from `idMax` down whose dates lie within a filter's times. */
export async function listLogs(
  pool: Pool,
  ledger: number,
  { filter, idMax, limit }: { readonly filter: LogFilter; readonly idMax: number; readonly limit: number },
): Promise<readonly PageRow<number>[]> {
  const { startTime, endTime } = filter;
  if (startTime === undefined && endTime === undefined) {
    const values = [ledger, idMax, limit];
    return (await pool.query<PageRow<number>>({ name: 'list-newest-logs', text: listNewestLogsSql, values })).rows;
  }
  const [first, beyond] = await Promise.all([findLogAt(pool, ledger, startTime), findLogAt(pool, ledger, endTime)]);
  const values = [
    ledger,
    dateBound(startTime) ?? '',
    dateBound(endTime) ?? beyondDates,
    first ?? 0,
    beyond === undefined ? Number.MAX_SAFE_INTEGER : beyond - 1,
    idMax,
    limit,
  ];
  return (await pool.query<PageRow<number>>(listLogsWithinSql, values)).rows;
}

/** Behind every date. */
const beyondDates = ':';

function dateBound(moment: Instant | undefined): string | undefined {
  return moment === undefined ? undefined : instantText(truncateToMicrosecond(moment)).slice(0, -1);
}

async function findLogAt(pool: Pool, ledger: number, moment: Instant | undefined): Promise<number | undefined> {
  if (moment === undefined) return undefined;
  const values = [ledger, microsecondText(moment)];
  const { rows } = await pool.query<{ id: number }>({ name: 'find-log-at', text: findLogAtSql, values });
  return rows[0]?.id;
}
