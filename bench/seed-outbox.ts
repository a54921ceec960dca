import { makePartitions } from '@daybook/outbox';
import type { Pool } from '@daybook/postgres';
import { ledgers, sliceRows, users, type Backlog } from './backlog.ts';

const progressEveryMs = 2_000;

/** Rows that are written together. */
const rowsPerStatement = 200_000;

// The rows of `Backlog.slices()`, in their order, made where they are kept: ten million would take a quarter of an hour
// otherwise. Rows of a slice have one moment, as those of a batch have; it grows from slice to slice.
const fillSql = `
insert into outbox (lane, seq, at, event_id, type, ledger, event_sequence, key, headers, body)
select lane, index + 1, $5::timestamptz + make_interval(secs => slice / 1e3), gen_random_uuid(), 'COMMITTED_TRANSACTIONS', ledger,
  event_sequence, ledger, null,
  '{"date":"2026-01-01T00:00:00.123456Z","type":"COMMITTED_TRANSACTIONS","payload":{"transactions":[{"postings":'
  || '[{"source":"world","destination":"' || u.name || '","amount":100,"asset":"EUR/2"}],"reference":"order-' || txid
  || '","metadata":{"channel":"web"},"txid":' || txid || ',"timestamp":"2026-01-01T00:00:00Z"}],"volumes":{"' || u.name
  || '":{"EUR/2":{"input":100,"output":0}},"world":{"EUR/2":{"input":0,"output":' || event_sequence * 100
  || '}}}},"ledger":"' || ledger || '"}'
from (
  select slice, lane, in_slice
  from generate_series($1::bigint, $2::bigint) slice, generate_series(0, $3::int - 1) lane, generate_series(0, ${sliceRows - 1}) in_slice
  order by slice, lane, in_slice
) s
cross join lateral (select slice * ${sliceRows} + in_slice as index) i
cross join lateral (
  select 'bench-' || lane || '-' || index % $4::int as ledger, index / $4::int as txid, index / $4::int + 1 as event_sequence
) e
cross join lateral (select 'users:' || (txid * 7919) % ${users} as name) u`;

// The first moment: all are past, and of today, for which there is a partition.
const momentSql = `
select greatest(date_trunc('day', now()), now() - make_interval(secs => $1 / 1e3))::text as "firstAt"`;

/**
 * Fills the outbox of a migrated database with a backlog, and leaves it as a database at rest: vacuumed, analysed,
 * written to disk, so that no run pays for the filling.
 */
export async function seedOutbox(pool: Pool, backlog: Backlog, progress: (line: string) => void): Promise<void> {
  // Two days: the first row may come just before midnight, the last after it.
  await makePartitions(pool, 1);
  const { rows, lanes } = backlog;
  const slices = rows / lanes / sliceRows;
  const moments = await pool.query<{ firstAt: string }>(momentSql, [slices]);
  const slicesPerStatement = Math.max(1, Math.floor(rowsPerStatement / lanes / sliceRows));
  let reportedAtMs = performance.now();
  for (let first = 0; first < slices; first += slicesPerStatement) {
    const last = Math.min(slices, first + slicesPerStatement) - 1;
    await pool.query(fillSql, [first, last, lanes, ledgers / lanes, moments.rows[0]?.firstAt]);
    if (performance.now() - reportedAtMs > progressEveryMs) {
      progress(`filling the outbox: ${(last + 1) * lanes * sliceRows} of ${rows} rows`);
      reportedAtMs = performance.now();
    }
  }
  await pool.query('vacuum (analyze) outbox');
  await pool.query('checkpoint');
}
