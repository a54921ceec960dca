import type { EventFormat } from '@daybook/events';
import type { Instant } from './instant.ts';

/** What `execute` takes from its surroundings. */
export interface Execution {
  /** The batch's moment by the database's clock, in microseconds: event dates, and timestamps that no client gave. */
  readonly at: Instant;
  readonly eventFormat: EventFormat;
  /** An event body above this is refused: it could only become a poison row. In bytes of UTF-8. */
  readonly eventBytesMax: number;
  /** v1's `--commit-policy`. */
  readonly commitPolicy: 'none' | 'allow-past-timestamps';
}
