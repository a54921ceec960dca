import type { Findings } from './auditor-findings.ts';
import type { ReportedWrite } from './auditor-writes.ts';

/** How far below zero an account may be taken. */
export interface Overdraft {
  account: string;
  /** All of them without it. */
  asset?: string;
  most: number;
}

/** What a transaction does to the balance of one account in one asset. */
export interface BalanceChange {
  account: string;
  asset: string;
  before: bigint;
  after: bigint;
}

/**
 * Checks what one transaction leaves: no account that it takes from is further below zero than its write may take it,
 * and one that its script empties has nothing left (what is below zero gives nothing, and stays). An account may stay below zero, and come nearer to it, whoever took
 * it there: so each transaction is held to its own write, rather than all to the deepest that any may go.
 *
 * @param write undefined when nobody reported it, and then it may take nothing below zero
 */
export function auditBalances(
  changes: readonly BalanceChange[],
  { write, place }: { write: ReportedWrite | undefined; place: string },
  findings: Findings,
): void {
  const emptied = write?.script?.empties;
  for (const { account, asset, before, after } of changes) {
    const most = mostBelowZero(write, account, asset);
    if (account !== 'world' && after < before && after < -most) {
      findings.add('overdrawn', `${account} from ${before} to ${after} ${asset}, ${-most} at most, at ${place}`);
    }
    if (emptied?.account === account && emptied.asset === asset && after > 0n) {
      findings.add('stale', `${account} was to be empty and has ${after} ${asset} at ${place}`);
    }
  }
}

function mostBelowZero(write: ReportedWrite | undefined, account: string, asset: string): bigint {
  const overdrafts = write?.overdrafts ?? [];
  const ofAccount = overdrafts.filter((each) => each.account === account && (each.asset ?? asset) === asset);
  return BigInt(Math.max(0, ...ofAccount.map(({ most }) => most)));
}
