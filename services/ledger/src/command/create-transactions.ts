import { writeExpandedTransaction } from '@daybook/events';
import type { CreateTransactions } from './command.ts';
import { commitTransactions } from './commit-transactions.ts';
import type { Execution } from './execution.ts';
import type { LedgerView } from './ledger-view.ts';
import { noEffects, type Outcome } from './outcome.ts';

/** Commits the drafts of one request together. A preview is refused where the real one would be, and leaves no trace. */
export function createTransactions(view: LedgerView, command: CreateTransactions, execution: Execution): Outcome {
  const commit = commitTransactions(view, command.drafts, { execution, disableChecks: false });
  if (commit.kind === 'refused') return commit;
  const { parts, transactions, moves, log } = commit;
  return {
    kind: 'accepted',
    answer: { status: 200, body: `{"data":[${parts.map(writeExpandedTransaction).join(',')}]}` },
    effects: command.preview ? undefined : { ...noEffects, transactions, moves, log },
  };
}
