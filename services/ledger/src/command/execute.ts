import type { Command } from './command.ts';
import { createTransactions } from './create-transactions.ts';
import type { Execution } from './execution.ts';
import type { LedgerView } from './ledger-view.ts';
import type { Outcome } from './outcome.ts';
import { replaceMapping } from './replace-mapping.ts';
import { revertTransaction } from './revert-transaction.ts';
import { runScript } from './run-script.ts';
import { saveAccountMetadata } from './save-account-metadata.ts';
import { saveTransactionMetadata } from './save-transaction-metadata.ts';

/**
 * Decides what a command does to its ledger, by the rules of v1.12. Pure: the same view, command and execution give the
 * same outcome, and nothing is changed.
 *
 * @param view must hold what `needsOf` names; asking it for anything else may throw
 */
export function execute(view: LedgerView, command: Command, execution: Execution): Outcome {
  switch (command.kind) {
    case 'create-transactions':
      return createTransactions(view, command, execution);
    case 'run-script':
      return runScript(view, command, execution);
    case 'revert-transaction':
      return revertTransaction(view, command, execution);
    case 'save-account-metadata':
      return saveAccountMetadata(view, command, execution);
    case 'save-transaction-metadata':
      return saveTransactionMetadata(view, command, execution);
    case 'replace-mapping':
      return replaceMapping(view, command, execution);
  }
}
