import type { Findings } from './auditor-findings.ts';
import { groupBy, type OutboxEntry, type TopicRecord } from './auditor-history.ts';

/** A row of the position table. */
export interface RecordedPosition {
  lane: number;
  seq: number;
  relay: string;
  /** By the database's clock, in milliseconds with a fraction. */
  recordedAtMs: number;
}

/** A key whose rows from a sequence on were set aside for a while, so that positions may have passed them. */
export interface RecordedHold {
  lane: number;
  key: string;
  fromSeq: number;
  sinceMs: number;
  untilMs: number;
}

/**
 * Checks that a position never came before the acknowledgement: each row up to it was in the topic when it was recorded,
 * or its key was held just then.
 *
 * @param records of a topic with LogAppendTime, whose broker has the database's clock
 */
export function auditPositions(
  positions: readonly RecordedPosition[],
  {
    records,
    outbox,
    holds,
  }: { records: readonly TopicRecord[]; outbox: readonly OutboxEntry[]; holds: readonly RecordedHold[] },
  findings: Findings,
): void {
  const appendedAtMs = new Map<string, number>();
  for (const { headers, timestampMs } of records) {
    const id = headers['id'] ?? '';
    appendedAtMs.set(id, Math.min(timestampMs, appendedAtMs.get(id) ?? Infinity));
  }
  const rowsOf = groupBy(outbox, (row) => row.lane);
  for (const [lane, ofLane] of groupBy(positions, (position) => position.lane)) {
    const rows = (rowsOf.get(lane) ?? []).sort((a, b) => a.seq - b.seq);
    const ofHolds = holds.filter((hold) => hold.lane === lane);
    const setAside: { row: OutboxEntry; atMs: number }[] = [];
    let next = 0;
    let lastAppendedAtMs = -Infinity;
    for (const { seq, recordedAtMs, relay } of ofLane.toSorted((a, b) => a.seq - b.seq)) {
      for (let row = rows[next]; row !== undefined && row.seq <= seq; row = rows[next]) {
        const atMs = appendedAtMs.get(row.eventId) ?? Infinity;
        if (holdsOf(ofHolds, row).length > 0) setAside.push({ row, atMs });
        else lastAppendedAtMs = Math.max(lastAppendedAtMs, atMs);
        next += 1;
      }
      const early = setAside.filter(({ row, atMs }) => {
        const isHeld = holdsOf(ofHolds, row).some(
          (hold) => hold.sinceMs <= recordedAtMs && recordedAtMs <= hold.untilMs,
        );
        return atMs > recordedAtMs && !isHeld;
      });
      const latestMs = Math.max(lastAppendedAtMs, ...early.map(({ atMs }) => atMs));
      if (latestMs > recordedAtMs) {
        findings.add('early-position', `lane ${lane}, ${seq} by ${relay}: ${latestMs - recordedAtMs} ms early`);
      }
    }
  }
}

/** The holds that a row was ever under. */
function holdsOf(holds: readonly RecordedHold[], { key, seq }: OutboxEntry): readonly RecordedHold[] {
  return holds.filter((hold) => hold.key === key && hold.fromSeq <= seq);
}
