import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Kafka, logLevel, type Admin, type KafkaMessage } from 'kafkajs';
import { eventBody, type BacklogShare } from './backlog.ts';
import { partitionsOf } from './partition-of-ledger.ts';

const stalledAfterMs = 60_000;
const leaderPollMs = 50;
const faultsShown = 3;

/** What one record says of itself. */
export interface SeenRecord {
  readonly ledger: string;
  readonly sequence: number;
  readonly body: string;
}

/**
 * Holds the records of one partition, in their order, against the backlog: of each ledger that belongs there every event
 * once, from the first to the last, with the body that was stored.
 */
export class PartitionAudit {
  readonly #last: Map<string, number>;
  readonly #eventsByLedger: ReadonlyMap<string, number>;
  readonly #faults: string[] = [];
  #faultCount = 0;

  /** @param eventsByLedger how many events each ledger of this partition has. */
  constructor(eventsByLedger: ReadonlyMap<string, number>) {
    this.#eventsByLedger = eventsByLedger;
    this.#last = new Map(eventsByLedger.keys().map((ledger) => [ledger, 0]));
  }

  take({ ledger, sequence, body }: SeenRecord): void {
    const last = this.#last.get(ledger);
    if (last === undefined) {
      this.#fault(`${ledger}: event ${sequence} is in the wrong partition`);
      return;
    }
    if (sequence !== last + 1) this.#fault(`${ledger}: event ${sequence} came after event ${last}`);
    if (body !== eventBody(ledger, sequence)) this.#fault(`${ledger}: event ${sequence} has another body`);
    this.#last.set(ledger, sequence);
  }

  /** To be asked once, after the last record. */
  faults(): readonly string[] {
    for (const [ledger, events] of this.#eventsByLedger) {
      const last = this.#last.get(ledger);
      if (last !== events) this.#fault(`${ledger}: the last event is ${last}, not ${events}`);
    }
    const more = this.#faultCount - this.#faults.length;
    return more === 0 ? this.#faults : [...this.#faults, `${more} more faults of this kind`];
  }

  #fault(text: string): void {
    this.#faultCount += 1;
    if (this.#faults.length < faultsShown) this.#faults.push(text);
  }
}

/** The topics of a benchmark on one cluster. */
export class Topics {
  readonly #kafka: Kafka;
  readonly #admin: Admin;

  constructor(brokers: readonly string[]) {
    this.#kafka = new Kafka({ brokers: [...brokers], clientId: 'daybook-bench-audit', logLevel: logLevel.NOTHING });
    this.#admin = this.#kafka.admin();
  }

  async connect(): Promise<void> {
    await this.#admin.connect();
  }

  async disconnect(): Promise<void> {
    await this.#admin.disconnect();
  }

  /**
   * Makes a topic for one run, of whose name there is no other.
   * @param isAppendTimed whether its records say when the broker appended them, instead of when they were made.
   */
  async create(label: string, partitions: number, isAppendTimed = false): Promise<string> {
    const topic = `bench-${label}-${randomUUID()}`;
    const configEntries = isAppendTimed ? [{ name: 'message.timestamp.type', value: 'LogAppendTime' }] : [];
    await this.#admin.createTopics({
      topics: [{ topic, numPartitions: partitions, replicationFactor: 1, configEntries }],
      waitForLeaders: false,
    });
    // kafkajs's own wait gives up when the broker has not heard of the topic yet.
    const deadline = performance.now() + stalledAfterMs;
    while ((await this.#partitionsLed(topic).catch(() => 0)) < partitions) {
      if (performance.now() > deadline) throw new Error(`the topic ${topic} has no leaders`);
      await delay(leaderPollMs);
    }
    return topic;
  }

  async delete(topic: string): Promise<void> {
    await this.#admin.deleteTopics({ topics: [topic] });
  }

  /** How many records a topic has. */
  async count(topic: string): Promise<number> {
    return sumOfEnds(await this.#admin.fetchTopicOffsets(topic));
  }

  /** Counts all partitions and reads the sampled one; one sentence per fault. */
  async audit(topic: string, expected: BacklogShare, sampled: number): Promise<string[]> {
    const ends = await this.#admin.fetchTopicOffsets(topic);
    const stored = sumOfEnds(ends);
    const faults = [];
    if (stored < expected.rows) faults.push(`${expected.rows - stored} records are missing in the topic`);
    if (stored > expected.rows) faults.push(`${stored - expected.rows} records are repeated in the topic`);
    const end = Number(ends.find(({ partition }) => partition === sampled)?.high ?? 0);
    if (end === 0) return [...faults, `partition ${sampled} is empty`];
    const partitionOf = partitionsOf(expected.eventsByLedger.keys(), ends.length);
    const ours = expected.eventsByLedger.entries().filter(([ledger]) => partitionOf.get(ledger) === sampled);
    const audit = new PartitionAudit(new Map(ours));
    await this.read(topic, (message) => audit.take(seen(message)), sampled);
    return [...faults, ...audit.faults()];
  }

  async #partitionsLed(topic: string): Promise<number> {
    const { topics } = await this.#admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0]?.partitions.filter(({ leader }) => leader >= 0).length ?? 0;
  }

  /** Reads a topic, or one partition of it, from its beginning to where it ends now. */
  async read(topic: string, take: (message: KafkaMessage) => void, only?: number): Promise<void> {
    const offsets = await this.#admin.fetchTopicOffsets(topic);
    const wanted = offsets.filter(({ partition, high }) => (only ?? partition) === partition && Number(high) > 0);
    const ends = new Map(wanted.map(({ partition, high }) => [partition, Number(high)]));
    const unread = offsets.map(({ partition }) => partition).filter((partition) => !ends.has(partition));
    if (ends.size === 0) return;
    const consumer = this.#kafka.consumer({ groupId: `${topic}-audit`, maxBytesPerPartition: 4_194_304 });
    const done = Promise.withResolvers<void>();
    let watch = setTimeout(() => {}, 0);
    const stillReading = () => {
      clearTimeout(watch);
      watch = setTimeout(() => done.reject(new Error(`reading ${topic} made no progress`)), stalledAfterMs);
    };
    stillReading();
    try {
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        eachBatch: async ({ batch }) => {
          if (!ends.has(batch.partition)) return;
          for (const message of batch.messages) take(message);
          stillReading();
          if (Number(batch.lastOffset()) + 1 >= (ends.get(batch.partition) ?? 0)) ends.delete(batch.partition);
          if (ends.size === 0) done.resolve();
        },
      });
      if (unread.length > 0) consumer.pause([{ topic, partitions: unread }]);
      await done.promise;
    } finally {
      clearTimeout(watch);
      await consumer.disconnect();
    }
  }
}

function sumOfEnds(ends: readonly { readonly high: string }[]): number {
  return ends.reduce((sum, { high }) => sum + Number(high), 0);
}

function seen({ key, value, headers }: KafkaMessage): SeenRecord {
  return {
    ledger: key?.toString() ?? '',
    sequence: Number(headers?.['sequence']?.toString()),
    body: value?.toString() ?? '',
  };
}
