import type { SaveAccountMetadata } from './command.ts';
import type { Execution } from './execution.ts';
import type { LedgerView } from './ledger-view.ts';
import type { Outcome } from './outcome.ts';
import { saveMetadata } from './save-metadata.ts';

/** Patches an account's metadata; an account that was never seen comes into being. */
export function saveAccountMetadata(view: LedgerView, command: SaveAccountMetadata, execution: Execution): Outcome {
  const { address, metadata } = command;
  const effects = { accountMetadata: [{ address, metadata }] };
  return saveMetadata(view, { target: { type: 'ACCOUNT', id: address }, metadata, effects }, execution);
}
