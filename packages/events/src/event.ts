/** The event types of Formance Ledger v1. */
export const eventTypes = [
  'COMMITTED_TRANSACTIONS',
  'SAVED_METADATA',
  'UPDATED_MAPPING',
  'REVERTED_TRANSACTION',
] as const;
export type EventType = (typeof eventTypes)[number];

/** Which version's body: `v1.4` is the one that the page on publishing to Kafka shows, `v1.10` that of v1.10 to v1.12. */
export const eventFormats = ['v1.4', 'v1.10'] as const;
export type EventFormat = (typeof eventFormats)[number];

/** An event with its body finished: exactly these bytes (as UTF-8) are published. */
export interface Event {
  readonly type: EventType;
  readonly body: string;
}
