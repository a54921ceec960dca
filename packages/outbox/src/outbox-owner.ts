import { sqlstateOf, type PoolClient } from '@daybook/postgres';

/**
 * What PostgreSQL lets only the outbox's owner do, a session does in the owner's role. `as-is`: it has the owner's rights already.
 * `by-role`: it may take the role on. `refused`: it may not.
 */
export interface OwnerAccess {
  readonly kind: 'as-is' | 'by-role' | 'refused';
  /** As SQL wants it, quoted where needed. */
  readonly owner: string;
}

const ownerSql = `
select relowner::regrole::text as owner, pg_has_role(current_user, relowner, 'USAGE') as "isOwn"
from pg_class where oid = 'outbox'::regclass`;

/** How this session comes by the rights of the outbox's owner. */
export async function ownerAccess(client: PoolClient): Promise<OwnerAccess> {
  const result = await client.query<{ owner: string; isOwn: boolean }>(ownerSql);
  const [found] = result.rows;
  if (found === undefined) throw new Error('the outbox has no owner');
  const { owner, isOwn } = found;
  if (isOwn) return { kind: 'as-is', owner };
  // Whether a role may be taken on is asked in other words before PostgreSQL 16 than since, so it is tried.
  try {
    await client.query(`set role ${owner}`);
    await client.query('reset role');
    return { kind: 'by-role', owner };
  } catch (error) {
    if (sqlstateOf(error) !== '42501') throw error;
    return { kind: 'refused', owner };
  }
}

/** Runs `work` with the rights of the outbox's owner. Not within a transaction: that one takes the role on with `set local role`. */
export async function asOwner<Result>(
  client: PoolClient,
  access: OwnerAccess,
  work: () => Promise<Result>,
): Promise<Result> {
  if (access.kind !== 'by-role') return await work();
  await client.query(`set role ${access.owner}`);
  try {
    return await work();
  } finally {
    await client.query('reset role');
  }
}

const otherOwnerSql = `
select relowner::regrole::text as owner from pg_class
where oid = 'outbox'::regclass and relowner <> current_user::regrole`;

/** For the rest of a transaction its session is the outbox's owner, so that what it makes belongs to that role. */
export async function takeOwnersRole(client: PoolClient): Promise<void> {
  const result = await client.query<{ owner: string }>(otherOwnerSql);
  const [found] = result.rows;
  if (found !== undefined) await client.query(`set local role ${found.owner}`);
}
