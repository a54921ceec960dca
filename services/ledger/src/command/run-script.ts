import { writeExpandedTransaction } from '@daybook/events';
import { run } from '@daybook/numscript';
import type { Posting, RunScript } from './command.ts';
import { checkPlace, commitTransactions, timestampOf } from './commit-transactions.ts';
import type { Execution } from './execution.ts';
import type { LedgerView } from './ledger-view.ts';
import { noEffects, refused, type LogEntry, type Outcome } from './outcome.ts';
import { checkPosting } from './posting-form.ts';
import { announceMetadata } from './save-metadata.ts';
import { answerOfScript, refusalOfScript } from './script-refusal.ts';

/**
 * Runs a script and commits what it sends as one transaction, and the metadata that it sets on accounts, each announced behind it. Contracts are
 * not asked: the script says what may go below zero (v1.10, pkg/ledger/execute_script.go).
 */
export function runScript(view: LedgerView, command: RunScript, execution: Execution): Outcome {
  const outcome = runAndCommit(view, command, execution);
  if (outcome.kind !== 'refused') return outcome;
  if (command.endpoint === 'transactions') return { kind: 'refused', refusal: refusalOfScript(outcome.refusal) };
  const answer = answerOfScript(outcome.refusal);
  return command.preview ? { kind: 'accepted', answer, effects: undefined } : { kind: 'refused-in-answer', answer };
}

function runAndCommit(view: LedgerView, command: RunScript, execution: Execution): Outcome {
  const { script, reference } = command;
  const timestamp = timestampOf(command, execution);
  const misplaced = checkPlace(view, { timestamp, reference }, { execution, lastTimestamp: view.head.lastTimestamp });
  if (misplaced !== undefined) return misplaced;
  if (script.kind === 'refused') return script;

  const result = run(script.program, script.variables, {
    balance(account, asset) {
      const { input, output } = view.volumes(account, asset);
      return input - output;
    },
    metadata: (address) => view.accountMetadata(address),
  });
  if (result.kind === 'refused') return refused(result.code, result.message);
  const problem = checkPostings(result.postings);
  if (problem !== undefined) return refused('VALIDATION', problem);
  if (Object.keys(command.metadata).some((key) => Object.hasOwn(result.metadata, key))) {
    return refused('METADATA_OVERRIDE', 'cannot override metadata from script');
  }

  const metadata = { ...result.metadata, ...command.metadata };
  const draft = { postings: result.postings, reference, metadata, timestamp };
  const commit = commitTransactions(view, [draft], { execution, disableChecks: true });
  if (commit.kind === 'refused') return commit;
  const log: LogEntry[] = [...commit.log];
  for (const { address, metadata: patch } of result.accountMetadata) {
    const announced = announceMetadata(view, { target: { type: 'ACCOUNT', id: address }, metadata: patch }, execution);
    if (announced.kind === 'refused') return announced;
    log.push(announced.entry);
  }

  const { transactions, moves } = commit;
  const [part] = commit.parts;
  if (part === undefined) throw new Error('a script made no transaction');
  const written = writeExpandedTransaction(part);
  const body = command.endpoint === 'script' ? `{"transaction":${written}}` : `{"data":[${written}]}`;
  return {
    kind: 'accepted',
    answer: { status: 200, body },
    effects: command.preview
      ? undefined
      : { ...noEffects, transactions, moves, accountMetadata: result.accountMetadata, log },
  };
}

/** Amounts may have outgrown the limit, and the empty account may have been sent to. */
function checkPostings(postings: readonly Posting[]): string | undefined {
  if (postings.length === 0) return 'transaction has no postings';
  for (const [index, posting] of postings.entries()) {
    const problem = checkPosting(posting);
    if (problem !== undefined) return `invalid posting ${index}: ${problem}`;
  }
  return undefined;
}
