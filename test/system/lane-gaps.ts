import { groupBy, type OutboxEntry, type TopicRecord } from '../../packages/stack/src/testing/index.ts';

/** The longest that a lane stood still between two records while a row of it waited. */
export interface LaneGap {
  lane: number;
  gapMs: number;
  /** The row that waited. */
  seq: number;
}

/** A row with the moment of its commit, by the database's clock. */
export interface TimedRow extends Pick<OutboxEntry, 'lane' | 'seq' | 'eventId'> {
  committedAtMs: number;
}

/**
 * The longest gap between the append times of one lane's records, counted from when the later row was there.
 *
 * @param records of a topic with LogAppendTime, whose broker has the database's clock
 */
export function longestGap(records: readonly TopicRecord[], rows: readonly TimedRow[]): LaneGap {
  const appendedAtMs = new Map<string, number>();
  for (const { headers, timestampMs } of records) {
    const id = headers['id'] ?? '';
    appendedAtMs.set(id, Math.min(timestampMs, appendedAtMs.get(id) ?? Infinity));
  }
  let longest: LaneGap = { lane: -1, gapMs: 0, seq: 0 };
  for (const [lane, ofLane] of groupBy(rows, (row) => row.lane)) {
    let lastAtMs = -Infinity;
    for (const { seq, eventId, committedAtMs } of ofLane.toSorted((a, b) => a.seq - b.seq)) {
      const atMs = appendedAtMs.get(eventId) ?? Infinity;
      const gapMs = atMs - Math.max(lastAtMs, committedAtMs);
      if (gapMs > longest.gapMs) longest = { lane, gapMs: Math.round(gapMs), seq };
      lastAtMs = Math.max(lastAtMs, atMs);
    }
  }
  return longest;
}
