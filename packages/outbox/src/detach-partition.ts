import type { PoolClient } from '@daybook/postgres';
import { asOwner, type OwnerAccess } from './outbox-owner.ts';
import { retentionMark, type Partition } from './partition-list.ts';
import type { Range } from './partition-need.ts';

/**
 * Takes a partition out of the outbox, in two statements that must not be in a transaction.
 *
 * What was seen on PostgreSQL 18.4 and 15.18 while another session held a snapshot open in which it had read the outbox: DETACH
 * CONCURRENTLY waits for that session, and meanwhile inserts and prepared reads of the outbox take 1 ms and attaching another
 * partition 4 ms, as without it. When it is given up, by lock_timeout, the detaching stays pending: new statements do not see the
 * partition, the old snapshot still does, and `finishDetaching` finds it. A snapshot that has not read the outbox is not waited
 * for here. A plain DETACH would be queued for, by writers and readers alike, for as long as that session lives.
 *
 * @throws PostgreSQL's error when a lock is not had in time, whichever state is left.
 */
export async function detachPartition(
  client: PoolClient,
  access: OwnerAccess,
  { name }: Partition,
  { from, to }: Range,
): Promise<void> {
  await asOwner(client, access, async () => {
    // DDL takes no parameters. The name was quoted and the moments were written by PostgreSQL.
    await client.query(`comment on table ${name} is '${retentionMark(from, to).replaceAll("'", "''")}'`);
    await client.query(`alter table outbox detach partition ${name} concurrently`);
  });
}

/**
 * Finishes a detaching that was cut short. Unlike the first try it waits for every snapshot of the database that is older, whatever it
 * has read, and meanwhile the attaching of new partitions waits behind it (seen: for all of the 2 s; inserts and reads do not). So the
 * session's statement_timeout must be below the ledger's patience for attaching, which is 5 s.
 *
 * @throws PostgreSQL's error when it is not done in time.
 */
export async function finishDetaching(client: PoolClient, access: OwnerAccess, { name }: Partition): Promise<void> {
  await asOwner(client, access, async () => {
    await client.query(`alter table outbox detach partition ${name} finalize`);
  });
}

const lastPositionsSql = `
select lane.id as lane, coalesce(p.seq, 0) as seq
from lane left join lateral (select seq from position where position.lane = lane.id order by seq desc limit 1) p on true`;

/**
 * Drops a detached partition, once more and for the last time only if each lane's position is beyond its rows: nothing is written to it
 * any more, so what is found now stays true. Otherwise attaches it again. False in that case.
 */
export async function dropDetached(client: PoolClient, access: OwnerAccess, partition: Partition): Promise<boolean> {
  const { name, from, to } = partition;
  await client.query('begin');
  try {
    const positions = await client.query<{ lane: number; seq: number }>(lastPositionsSql);
    if (access.kind === 'by-role') await client.query(`set local role ${access.owner}`);
    // So that nobody attaches it meanwhile.
    await client.query(`lock table ${name} in access exclusive mode`);
    const unpublished = await client.query(
      `select from unnest($1::smallint[], $2::bigint[]) as p (lane, seq)
       cross join lateral (select from ${name} o where o.lane = p.lane and o.seq > p.seq order by o.seq limit 1) o limit 1`,
      [positions.rows.map(({ lane }) => lane), positions.rows.map(({ seq }) => seq)],
    );
    const isPublished = unpublished.rowCount === 0;
    if (isPublished) await client.query(`drop table ${name}`);
    else {
      await client.query(`comment on table ${name} is null`);
      await client.query(`alter table outbox attach partition ${name} for values from ('${from}') to ('${to}')`);
    }
    await client.query('commit');
    return isPublished;
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}
