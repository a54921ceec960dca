import { updatedMapping } from '@daybook/events';
import type { ReplaceMapping } from './command.ts';
import { checkMapping } from './compile-mapping.ts';
import { envelopeOf } from './envelope.ts';
import { checkEventSize } from './event-size.ts';
import type { Execution } from './execution.ts';
import type { LedgerView } from './ledger-view.ts';
import { writeMapping } from './mapping.ts';
import { noEffects, refused, type Outcome } from './outcome.ts';

/** Replaces the ledger's mapping as a whole. As in v1 it has an event but no log row. */
export function replaceMapping(view: LedgerView, command: ReplaceMapping, execution: Execution): Outcome {
  const { mapping } = command;
  const problem = checkMapping(mapping);
  if (problem !== undefined) return refused('VALIDATION', problem);
  const text = writeMapping(mapping);
  const event = updatedMapping(envelopeOf(view, execution), text);
  const refusal = checkEventSize(event, execution.eventBytesMax);
  if (refusal !== undefined) return { kind: 'refused', refusal };
  return {
    kind: 'accepted',
    answer: { status: 200, body: `{"data":${text}}` },
    effects: { ...noEffects, mapping: { mapping, event } },
  };
}
