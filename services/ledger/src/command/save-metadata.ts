import { savedMetadata, writeJson } from '@daybook/events';
import { envelopeOf } from './envelope.ts';
import { checkEventSize } from './event-size.ts';
import type { Execution } from './execution.ts';
import { roundToSecond } from './instant.ts';
import type { LedgerView } from './ledger-view.ts';
import type { MetadataPatch } from './metadata.ts';
import { noEffects, type Effects, type LogEntry, type Outcome } from './outcome.ts';
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
  const { target, metadata, effects } = patch;
  const entry = announceMetadata(view, { target, metadata }, execution);
  if (entry.kind === 'refused') return entry;
  return {
    kind: 'accepted',
    answer: { status: 204, body: undefined },
    effects: { ...noEffects, ...effects, log: [entry.entry] },
  };
}

/** The log row of a patch with the event that tells of it. */
export function announceMetadata(
  view: LedgerView,
  patch: { readonly target: MetadataTarget; readonly metadata: MetadataPatch },
  execution: Execution,
): { readonly kind: 'announced'; readonly entry: LogEntry } | Extract<Outcome, { kind: 'refused' }> {
  const { target } = patch;
  const metadata = writeJson(patch.metadata);
  const event = savedMetadata(envelopeOf(view, execution), {
    targetType: target.type,
    targetId: String(target.id),
    metadata,
  });
  const refusal = checkEventSize(event, execution.eventBytesMax);
  if (refusal !== undefined) return { kind: 'refused', refusal };
  const entry = setMetadata(target, metadata, { date: roundToSecond(execution.at), events: [event] });
  return { kind: 'announced', entry };
}
