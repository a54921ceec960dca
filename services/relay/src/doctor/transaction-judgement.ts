import type { OpenTransaction, PreparedTransaction, ReplicationSlot } from './catalog.ts';
import { fail, ok, skipped, warn, worstOf, type Finding } from './check.ts';

/** A session that works goes on within moments: one that idles longer was forgotten, or waits for something outside. */
const idleMaxSeconds = 5;

const keptBytesMax = 1_073_741_824;

interface TransactionLimits {
  readonly ageMaxSeconds: number;
  /** False where the role sees only its own sessions. */
  readonly canSeeAll: boolean;
}

/** Whether a session keeps vacuum from its work by an old snapshot, and retention from detaching partitions. */
export function judgeTransactions(
  transactions: readonly OpenTransaction[],
  { ageMaxSeconds, canSeeAll }: TransactionLimits,
): Finding {
  const findings = transactions.map((transaction): Finding => {
    const isIdle = transaction.state.startsWith('idle in transaction');
    const found = describe(transaction);
    const mend = `end it where it was begun, or: select pg_terminate_backend(${transaction.pid}); and set idle_in_transaction_session_timeout for its role`;
    if (transaction.ageSeconds >= ageMaxSeconds) return fail(found, mend);
    if (isIdle && transaction.ageSeconds >= idleMaxSeconds) return warn(found, mend);
    return ok(found);
  });
  const oldest = transactions[0];
  const well = oldest === undefined ? 'no transaction is open' : `the oldest transaction is young: ${describe(oldest)}`;
  const finding = worstOf(findings, well);
  if (finding.status !== 'ok' || canSeeAll) return finding;
  return skipped(
    `sessions of other roles are hidden from this one (of its own: ${well}); grant pg_read_all_stats to it, or run the doctor as a role that has it`,
  );
}

function describe({ pid, role, application, address, state, ageSeconds }: OpenTransaction): string {
  const who = [
    `role ${role}`,
    ...(application === '' ? [] : [`application ${application}`]),
    ...(address === null ? [] : [`from ${address}`]),
  ];
  return `pid ${pid} (${who.join(', ')}) is ${state}, its transaction open for ${Math.floor(ageSeconds)} s`;
}

/** Whether a transaction was prepared and forgotten: no end of a session ends it. */
export function judgePrepared(prepared: readonly PreparedTransaction[], ageMaxSeconds: number): Finding {
  const findings = prepared.map(({ gid, owner, ageSeconds }): Finding => {
    const found = `${gid} of ${owner} was prepared ${Math.floor(ageSeconds)} s ago`;
    const mend = `commit prepared '${gid}'; or rollback prepared '${gid}'; as its coordinator decides`;
    return ageSeconds >= ageMaxSeconds ? fail(found, mend) : warn(found, mend);
  });
  return worstOf(findings, 'no transaction is prepared');
}

/** Whether a replication slot that nobody reads keeps WAL, and dead rows of the catalogs. */
export function judgeSlots(slots: readonly ReplicationSlot[]): Finding {
  const findings = slots
    .filter(({ isActive, keptBytes }) => !isActive || keptBytes > keptBytesMax)
    .map(({ name, isActive, keptBytes }) =>
      warn(
        `slot ${name} is ${isActive ? 'read slowly' : 'read by nobody'} and keeps ${Math.round(keptBytes / 1_048_576)} MiB of WAL`,
        `let its reader catch up; where it has none any more: select pg_drop_replication_slot('${name}');`,
      ),
    );
  return worstOf(findings, slots.length === 0 ? 'no replication slot' : `${slots.length} slots, all read`);
}
