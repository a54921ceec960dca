import type { Envelope } from '@daybook/events';
import type { Execution } from './execution.ts';
import { instantText } from './instant.ts';
import type { LedgerView } from './ledger-view.ts';

/** What stands around the payload of every event of a batch. */
export function envelopeOf(view: LedgerView, execution: Execution): Envelope {
  return { format: execution.eventFormat, ledger: view.ledger, date: instantText(execution.at) };
}
