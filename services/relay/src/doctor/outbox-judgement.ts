import type { LaneAhead, PartitionBounds } from '@daybook/outbox';
import { fail, ok, warn, worstOf, type Finding } from './check.ts';
import { listOf } from './server-judgement.ts';

const dayMs = 86_400_000;

/** Whether rows written now and until the end of tomorrow have a partition to go to, by the database's clock. */
export function judgePartitions(partitions: readonly PartitionBounds[], nowMs: number): Finding {
  const own = partitions.filter(({ isDefault, isDetachPending }) => !isDefault && !isDetachPending);
  const holds = (atMs: number) => own.some(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs);
  const dayOf = (atMs: number) => new Date(atMs).toISOString().slice(0, 10);
  const findings: Finding[] = [];
  if (!holds(nowMs)) {
    findings.push(
      fail(
        `the outbox has no partition for today, ${dayOf(nowMs)}`,
        'start a ledger, which makes those of today and OUTBOX_PARTITIONS_AHEAD more days, and see in its log why it did not',
      ),
    );
  } else if (!holds(nowMs + dayMs)) {
    findings.push(
      warn(
        `the outbox has no partition for tomorrow, ${dayOf(nowMs + dayMs)}`,
        'see that a ledger runs and may create tables: it makes them ahead, or else the first batch of the day waits for it',
      ),
    );
  }
  for (const { name } of partitions.filter(({ isDefault }) => isDefault)) {
    findings.push(
      fail(
        `${name} is a default partition, which forbids detaching others without blocking writers`,
        `alter table outbox detach partition ${name}; where it holds rows, ask who made it first`,
      ),
    );
  }
  for (const { name } of partitions.filter(({ isDetachPending }) => isDetachPending)) {
    findings.push(
      warn(
        `the detachment of ${name} was begun and not finished`,
        `alter table outbox detach partition ${name} finalize;`,
      ),
    );
  }
  const lastMs = Math.max(...own.map(({ toMs }) => toMs));
  const until = Number.isFinite(lastMs) ? dayOf(lastMs - 1) : 'for ever';
  return worstOf(findings, `${partitions.length} partitions, the last until ${until}`);
}

/** Whether a clock was wrong once: such a lane writes ahead of time until the clock has caught up. */
export function judgeLanesAhead(ahead: readonly LaneAhead[]): Finding {
  if (ahead.length === 0) return ok('no lane is ahead of the clock');
  const most = Math.max(...ahead.map(({ aheadSeconds }) => aheadSeconds));
  const lanes = ahead.map(({ lane }) => String(lane));
  return warn(
    `lanes ${listOf(lanes)} have rows up to ${Math.round(most)} s ahead of the database's clock, so the clock was wrong once`,
    'see that the clock is right now; order and delivery are not harmed, partitions of these lanes live longer, and missing ones ahead are made as rows come',
  );
}
