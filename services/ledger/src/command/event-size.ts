import type { Event } from '@daybook/events';
import type { Refusal } from './refusal.ts';

/** Refuses what would make an event that no broker takes: it could only become a poison row. */
export function checkEventSize(event: Event, eventBytesMax: number): Refusal | undefined {
  // No character of UTF-16 takes more than three bytes of UTF-8: most bodies need no counting.
  if (event.body.length * 3 <= eventBytesMax) return undefined;
  const bytes = Buffer.byteLength(event.body);
  if (bytes <= eventBytesMax) return undefined;
  return {
    code: 'VALIDATION',
    message: `event ${event.type} would be ${bytes} bytes, above the limit of ${eventBytesMax} bytes (EVENT_BYTES_MAX)`,
  };
}
