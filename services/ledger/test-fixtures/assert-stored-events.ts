import { assertEvent } from '@daybook/events/testing';
import type { Pool } from '@daybook/postgres';

/** Throws unless every event of the default format that a test left in its database fits its JSON Schema. */
export async function assertStoredEvents(pool: Pool): Promise<void> {
  const stored = await pool.query<{ body: string }>(`select body from outbox where ledger <> 'by-hand'`);
  for (const { body } of stored.rows) assertEvent('v1.4', body);
}
