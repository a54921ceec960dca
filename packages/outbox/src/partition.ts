import { constraintOf, inTransaction, sqlstateOf, type Pool } from '@daybook/postgres';
import { takeOwnersRole } from './outbox-owner.ts';

const dayMs = 86_400_000;

/** A day of the outbox, `2026-11-23`, in UTC. */
export type Day = string;

function dayOf(at: Date): Day {
  return at.toISOString().slice(0, 10);
}

function dayAfter(day: Day, days: number): Day {
  return dayOf(new Date(Date.parse(`${day}T00:00:00Z`) + days * dayMs));
}

function partitionName(day: Day): string {
  return `outbox_${day.replaceAll('-', '')}`;
}

const partitionsSql = `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
where i.inhparent = 'outbox'::regclass`;

const databaseDaySql = `select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD') as day`;

/**
 * Makes one day's partition. The table is built apart and then attached, which takes a lock that neither writers nor
 * readers of the outbox wait for; creating it as a partition would.
 */
async function makePartition(pool: Pool, day: Day): Promise<void> {
  const name = partitionName(day);
  await inTransaction(pool, async (client) => {
    // Several ledgers make partitions at once: the first makes it, the others find it made.
    await client.query("select pg_advisory_xact_lock(hashtext('daybook_outbox_partition'))");
    // Only the outbox's owner may attach, and whoever owns the outbox must own its partitions, to take them out again.
    await takeOwnersRole(client);
    const existing = await client.query('select 1 from pg_class where oid = to_regclass($1)', [name]);
    if (existing.rowCount === 0) {
      // DDL takes no parameters; the name and both bounds are made of the digits of a date.
      await client.query(`create table ${name} (like outbox including defaults including constraints)`);
    }
    const attached = await client.query(`${partitionsSql} and c.relname = $1`, [name]);
    if (attached.rowCount === 0) {
      await client.query(
        `alter table outbox attach partition ${name} for values from ('${day}T00:00:00Z') to ('${dayAfter(day, 1)}T00:00:00Z')`,
      );
    }
  });
}

/**
 * Makes the outbox partitions of `from` and the `ahead` days after it where they are missing, and says which it made.
 * `from` is today by the database's clock unless given.
 */
export async function makePartitions(pool: Pool, ahead: number, from?: Day): Promise<Day[]> {
  const [existing, clock] = await Promise.all([
    pool.query<{ name: string }>(partitionsSql),
    pool.query<{ day: Day }>(databaseDaySql),
  ]);
  const names = new Set(existing.rows.map((row) => row.name));
  const first = from ?? clock.rows[0]?.day;
  if (first === undefined) throw new Error('the database did not tell its day');
  const missing = Array.from({ length: ahead + 1 }, (_, days) => dayAfter(first, days)).filter(
    (day) => !names.has(partitionName(day)),
  );
  for (const day of missing) await makePartition(pool, day);
  return missing;
}

/** Whether an insert failed because the outbox has no partition for its moment (check_violation, and no constraint). */
export function isMissingPartition(error: unknown): boolean {
  return sqlstateOf(error) === '23514' && constraintOf(error) === undefined;
}
