import type { Pool } from '@daybook/postgres';
import type { LaneCursor, StoredRow } from './read.ts';

/** What tells whether a record is that of a row, without its body. */
export interface RowFacts extends Omit<StoredRow, 'headers' | 'body' | 'bytes'> {
  /** The first eight bytes, in hex, of the SHA-256 of key, line feed, type, line feed and body in UTF-8. */
  readonly digest: string;
}

// One forward range scan of the primary key in each partition that `at` leaves. Bodies are read and hashed by the server, so that a walk
// over all rows sends some 150 bytes for each rather than its body. MD5 would not do: a PostgreSQL in FIPS mode refuses it.
const rowFactsSql = `
select lane, seq, at, event_id as "eventId", type, ledger, event_sequence as "eventSequence", key,
  encode(substring(sha256(convert_to(key || E'\\n' || type || E'\\n' || body, 'UTF8')) from 1 for 8), 'hex') as digest
from outbox
where lane = $1 and seq > $2 and seq <= $3 and at >= $4::timestamptz
order by seq
limit $5`;

/** The next rows of a lane above the cursor and up to `untilSeq`, at most `limit`, by sequence. */
export async function readRowFacts(
  pool: Pool,
  cursor: LaneCursor,
  options: { readonly untilSeq: number; readonly limit: number },
): Promise<readonly RowFacts[]> {
  const result = await pool.query<RowFacts>({
    name: 'outbox-row-facts',
    text: rowFactsSql,
    values: [cursor.lane, cursor.seq, options.untilSeq, cursor.at, options.limit],
  });
  return result.rows;
}
