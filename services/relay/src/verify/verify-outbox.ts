import {
  lagOf,
  laneFloors,
  laneIds,
  latestPositions,
  readHeldFacts,
  readLedgerLanes,
  readParkedFacts,
  readRowFacts,
  type HeldFacts,
  type LaneCursor,
  type LaneFloor,
  type LedgerLane,
  type ParkedFacts,
  type Position,
  type RowFacts,
} from '@daybook/outbox';
import type { Pool } from '@daybook/postgres';

/** What a verification asks of the database. */
export interface VerifyOutbox {
  lanes(): Promise<readonly number[]>;
  positions(lanes: readonly number[]): Promise<readonly Position[]>;
  /** The sequence of the last row of each lane. */
  heads(lanes: readonly number[]): Promise<ReadonlyMap<number, number>>;
  /** The sequence up to which the lanes' last rows were dropped. */
  floors(): Promise<readonly LaneFloor[]>;
  ledgers(): Promise<readonly LedgerLane[]>;
  setAside(): Promise<{ readonly parked: readonly ParkedFacts[]; readonly held: readonly HeldFacts[] }>;
  /** The next rows of a lane, up to and with `untilSeq`; none when there are no more. */
  rows(cursor: LaneCursor, untilSeq: number): Promise<readonly RowFacts[]>;
}

/** So many rows at a time: hashing the bodies of as many, each at the limit of an event, stays within the time of a statement. */
const rowsMax = 1_000;
const entriesMax = 10_000;

/** The outbox behind a pool. */
export function verifyOutbox(pool: Pool): VerifyOutbox {
  return {
    lanes: async () => laneIds(pool),
    positions: async (lanes) => latestPositions(pool, lanes),
    heads: async (lanes) => new Map((await lagOf(pool, lanes)).map(({ lane, head }) => [lane, head])),
    floors: async () => laneFloors(pool),
    ledgers: async () =>
      await allPages(
        async (last: LedgerLane | undefined) => readLedgerLanes(pool, last?.name ?? '', entriesMax),
        entriesMax,
      ),
    setAside: async () => ({
      parked: await allPages(
        async (last: ParkedFacts | undefined) => readParkedFacts(pool, last ?? { lane: -1, seq: 0 }, entriesMax),
        entriesMax,
      ),
      held: await allPages(
        async (last: HeldFacts | undefined) => readHeldFacts(pool, last ?? { lane: -1, key: '' }, entriesMax),
        entriesMax,
      ),
    }),
    rows: async (cursor, untilSeq) => readRowFacts(pool, cursor, { untilSeq, limit: rowsMax }),
  };
}

async function allPages<Entry>(
  next: (last: Entry | undefined) => Promise<readonly Entry[]>,
  limit: number,
): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  for (;;) {
    const page = await next(entries.at(-1));
    entries.push(...page);
    if (page.length < limit) return entries;
  }
}
