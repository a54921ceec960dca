import { classify, type Pool, type PoolClient } from '@daybook/postgres';
import { detachPartition, dropDetached, finishDetaching } from './detach-partition.ts';
import { ownerAccess, type OwnerAccess } from './outbox-owner.ts';
import { listPartitions, type Partition } from './partition-list.ts';
import { laneExtents, needOf, type LaneExtent, type PartitionNeed } from './partition-need.ts';

/**
 * Why an old partition is still there: its rows are needed, or `busy`: a lock was not had in time, most often since a session holds an
 * old snapshot; or `put-back`: rows that are not published were found after it was detached, so it was attached again. That cannot
 * happen by what we write.
 */
export type KeptReason = PartitionNeed | 'busy' | 'put-back';

export const keptReasons = [
  'unpublished',
  'held',
  'parked',
  'replay',
  'busy',
  'put-back',
] as const satisfies readonly KeptReason[];

export interface OldPartition {
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

export interface KeptPartition extends OldPartition {
  readonly reason: KeptReason;
}

/** What one round of retention came to. */
export type RetentionRound =
  | {
      readonly kind: 'done';
      /** How many are left, those that are being taken out included. */
      readonly partitions: number;
      readonly dropped: readonly OldPartition[];
      /** Old ones that are still there. */
      readonly kept: readonly KeptPartition[];
    }
  /** Another session is at it. */
  | { readonly kind: 'elsewhere' }
  /** PostgreSQL lets only the outbox's owner take partitions out. */
  | { readonly kind: 'not-owner'; readonly owner: string };

interface RetentionOptions {
  /** Partitions whose whole range is older are due. */
  readonly retentionDays: number;
  /** Ends the round before its next partition. */
  readonly signal?: AbortSignal;
}

// Each wait for a lock, and each statement as a whole. The second must stay below the 5 s for which a ledger waits to attach a
// partition, see `finishDetaching`; and both below a relay's patience with a silent database.
const sessionSql = `set lock_timeout = '2s'; set statement_timeout = '4s'`;

const lockSql = `select pg_try_advisory_lock(hashtext('daybook_outbox_retention')) as locked`;

/**
 * One round of retention: drops the partitions whose rows are all older than `retentionDays`, published, and needed by nobody. It
 * holds no lock that a batch or a reader waits for, waits itself for no more than some seconds, and leaves what it could not finish in
 * a state that the next round finds. Only one session at a time does it.
 *
 * @throws what PostgreSQL answers, but for locks that are not had in time.
 */
export async function dropOldPartitions(pool: Pool, options: RetentionOptions): Promise<RetentionRound> {
  const client = await pool.connect();
  try {
    await client.query(sessionSql);
    const lock = await client.query<{ locked: boolean }>(lockSql);
    if (lock.rows[0]?.locked !== true) return { kind: 'elsewhere' };
    const access = await ownerAccess(client);
    if (access.kind === 'refused') return { kind: 'not-owner', owner: access.owner };
    return await runRound(client, access, options);
  } finally {
    // The settings go with the session, and so would the lock, but only when the server has seen the end of it.
    await client.query('select pg_advisory_unlock_all()').catch(() => {});
    client.release(true);
  }
}

async function runRound(
  client: PoolClient,
  access: OwnerAccess,
  { retentionDays, signal }: RetentionOptions,
): Promise<RetentionRound> {
  const partitions = await listPartitions(client, retentionDays);
  const dropped: OldPartition[] = [];
  const kept: KeptPartition[] = [];
  // One detaching at a time is all that PostgreSQL allows, so what is pending goes first.
  const isPending = ({ state }: Partition) => state === 'detaching';
  const due = partitions.filter(({ isOld, state }) => isOld || state !== 'attached');
  let isBlocked = false;
  let released = 0;
  for (const partition of [...due.filter(isPending), ...due.filter((other) => !isPending(other))]) {
    if (signal?.aborted === true) break;
    const { name, from, to } = partition;
    if (from === null || to === null) continue;
    const old = { name, from, to };
    const outcome =
      isBlocked && partition.state === 'attached' ? 'busy' : await takeOut(client, access, partition, old);
    if (outcome === 'busy' && partition.state !== 'detached') isBlocked = true;
    if (outcome === 'dropped') dropped.push(old);
    else if (outcome === 'released') released += 1;
    else kept.push({ ...old, reason: outcome });
  }
  return { kind: 'done', partitions: partitions.length - dropped.length - released, dropped, kept };
}

/** `released`: detached by someone else, so it stays, as a table of theirs. */
async function takeOut(
  client: PoolClient,
  access: OwnerAccess,
  partition: Partition,
  range: OldPartition,
): Promise<KeptReason | 'dropped' | 'released'> {
  try {
    switch (partition.state) {
      case 'attached': {
        const extents = await laneExtents(client, range);
        const need = await needOf(client, range, extents);
        if (need !== undefined) return need;
        await raiseFloors(client, extents);
        await detachPartition(client, access, partition, range);
        break;
      }
      case 'detaching':
        await finishDetaching(client, access, partition);
        if (!partition.isMarked) return 'released';
        break;
      case 'detached':
        break;
    }
    return (await dropDetached(client, access, partition)) ? 'dropped' : 'put-back';
  } catch (error) {
    if (classify(error) !== 'busy') throw error;
    return 'busy';
  }
}

// Only upwards, and never above a lane's head: whoever finds no row left goes on behind the last one.
const raiseFloorSql = `
update lane set floor_seq = $2, floor_at = greatest(floor_at, $3::timestamptz) where id = $1 and floor_seq < $2`;

/**
 * Before a lane's last rows go, its floor takes their place as its head. One lane at a time: a statement that waits for a lane with the
 * locks of others would keep their batches waiting too. A batch that read the old floor has ended when this has got the lane's lock.
 */
async function raiseFloors(client: PoolClient, extents: readonly LaneExtent[]): Promise<void> {
  for (const { lane, lastSeq, lastAt } of extents.filter(({ goesOn }) => !goesOn)) {
    await client.query({ name: 'raise-floor', text: raiseFloorSql, values: [lane, lastSeq, lastAt] });
  }
}
