import type { Pool } from '@daybook/postgres';

/** A ledger and the lane that it keeps. */
export interface LedgerLane {
  readonly name: string;
  readonly lane: number;
}

// A page of the index of the unique name.
const ledgerLanesSql = 'select name, lane from ledger where name > $1 order by name limit $2';

/** The ledgers whose names come after `after`, by name. */
export async function readLedgerLanes(pool: Pool, after: string, limit: number): Promise<readonly LedgerLane[]> {
  const result = await pool.query<LedgerLane>({ name: 'ledger-lanes', text: ledgerLanesSql, values: [after, limit] });
  return result.rows;
}
