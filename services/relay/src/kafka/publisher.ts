import type { ClientLibraryName } from '../kafka-client.ts';
import { openLibrary, type ClientLibraryOptions } from './client-library.ts';
import { failureOf, isTooLarge } from './failure.ts';
import { withDoubt } from './refusal.ts';
import type { PlacedRecord, Sender } from './sender.ts';
import { KafkaSenders } from './senders.ts';
import type { TopicSize } from './topic-admin.ts';
import { KafkaTopics } from './topics.ts';
import { partitionOfKey } from './partition-of-key.ts';
import type { Failure, OutgoingRecord, Outcome, Publisher, Settle } from '../publisher.ts';
import { Turns } from '../turns.ts';

interface KafkaPublisherOptions extends ClientLibraryOptions {
  readonly client: ClientLibraryName;
  /** Undefined where missing topics are not to be created. */
  readonly createTopics: TopicSize | undefined;
  /** Topics that must be there for the publisher to count as reachable. */
  readonly topics: readonly string[];
}

/** One partition of one topic, or a topic of which nothing is known yet. */
interface Destination {
  readonly topic: string;
  readonly key: string;
}

interface Shipment<Sent extends OutgoingRecord> {
  readonly destination: Destination;
  readonly records: Sent[];
}

/** What goes out in one send: records, and the same by topic, placed. */
interface Load<Sent extends OutgoingRecord> {
  readonly records: Sent[];
  readonly topics: Map<string, PlacedRecord[]>;
}

/**
 * From how many records on a batch goes out in two sends, each to its own half of every topic's partitions: while the broker stores
 * one, the other is being encoded. Of fewer records the second request costs more than the wait that it fills.
 */
const twoLoadsMin = 250;

/** How many destinations are tried alone at the same time. */
const attemptsMax = 8;

/** How long a success proves that the cluster can be reached. */
const proofMs = 5_000;

const acknowledged: Outcome = { kind: 'acknowledged' };

/**
 * Publishes to Kafka through a client library.
 *
 * Records for destinations that are well go out together, in one or two requests to each broker. A send that fails tells neither which
 * destination is at fault nor what was stored, so all of its destinations become suspects: each is tried alone, with a producer of its
 * own, until it succeeds. So one sick partition or topic holds up only those who wait for it.
 */
export class KafkaPublisher implements Publisher {
  readonly #options: KafkaPublisherOptions;
  readonly #topics: KafkaTopics;
  readonly #senders: KafkaSenders;
  /** Partitions that are tried alone, by topic. */
  readonly #suspects = new Map<string, Set<number>>();
  /** The most bytes that a request to a topic may carry, where a larger one was refused. */
  readonly #bytesMax = new Map<string, number>();
  readonly #attempts = new Map<string, Promise<Outcome>>();
  readonly #turns = new Turns(attemptsMax);
  readonly #shipments = new Set<Promise<void>>();
  #provedAtMs = -Infinity;
  /** Whether the cluster has let us in at all, with these settings. */
  #wasReached = false;

