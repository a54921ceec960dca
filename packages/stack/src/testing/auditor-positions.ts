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

/**
 * Checks that a position never came before the acknowledgement: each row up to it was in the topic when it was recorded.
 *
 * @param records of a topic with LogAppendTime, whose broker has the database's clock
 */
export function auditPositions(
  positions: readonly RecordedPosition[],
  { records, outbox }: { records: readonly TopicRecord[]; outbox: readonly OutboxEntry[] },
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
    let next = 0;
    let lastAppendedAtMs = -Infinity;
    for (const { seq, recordedAtMs, relay } of ofLane.toSorted((a, b) => a.seq - b.seq)) {
      for (let row = rows[next]; row !== undefined && row.seq <= seq; row = rows[next]) {
        lastAppendedAtMs = Math.max(lastAppendedAtMs, appendedAtMs.get(row.eventId) ?? Infinity);
        next += 1;
      }
      if (lastAppendedAtMs > recordedAtMs) {
        findings.add('early-position', `lane ${lane}, ${seq} by ${relay}: ${lastAppendedAtMs - recordedAtMs} ms early`);
      }
    }
  }
}
