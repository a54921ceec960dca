import { writeString, type Event } from '@daybook/events';
import type { Instant } from './instant.ts';
import type { LogEntry } from './outcome.ts';

export type MetadataTarget =
  | { readonly type: 'ACCOUNT'; readonly id: string }
  | { readonly type: 'TRANSACTION'; readonly id: number };

/** The log row of a metadata patch, which is given as finished JSON. Here a transaction's id is a number. */
export function setMetadata(
  { type, id }: MetadataTarget,
  metadata: string,
  { date, events }: { readonly date: Instant; readonly events: readonly Event[] },
): LogEntry {
  const targetId = typeof id === 'string' ? writeString(id) : id;
  return {
    type: 'SET_METADATA',
    data: `{"targetType":"${type}","targetId":${targetId},"metadata":${metadata}}`,
    date,
    events,
  };
}
