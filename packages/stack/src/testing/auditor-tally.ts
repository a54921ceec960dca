import type { Findings } from './auditor-findings.ts';

/** What the tables of a ledger hold, counted. */
export interface LedgerTally {
  ledger: string;
  transactions: number;
  /** Rows of the log that say NEW_TRANSACTION. */
  loggedTransactions: number;
  /** What the last row of the log gives to the next transaction. */
  nextTxid: number;
  outboxRows: number;
  /** Events that rows of the log say they have. */
  loggedEvents: number;
  /** Versions of the mapping, which has events but no log. */
  mappings: number;
  /** Rows of the log whose events are not above those of the row before. */
  unorderedLogs: number;
}

/** Checks that state, log and outbox were committed together or not at all, and in one order. */
export function auditTallies(tallies: readonly LedgerTally[], findings: Findings): void {
  for (const tally of tallies) {
    const { ledger, transactions, loggedTransactions, nextTxid, outboxRows, loggedEvents, mappings } = tally;
    if (transactions !== loggedTransactions || transactions !== nextTxid) {
      const numbers = `${transactions} transactions, ${loggedTransactions} of them in the log, ${nextTxid} is next`;
      findings.add('torn', `${ledger}: ${numbers}`);
    }
    if (outboxRows !== loggedEvents + mappings) {
      findings.add('torn', `${ledger}: ${outboxRows} events, ${loggedEvents} of the log and ${mappings} of mappings`);
    }
    if (tally.unorderedLogs > 0) {
      findings.add('torn', `${ledger}: ${tally.unorderedLogs} log rows whose events are not above those before`);
    }
  }
}
