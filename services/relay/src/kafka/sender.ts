/** A record whose partition was chosen. */
export interface PlacedRecord {
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly partition: number;
}

/** Records for one topic, those of a partition in their order. */
export interface TopicRecords {
  readonly topic: string;
  readonly records: readonly PlacedRecord[];
}

/**
 * An idempotent producer with one request in flight that lives only as long as every send succeeds: after any failure no client
 * library that we know can be trusted to number what comes next as the broker expects it, so whoever uses a sender throws it away.
 */
export interface Sender {
  /**
   * Resolves when every record was stored by all in-sync replicas, each in the partition that was chosen for it. After a rejection some
   * may be stored, and the sender must be closed.
   */
  send(topics: readonly TopicRecords[]): Promise<void>;
  /** Never rejects. */
  close(): Promise<void>;
}

/** A partition of which the cluster said that what was sent to it is stored. */
interface StoredPartition {
  readonly topic: string;
  readonly partition: number;
}

/** @throws Error unless the answer names every partition that something was sent to */
export function requireStored(topics: readonly TopicRecords[], answer: readonly StoredPartition[]): void {
  const stored = new Set(answer.map(({ topic, partition }) => `${topic}/${partition}`));
  for (const { topic, records } of topics) {
    for (const partition of new Set(records.map((record) => record.partition))) {
      if (!stored.has(`${topic}/${partition}`)) {
        throw new Error(`the answer of Kafka does not say that ${topic}/${partition} was stored`);
      }
    }
  }
}
