import type { Pool } from '@daybook/postgres';

/** Names a column of the newest migration that writes need, so a database that is not migrated as far counts as not ready. */
export const serverAnswersSql = `select exists (select from lane) as migrated
where not exists (select is_source from move where false)`;

/** The tables are there, but the lanes are not yet: another process is between the two. */
export class NoLanesError extends Error {
  override readonly name = 'NoLanesError';
}

/**
 * Resolves when the database answers and is migrated.
 *
 * @throws NoLanesError, or whatever pg throws
 */
export async function serverAnswers(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ migrated: boolean }>({ name: 'server-answers', text: serverAnswersSql });
  if (rows[0]?.migrated !== true) throw new NoLanesError('the database has no lanes: run `ledger migrate`');
}
