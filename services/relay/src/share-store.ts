import {
  announceMembership,
  beat,
  handOver,
  heldKeys,
  joinRelays,
  laneIds,
  latestPositions,
  leaveRelays,
  listPauses,
  livingRelays,
  rowsSetAside,
  type Membership,
} from '@daybook/outbox';
import type { Pool } from '@daybook/postgres';
import type { LaneStart } from './owned-lane.ts';
import type { ShareStore } from './share.ts';

/** The share's view of the database. */
export function shareStore(
  pool: Pool,
  { id, takeOver }: { readonly id: string; readonly takeOver: ShareStore['takeOver'] },
): ShareStore {
  let membership: Membership | undefined;
  return {
    async join() {
      membership = await joinRelays(pool, id);
    },
    beat: async () => membership === undefined || (await beat(pool, membership)),
    living: async (deadAfterMs) => livingRelays(pool, deadAfterMs),
    lanes: async () => laneIds(pool),
    starts: async (lanes) => readStarts(pool, lanes),
    takeOver,
    announce: async () => announceMembership(pool),
    handOver: async (lanes) => handOver(pool, lanes),
    async leave() {
      if (membership !== undefined) await leaveRelays(pool, membership);
    },
  };
}

/** Positions first: a hold that one of them counts on was there before it, and is seen by the later look. */
async function readStarts(pool: Pool, lanes: readonly number[]): Promise<readonly LaneStart[]> {
  const positions = await latestPositions(pool, lanes);
  const [held, setAside, pauses] = await Promise.all([
    heldKeys(pool, lanes),
    rowsSetAside(pool, positions),
    listPauses(pool),
  ]);
  const heldByLane = Map.groupBy(held, ({ lane }) => lane);
  const setAsideByLane = Map.groupBy(setAside, ({ lane }) => lane);
  return positions.map((position) => ({
    position,
    held: heldByLane.get(position.lane) ?? [],
    setAside: (setAsideByLane.get(position.lane) ?? []).map(({ seq }) => seq),
    isPaused: pauses.some(
      ({ scope, target }) => scope === 'all' || (scope === 'lane' && Number(target) === position.lane),
    ),
  }));
}
