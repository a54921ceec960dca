import { readFileSync } from 'node:fs';
import { inTransaction, sqlstateOf, type Pool } from '@daybook/postgres';

/** Of role names, which take a suffix of seven characters and end at 63. Quoted by PostgreSQL all the same. */
export const rolePrefixPattern = /^[a-z][a-z0-9_]{0,39}$/;

/** Roles are the cluster's: another database may make or grant them at the same moment. */
const attemptsMax = 5;

/** unique_violation, duplicate_object, and internal_error: "tuple concurrently updated". */
const collisions: ReadonlySet<string | undefined> = new Set(['23505', '42710', 'XX000']);

/** Before roles.sql, which reads it. */
const setPrefixSql = "select set_config('daybook.roles', $1, true)";

/**
 * Makes the group roles `<prefix>_ledger`, `<prefix>_relay` and `<prefix>_outbox` where they are missing and gives them what they need, by
 * `roles.sql` in the folder of the migrations.
 *
 * @throws Error that names MIGRATE_ROLES where the user may not do so
 */
export async function grantRoles(pool: Pool, prefix: string, folder: string): Promise<void> {
  if (!rolePrefixPattern.test(prefix)) throw new TypeError(`MIGRATE_ROLES: ${JSON.stringify(prefix)} begins no role`);
  const sql = readFileSync(`${folder}/roles.sql`, 'utf8');
  for (let attempt = 1; ; attempt += 1) {
    try {
      await inTransaction(pool, async (client) => {
        await client.query(setPrefixSql, [prefix]);
        await client.query(sql);
      });
      return;
    } catch (error) {
      const state = sqlstateOf(error);
      if (state === '42501') throw notAllowed(prefix, error);
      if (attempt >= attemptsMax || !collisions.has(state)) throw error;
    }
  }
}

function notAllowed(prefix: string, cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new Error(
    `MIGRATE_ROLES: the user of DATABASE_URL may not make the roles ${prefix}_ledger, ${prefix}_relay and ${prefix}_outbox or grant to them: ` +
      `${reason}. It must own database and tables, and have CREATEROLE, or someone who has makes the roles first (docs/OPERATIONS.md#roles)`,
    { cause },
  );
}
