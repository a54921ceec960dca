import type { SaveTransactionMetadata } from './command.ts';
import type { Execution } from './execution.ts';
import type { LedgerView } from './ledger-view.ts';
import { refused, type Outcome } from './outcome.ts';
import { saveMetadata } from './save-metadata.ts';

/** Patches a transaction's metadata. */
export function saveTransactionMetadata(
  view: LedgerView,
  command: SaveTransactionMetadata,
  execution: Execution,
): Outcome {
  const { txid, metadata } = command;
  if (view.transaction(txid) === undefined) return refused('NOT_FOUND', 'transaction not found');
  const effects = { transactionMetadata: [{ txid, metadata }] };
  return saveMetadata(view, { target: { type: 'TRANSACTION', id: txid }, metadata, effects }, execution);
}
