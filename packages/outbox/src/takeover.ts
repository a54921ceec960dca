import type { Pool } from '@daybook/postgres';
import type { Position } from './position.ts';
import type { StoredRow } from './read.ts';

/** What tells an outbox row from all others, without its body. */
export type RowIdentity = Pick<StoredRow, 'lane' | 'seq' | 'eventId' | 'type' | 'ledger' | 'eventSequence'>;

const identity = `lane, seq, event_id as "eventId", type, ledger, event_sequence as "eventSequence"`;

// Two bounded range scans of the primary key for each lane.
const rowsAroundSql = `
select r.* from unnest($1::smallint[], $2::bigint[]) as w (lane, seq)
cross join lateral (
  (select ${identity} from outbox o where o.lane = w.lane and o.seq > w.seq order by o.seq limit $3)
  union all
  (select ${identity} from outbox o where o.lane = w.lane and o.seq <= w.seq order by o.seq desc limit $4)
) r`;

/** The rows just above and just below positions, at most so many of each lane. */
export async function rowsAround(
  pool: Pool,
  positions: readonly Position[],
  { above, below }: { readonly above: number; readonly below: number },
): Promise<readonly RowIdentity[]> {
  const result = await pool.query<RowIdentity>({
    name: 'rows-around',
    text: rowsAroundSql,
    values: [positions.map(({ lane }) => lane), positions.map(({ seq }) => seq), above, below],
  });
  return result.rows;
}

const lastStatedSql = `
select extract(epoch from min(p.recorded_at))::float8 * 1000 as "atMs"
from unnest($1::smallint[]) as w (lane)
cross join lateral (
  select recorded_at from position where position.lane = w.lane order by position.seq desc limit 1
) p`;

/** When the oldest of the lanes' last positions was stated, in milliseconds by the database's clock; undefined when there is none. */
export async function lastStatedAtMs(pool: Pool, lanes: readonly number[]): Promise<number | undefined> {
  const result = await pool.query<{ atMs: number | null }>({
    name: 'last-stated',
    text: lastStatedSql,
    values: [lanes],
  });
  return result.rows[0]?.atMs ?? undefined;
}

const lanesOfLedgersSql = 'select name, lane from ledger where name = any($1)';

/** The lanes of ledgers; those that do not exist are left out. */
export async function lanesOfLedgers(pool: Pool, names: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const result = await pool.query<{ name: string; lane: number }>({
    name: 'lanes-of-ledgers',
    text: lanesOfLedgersSql,
    values: [names],
  });
  return new Map(result.rows.map(({ name, lane }) => [name, lane]));
}

/** Ledgers have no index here. So many rows of a lane are read in some 100 ms; all that retention keeps may be a thousand times as many. */
const headRowsMax = 20_000;

const ledgerHeadsSql = `
select ledger, max(event_sequence) as head
from (select ledger, event_sequence from outbox where lane = $1 order by seq desc limit ${headRowsMax}) r
where ledger = any($2) group by ledger`;

/** The last event sequences of ledgers of one lane; those without any among its last 20,000 rows are left out. */
export async function ledgerHeads(
  pool: Pool,
  lane: number,
  ledgers: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const result = await pool.query<{ ledger: string; head: number }>({
    name: 'ledger-heads',
    text: ledgerHeadsSql,
    values: [lane, ledgers],
  });
  return new Map(result.rows.map(({ ledger, head }) => [ledger, head]));
}
