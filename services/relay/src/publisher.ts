/** A row on its way out. */
export interface OutgoingRecord {
  readonly topic: string;
  /** Records with the same key keep their order. */
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * What became of a record.
 * - `acknowledged`: stored by all in-sync replicas, or answered with 2xx by a receiver.
 * - `retry`: it may or may not be stored; to be sent again. The `broker` cannot serve it for now, or the whole `topic` refuses.
 * - `poison`: refused for what it is, alone; sending it again ends the same way.
 * - `fatal`: credentials or configuration; no record can pass before someone acts.
 */
export type Outcome =
  | { readonly kind: 'acknowledged' }
  | { readonly kind: 'retry'; readonly reason: 'broker' | 'topic'; readonly error: Error }
  | { readonly kind: 'poison'; readonly error: Error }
  | { readonly kind: 'fatal'; readonly error: Error };

/** Every outcome but the good one. */
export type Failure = Exclude<Outcome, { readonly kind: 'acknowledged' }>;

/** Told about each record that was given, exactly once, in any grouping. */
export type Settle<Sent extends OutgoingRecord> = (records: readonly Sent[], outcome: Outcome) => void;

/** Where rows go. */
export interface Publisher {
  /**
   * Sends records; those of one topic and key in the order given. No record is acknowledged while an earlier one of its topic and key
   * is not.
   *
   * Resolves when the next records may be given, never rejects. By then most records are settled; those that go to a destination at
   * fault may settle later, so that they hold up no others. The caller does not give a record that follows one, in the order that must
   * be kept, before that one is settled.
   */
  publish<Sent extends OutgoingRecord>(records: readonly Sent[], settle: Settle<Sent>): Promise<void>;
  /** Whether records could be sent now; the failure if not. Never rejects. */
  check(): Promise<Failure | undefined>;
  /** Ends all connections. Records in flight settle as `retry`. */
  stop(): Promise<void>;
}
