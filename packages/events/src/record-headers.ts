import type { TraceContext } from './trace-context.ts';

/** The facts of an outbox row that go into its record's headers. */
interface HeaderFacts {
  readonly eventId: string;
  readonly eventSequence: number;
  readonly type: string;
  readonly ledger: string;
  /** A JSON object of further headers, not parsed, or null. */
  readonly headers: string | null;
  /** The replay that sends it once more. */
  readonly replay?: string;
}

/** Of the stored headers; what else may be stored is not for consumers. */
const passedOn: readonly (keyof TraceContext)[] = ['traceparent', 'tracestate'];

/**
 * The headers of a published record. `id` is random and the same at every redelivery; `sequence` grows by one for each event of the
 * ledger, so a consumer drops repeats by it. `_watermill_message_uuid` repeats the id, since Formance's consumers read that one.
 * `traceparent` and `tracestate` say which trace the request that caused the event was part of. `replay` marks a record that an operator's
 * replay sent.
 */
export function recordHeaders(facts: HeaderFacts): Record<string, string> {
  const headers: Record<string, string> = {
    id: facts.eventId,
    sequence: String(facts.eventSequence),
    type: facts.type,
    ledger: facts.ledger,
    _watermill_message_uuid: facts.eventId,
    'content-type': 'application/json',
  };
  if (facts.replay !== undefined) headers['replay'] = facts.replay;
  if (facts.headers !== null) {
    const stored: unknown = JSON.parse(facts.headers);
    for (const name of passedOn) {
      const value: unknown = typeof stored === 'object' && stored !== null ? Reflect.get(stored, name) : undefined;
      if (typeof value === 'string') headers[name] = value;
    }
  }
  return headers;
}
