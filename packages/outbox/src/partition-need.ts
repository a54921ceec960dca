import { sqlstateOf, type PoolClient } from '@daybook/postgres';

/** Why old rows are still needed. */
export type PartitionNeed = 'unpublished' | 'held' | 'parked' | 'replay';

/** From inclusive, to exclusive, as PostgreSQL writes moments. */
export interface Range {
  readonly from: string;
  readonly to: string;
}

/** The rows of one lane within a range. */
export interface LaneExtent {
  readonly lane: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly lastAt: string;
  readonly position: number;
  /** The lane has rows behind the range. */
  readonly goesOn: boolean;
}

// Four index steps for each lane, by ORDER BY also where the question is only whether there is a row: without it, or by EXISTS, which
// ignores it, the planner may read all rows for a lane that has none. Rows are looked for by their moment, which is what makes them rows
// of a partition; a relay may read the outbox, not its partitions by name.
const laneExtentsSql = `
select lane.id as lane, f.seq as "firstSeq", l.seq as "lastSeq", l.at as "lastAt", coalesce(p.seq, 0) as position,
  next.seq is not null as "goesOn"
from lane
cross join lateral (
  select seq from outbox
  where outbox.lane = lane.id and outbox.at >= $1::timestamptz and outbox.at < $2::timestamptz order by seq limit 1
) f
cross join lateral (
  select seq, at from outbox
  where outbox.lane = lane.id and outbox.at >= $1::timestamptz and outbox.at < $2::timestamptz order by seq desc limit 1
) l
left join lateral (
  select seq from outbox where outbox.lane = lane.id and outbox.at >= $2::timestamptz order by seq limit 1
) next on true
left join lateral (select seq from position where position.lane = lane.id order by seq desc limit 1) p on true
order by lane.id`;

/** What each lane has within the range; lanes without rows there are left out. */
export async function laneExtents(client: PoolClient, { from, to }: Range): Promise<readonly LaneExtent[]> {
  const result = await client.query<LaneExtent>({ name: 'lane-extents', text: laneExtentsSql, values: [from, to] });
  return result.rows;
}

// The rows of a key have no index of their own: this may read all rows of its lane in the range, but only where a held
// key is that old. Not prepared, so that it is planned for the keys that are held now.
const heldRowsSql = `
select exists (
  select from held h
  join outbox o on o.lane = h.lane and o.key = h.key and o.seq >= h.from_seq
  where h.at < $2::timestamptz and o.at >= $1::timestamptz and o.at < $2::timestamptz
) as found`;

async function hasHeldRows(client: PoolClient, { from, to }: Range): Promise<boolean> {
  try {
    const result = await client.query<{ found: boolean }>(heldRowsSql, [from, to]);
    return result.rows[0]?.found !== false;
  } catch (error) {
    // Not found out within the statement's time: then they may be there.
    if (sqlstateOf(error) === '57014') return true;
    throw error;
  }
}

const parkedRowsSql = `
select exists (
  select from parked where state in ('parked', 'retry') and at >= $1::timestamptz and at < $2::timestamptz
) as found`;

async function hasUndecidedRows(client: PoolClient, { from, to }: Range): Promise<boolean> {
  const result = await client.query<{ found: boolean }>({
    name: 'range-parked',
    text: parkedRowsSql,
    values: [from, to],
  });
  return result.rows[0]?.found !== false;
}

// What a replay is to send was turned into sequences when it was ordered.
const replayLanesSql = `
select l.lane, l.seq, l.until_seq as "untilSeq"
from replay_lane l join replay r on r.id = l.replay
where r.state = 'running' and l.seq < l.until_seq and l.at < $1::timestamptz`;

async function isReplayed(client: PoolClient, range: Range, extents: readonly LaneExtent[]): Promise<boolean> {
  const result = await client.query<{ lane: number; seq: number; untilSeq: number }>({
    name: 'range-replays',
    text: replayLanesSql,
    values: [range.to],
  });
  return result.rows.some(({ lane, seq, untilSeq }) =>
    extents.some((extent) => extent.lane === lane && extent.lastSeq > seq && extent.firstSeq <= untilSeq),
  );
}

/**
 * Why rows of the range are still needed; undefined when they are not. Positions were read with the extents, and before what is
 * asked here: a row that was set aside was written down as such before a position passed it, so nothing falls between.
 */
export async function needOf(
  client: PoolClient,
  range: Range,
  extents: readonly LaneExtent[],
): Promise<PartitionNeed | undefined> {
  if (extents.some(({ lastSeq, position }) => lastSeq > position)) return 'unpublished';
  if (await hasHeldRows(client, range)) return 'held';
  if (await hasUndecidedRows(client, range)) return 'parked';
  if (await isReplayed(client, range, extents)) return 'replay';
  return undefined;
}
