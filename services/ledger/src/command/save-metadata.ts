import { savedMetadata, writeJson } from '@daybook/events';
import { envelopeOf } from './envelope.ts';
import { checkEventSize } from './event-size.ts';
import type { Execution } from './execution.ts';
import { roundToSecond } from './instant.ts';
import type { LedgerView } from './ledger-view.ts';
import type { MetadataPatch } from './metadata.ts';
import { noEffects, type Effects, type Outcome } from './outcome.ts';
import { setMetadata, type MetadataTarget } from './set-metadata.ts';

/** What the two metadata commands share: one log row and its event, and an answer without a body. */
export function saveMetadata(
  view: LedgerView,
  patch: {
    readonly target: MetadataTarget;
    readonly metadata: MetadataPatch;
    readonly effects: Pick<Effects, 'accountMetadata'> | Pick<Effects, 'transactionMetadata'>;
  },
  execution: Execution,
): Outcome {
  const { target, effects } = patch;
  const metadata = writeJson(patch.metadata);
  const event = savedMetadata(envelopeOf(view, execution), {
    targetType: target.type,
    targetId: String(target.id),
    metadata,
  });
  const refusal = checkEventSize(event, execution.eventBytesMax);
  if (refusal !== undefined) return { kind: 'refused', refusal };
  const entry = setMetadata(target, metadata, { date: roundToSecond(execution.at), events: [event] });
  return {
    kind: 'accepted',
    answer: { status: 204, body: undefined },
    effects: { ...noEffects, ...effects, log: [entry] },
  };
}
