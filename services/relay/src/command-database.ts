import type { Terminal } from '@daybook/config';
import { classify, createPool, type Pool } from '@daybook/postgres';
import type { RelaySettings } from './config.ts';

/** Runs a command's work on the database; a failure of it is said and ends with 1. */
export async function onDatabase(
  { values, terminal }: { readonly values: RelaySettings; readonly terminal: Terminal },
  work: (pool: Pool) => Promise<number>,
): Promise<number> {
  const pool = createPool(values.databaseUrl, { size: 1, applicationName: 'daybook-relay-command' });
  try {
    return await work(pool);
  } catch (error) {
    if (classify(error) === 'defect') throw error;
    terminal.note(`the database did not answer: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  } finally {
    await pool.end();
  }
}
