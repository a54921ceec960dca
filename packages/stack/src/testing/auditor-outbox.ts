import type { Findings } from './auditor-findings.ts';
import { groupBy, type OutboxEntry } from './auditor-history.ts';

/** Checks the outbox by itself: no hole in a lane, each ledger in one lane, its events numbered 1, 2, 3 … in that order. */
export function auditOutbox(
  outbox: readonly OutboxEntry[],
  { areLanesWhole }: { areLanesWhole: boolean },
  findings: Findings,
): void {
  const bySequence = outbox.toSorted((a, b) => a.lane - b.lane || a.seq - b.seq);
  for (const [lane, rows] of areLanesWhole ? groupBy(bySequence, (row) => row.lane) : []) {
    let last = (rows[0]?.seq ?? 1) - 1;
    for (const { seq } of rows) {
      if (seq !== last + 1) {
        findings.add('uneven', `lane ${lane} has ${seq} after ${last}`);
      }
      last = seq;
    }
  }
  for (const [ledger, rows] of groupBy(bySequence, (row) => row.ledger)) {
    const lanes = new Set(rows.map((row) => row.lane));
    if (lanes.size > 1) {
      findings.add('uneven', `${ledger} is in the lanes ${[...lanes].join(', ')}`);
      continue;
    }
    let last = 0;
    for (const { eventSequence } of rows) {
      if (eventSequence !== last + 1) {
        findings.add('uneven', `${ledger} has event ${eventSequence} after ${last}`);
      }
      last = eventSequence;
    }
  }
}