  constructor(options: KafkaPublisherOptions) {
    this.#options = options;
    const library = openLibrary(options.client, options);
    this.#topics = new KafkaTopics({
      open: async (signal) => await library.openTopicAdmin(signal),
      logger: options.logger,
      create: options.createTopics,
    });
    this.#senders = new KafkaSenders({ open: async (signal) => await library.openSender(signal) });
  }

  async publish<Sent extends OutgoingRecord>(records: readonly Sent[], settle: Settle<Sent>): Promise<void> {
    const loads = Array.from({ length: records.length < twoLoadsMin ? 1 : 2 }, () => emptyLoad<Sent>());
    const alone = new Map<string, Shipment<Sent>>();
    for (const record of records) {
      const partitions = this.#topics.partitionsOf(record.topic);
      const partition = partitions === undefined ? undefined : partitionOfKey(record.key, partitions);
      const load = loads[(partition ?? 0) % loads.length];
      if (partition === undefined || load === undefined || this.#isSuspect(record.topic, partition)) {
        const destination = destinationOf(record.topic, partition);
        const shipment = alone.get(destination.key);
        if (shipment === undefined) alone.set(destination.key, { destination, records: [record] });
        else shipment.records.push(record);
      } else {
        const placed = load.topics.get(record.topic);
        const one = place(record, partition);
        if (placed === undefined) load.topics.set(record.topic, [one]);
        else placed.push(one);
        load.records.push(record);
      }
    }
    for (const shipment of alone.values()) this.#shipAlone(shipment, settle);
    const filled = loads.filter((load) => load.records.length > 0);
    await Promise.all(filled.map(async (load) => this.#sendTogether(load, settle)));
  }

  async check(): Promise<Failure | undefined> {
    if (performance.now() - this.#provedAtMs < proofMs) return undefined;
    try {
      await this.#topics.ping();
      for (const topic of this.#options.topics) await this.#topics.resolve(topic);
      this.#provedAtMs = performance.now();
      this.#wasReached = true;
      return undefined;
    } catch (error) {
      const failure = this.#failureOf(error);
      return this.#wasReached || failure.kind !== 'retry' ? failure : { ...failure, error: withDoubt(failure.error) };
    }
  }

  async stop(): Promise<void> {
    this.#senders.giveUp();
    await Promise.all(this.#shipments);
    await Promise.all([this.#senders.closeAll(), this.#topics.stop()]);
  }

  /** Sorts an error; one that is not about a topic or a record ends the proof that the cluster can be reached. */
  #failureOf(error: unknown): Failure {
    const failure = failureOf(error);
    if (failure.kind === 'fatal' || (failure.kind === 'retry' && failure.reason === 'broker'))
      this.#provedAtMs = -Infinity;
    return failure;
  }

  #isSuspect(topic: string, partition: number): boolean {
    return this.#bytesMax.has(topic) || this.#suspects.get(topic)?.has(partition) === true;
  }

  async #sendTogether<Sent extends OutgoingRecord>(load: Load<Sent>, settle: Settle<Sent>): Promise<void> {
    const { records, topics } = load;
    let sender: Sender;
    try {
      sender = await this.#senders.acquire();
    } catch (error) {
      settle(records, this.#failureOf(error));
      return;
    }
    try {
      await sender.send([...topics].map(([topic, placed]) => ({ topic, records: placed })));
    } catch (error) {
      void this.#senders.discard(sender);
      await this.#suspectAll(load, { error, settle });
      return;
    }
    this.#senders.release(sender);
    this.#provedAtMs = performance.now();
    settle(records, acknowledged);
  }

  /** After a send that failed: nobody is suspected when the whole cluster is away, else each destination is tried alone. */
  async #suspectAll<Sent extends OutgoingRecord>(
    { topics, records }: Load<Sent>,
    failed: { readonly error: unknown; readonly settle: Settle<Sent> },
  ): Promise<void> {
    this.#options.logger.debug(
      { err: failed.error, destinations: topics.size },
      'send failed, trying each destination alone',
    );
    try {
      await this.#senders.prove();
    } catch (error) {
      failed.settle(records, this.#failureOf(error));
      return;
    }
    for (const [topic, placed] of topics) {
      const partitions = this.#suspects.get(topic) ?? new Set();
      for (const { partition } of placed) partitions.add(partition);
      this.#suspects.set(topic, partitions);
    }
    await this.publish(records, failed.settle);
  }

  #shipAlone<Sent extends OutgoingRecord>(shipment: Shipment<Sent>, settle: Settle<Sent>): void {
    const done = this.#shipWhenFree(shipment, settle).finally(() => this.#shipments.delete(done));
    this.#shipments.add(done);
  }

  /** Waits for its turn at the destination. What holds up the one before holds up this one, too. */
  async #shipWhenFree<Sent extends OutgoingRecord>(shipment: Shipment<Sent>, settle: Settle<Sent>): Promise<void> {
    const { key } = shipment.destination;
    for (let before = this.#attempts.get(key); before !== undefined; before = this.#attempts.get(key)) {
      const outcome = await before;
      if (outcome.kind === 'retry' || outcome.kind === 'fatal') {
        settle(shipment.records, outcome);
        return;
      }
    }
    const attempt = this.#turns
      .take(async () => this.#attempt(shipment, settle))
      .finally(() => this.#attempts.delete(key));
    this.#attempts.set(key, attempt);
    await attempt;
  }

  /** Tries one destination; settles all records of the shipment. */
  async #attempt<Sent extends OutgoingRecord>(shipment: Shipment<Sent>, settle: Settle<Sent>): Promise<Outcome> {
    const { topic } = shipment.destination;
    const parts: (readonly Sent[])[] = [];
    let partitions: number;
    try {
      partitions = await this.#topics.resolve(topic);
      parts.push(...this.#inParts(topic, shipment.records));
    } catch (error) {
      const failure = this.#failureOf(error);
      settle(shipment.records, failure);
      return failure;
    }
    /** Keys of refused records: what comes after one of the same key must not pass it. */
    const refused = new Map<string, Failure>();
    for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
      const [free, blocked] = split(part, (record) => !refused.has(record.key));
      for (const record of blocked) settle([record], behind(record));
      if (free.length === 0) continue;
      const outcome = await this.#sendAlone(topic, free, partitions);
      if (outcome.kind === 'poison' && free.length > 1) {
        if (isTooLarge(outcome.error)) this.#limitBytes(topic, free);
        const middle = Math.ceil(free.length / 2);
        parts.unshift(free.slice(0, middle), free.slice(middle));
        continue;
      }
      settle(free, outcome);
      if (outcome.kind === 'poison' && free[0] !== undefined) refused.set(free[0].key, outcome);
      if (outcome.kind === 'retry' || outcome.kind === 'fatal') {
        // It may have been made anew with other partitions: then those left out of an answer do not exist any more.
        this.#topics.forget(topic);
        for (const rest of parts) settle(rest, outcome);
        return outcome;
      }
    }
    this.#clear(topic, shipment.records, partitions);
    return acknowledged;
  }

  async #sendAlone(topic: string, records: readonly OutgoingRecord[], partitions: number): Promise<Outcome> {
    const placed = records.map((record) => place(record, partitionOfKey(record.key, partitions)));
    let sender: Sender | undefined;
    try {
      sender = await this.#senders.acquire();
      await sender.send([{ topic, records: placed }]);
    } catch (error) {
      if (sender !== undefined) void this.#senders.discard(sender);
      return this.#failureOf(error);
    }
    this.#senders.release(sender);
    this.#provedAtMs = performance.now();
    return acknowledged;
  }

  /** The limit of a broker (`max.message.bytes`) holds for a partition's whole batch, so innocent rows can be too large together. */
  #limitBytes(topic: string, records: readonly OutgoingRecord[]): void {
    const bytes = records.reduce((sum, record) => sum + sizeOf(record), 0);
    this.#bytesMax.set(topic, Math.min(this.#bytesMax.get(topic) ?? Infinity, Math.ceil(bytes / 2)));
  }

  /** Cuts records where a request of that size was refused before. */
  #inParts<Sent extends OutgoingRecord>(topic: string, records: readonly Sent[]): readonly (readonly Sent[])[] {
    const bytesMax = this.#bytesMax.get(topic);
    if (bytesMax === undefined) return [records];
    const parts: Sent[][] = [[]];
    let bytes = 0;
    for (const record of records) {
      const size = sizeOf(record);
      if (bytes > 0 && bytes + size > bytesMax) {
        parts.push([]);
        bytes = 0;
      }
      parts.at(-1)?.push(record);
      bytes += size;
    }
    return parts;
  }

  /** A success clears the partitions that it reached. */
  #clear(topic: string, records: readonly OutgoingRecord[], partitions: number): void {
    const suspects = this.#suspects.get(topic);
    if (suspects === undefined) return;
    for (const record of records) suspects.delete(partitionOfKey(record.key, partitions));
    if (suspects.size === 0) this.#suspects.delete(topic);
  }
}

function emptyLoad<Sent extends OutgoingRecord>(): Load<Sent> {
  return { records: [], topics: new Map() };
}

function destinationOf(topic: string, partition: number | undefined): Destination {
  return { topic, key: `${topic}/${partition ?? ''}` };
}

function place(record: OutgoingRecord, partition: number): PlacedRecord {
  return { key: record.key, value: record.value, headers: record.headers, partition };
}

function sizeOf(record: OutgoingRecord): number {
  return Buffer.byteLength(record.value);
}

function behind(record: OutgoingRecord): Outcome {
  return {
    kind: 'retry',
    reason: 'broker',
    error: new Error(`waits behind a refused record with the key ${record.key}`),
  };
}

function split<Item>(items: readonly Item[], isFirst: (item: Item) => boolean): [first: Item[], second: Item[]] {
  const first: Item[] = [];
  const second: Item[] = [];
  for (const item of items) (isFirst(item) ? first : second).push(item);
  return [first, second];
}
