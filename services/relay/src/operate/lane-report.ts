import { renderTable } from '@daybook/config';
import { lagOf, laneIds, listPauses, livingRelays, setAsideByLane } from '@daybook/outbox';
import type { Pool } from '@daybook/postgres';
import { ownerOf } from '../rendezvous.ts';

/** A lane as operators see it. */
export interface LaneReport {
  readonly lane: number;
  /** The relay that it falls to; null while none lives. */
  readonly owner: string | null;
  readonly position: number;
  readonly head: number;
  /** The age of the oldest unpublished row, by the database's clock; 0 without one. */
  readonly lagSeconds: number;
  readonly isPaused: boolean;
  /** Rows that someone must decide about. */
  readonly parkedRows: number;
  readonly heldKeys: number;
}

/** All lanes, by id. */
export async function reportLanes(pool: Pool, deadAfterMs: number): Promise<readonly LaneReport[]> {
  const lanes = await laneIds(pool);
  const members = (await livingRelays(pool, deadAfterMs)).map(({ id }) => id);
  const pauses = await listPauses(pool);
  const setAside = new Map((await setAsideByLane(pool)).map((counts) => [counts.lane, counts]));
  const isAllPaused = pauses.some(({ scope }) => scope === 'all');
  const paused = new Set(pauses.filter(({ scope }) => scope === 'lane').map(({ target }) => Number(target)));
  return (await lagOf(pool, lanes)).map((lag) => ({
    ...lag,
    owner: ownerOf(lag.lane, members) ?? null,
    isPaused: isAllPaused || paused.has(lag.lane),
    parkedRows: setAside.get(lag.lane)?.parkedRows ?? 0,
    heldKeys: setAside.get(lag.lane)?.heldKeys ?? 0,
  }));
}

/** A table, and a line that sums it up. */
export function renderLanes(lanes: readonly LaneReport[]): string {
  const table = renderTable(
    ['lane', 'owner', 'position', 'head', 'waiting', 'lag', 'paused', 'parked', 'held keys'],
    lanes.map(({ lane, owner, position, head, lagSeconds, isPaused, parkedRows, heldKeys }) => [
      String(lane),
      owner ?? 'nobody',
      String(position),
      String(head),
      String(Math.max(0, head - position)),
      `${lagSeconds.toFixed(1)} s`,
      isPaused ? 'yes' : '',
      parkedRows === 0 ? '' : String(parkedRows),
      heldKeys === 0 ? '' : String(heldKeys),
    ]),
  );
  const waiting = lanes.reduce((sum, { head, position }) => sum + Math.max(0, head - position), 0);
  const relays = new Set(lanes.map(({ owner }) => owner).filter((owner) => owner !== null));
  return `${table}\n${lanes.length} lanes, ${relays.size} relays, ${waiting} rows waiting`;
}
