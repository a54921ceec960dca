import { randomUUID } from 'node:crypto';
import { delay, type Logger } from '@daybook/runtime';
import type { Admin, Consumer } from 'kafkajs';
import type { PartitionRange } from '../verify/topic-history.ts';
import type { TopicRecord } from '../verify/record-facts.ts';
import { within } from '../within.ts';
import type { KafkaAccess } from './access.ts';
import { KafkajsClient } from './kafkajs/client.ts';
import { failureOf, isMissingTopic } from './failure.ts';
import { ReadingProgress, type PartitionStretch } from './reading-progress.ts';

interface TopicScanOptions {
  readonly access: KafkaAccess;
  readonly logger: Logger;
  /** How long one question to the cluster may take. */
  readonly timeoutMs: number;
  /** The most bytes of one partition that are fetched, and visited without a pause, at a time. */
  readonly fetchBytesMax: number;
  /** How long the reading may stand still. */
  readonly stallMs: number;
}

interface ReadOptions {
  readonly visit: (record: TopicRecord) => void;
  readonly onProgress: (read: number) => void;
  readonly signal: AbortSignal;
}

/** Groups are named so, for the rights of whoever reads. */
export const scanGroupPrefix = 'daybook-reader-';

/** So many topics are read by one consumer. */
const topicsTogether = 200;
const sessionTimeoutMs = 30_000;
const fetchWaitMs = 100;
const closeTimeoutMs = 2_000;
const stallChecks = 10;
/** So many consumers may fail in turn. */
const failuresMax = 3;
const retryMs = 500;

/** The reading ends with its cause, and no other consumer would do better. */
class EndOfReading extends Error {}

/**
 * Reads stretches of topics, byte for byte, as whoever reads uncommitted sees them. kafkajs reads only as a member of a consumer group, so
 * each reading has a group of its own, which commits nothing and is deleted behind it; where that is not allowed, Kafka drops it by itself.
 */
export class TopicScan {
  readonly #options: TopicScanOptions;

  constructor(options: TopicScanOptions) {
    this.#options = options;
  }

  /** What the topics' partitions hold now. A topic that does not exist has none. */
  async ranges(topics: readonly string[]): Promise<readonly PartitionRange[]> {
    return await this.#asAdmin(async (admin) => {
      const ranges: PartitionRange[] = [];
      for (const topic of topics) {
        const partitions = await admin.fetchTopicOffsets(topic).catch(emptyIfMissing);
        for (const { partition, low, high } of partitions) {
          ranges.push({ topic, partition, low: Number(low), high: Number(high) });
        }
      }
      return ranges;
    });
  }

  /** By topic and partition, the first offset whose record is not older than a moment, or the end. A topic that does not exist has none. */
  async offsetsAt(topics: readonly string[], timestampMs: number): Promise<ReadonlyMap<string, number>> {
    return await this.#asAdmin(async (admin) => {
      const found = new Map<string, number>();
      for (const topic of topics) {
        const partitions = await admin
          .fetchTopicOffsetsByTimestamp(topic, Math.floor(timestampMs))
          .catch(emptyIfMissing);
        for (const { partition, offset } of partitions) found.set(`${topic}/${partition}`, Number(offset));
      }
      return found;
    });
  }

  /** The topics of the cluster that may be seen. */
  async topics(): Promise<readonly string[]> {
    return await this.#asAdmin(async (admin) => admin.listTopics());
  }

  /**
   * Visits every record of the stretches, those of a partition by offset, each once.
   *
   * @throws Error when the cluster cannot be asked, the reading stands still, or it is aborted
   */
  async read(stretches: readonly PartitionStretch[], options: ReadOptions): Promise<void> {
    const byTopic = Map.groupBy(
      stretches.filter(({ from, end }) => from < end),
      ({ topic }) => topic,
    );
    const topics = [...byTopic.keys()];
    let before = 0;
    for (let at = 0; at < topics.length; at += topicsTogether) {
      const together = topics.slice(at, at + topicsTogether).flatMap((topic) => byTopic.get(topic) ?? []);
      const read = before;
      await this.#readTogether(together, { ...options, onProgress: (offsets) => options.onProgress(read + offsets) });
      before += together.reduce((sum, { from, end }) => sum + end - from, 0);
    }
  }

  /** A consumer that fails is replaced by one that goes on behind it, unless several in turn get nowhere. */
  async #readTogether(stretches: readonly PartitionStretch[], options: ReadOptions): Promise<void> {
    const progress = new ReadingProgress(stretches);
    let failures = 0;
    while (!progress.isAllDone) {
      const before = progress.read;
      try {
        await this.#readOnce(progress, options);
      } catch (error) {
        if (error instanceof EndOfReading) throw error.cause;
        const failure = failureOf(error);
        if (failure.kind !== 'retry' || failure.reason !== 'broker') throw error;
        failures = progress.read > before ? 1 : failures + 1;
        if (failures === failuresMax) throw error;
        await delay(retryMs, options.signal);
      }
    }
  }

  async #readOnce(progress: ReadingProgress, options: ReadOptions): Promise<void> {
    const { access, logger, fetchBytesMax } = this.#options;
    const groupId = `${scanGroupPrefix}${randomUUID()}`;
    const client = new KafkajsClient(access, logger);
    const consumer = client.kafka.consumer({
      groupId,
      allowAutoTopicCreation: false,
      // Whoever reads committed records alone waits at a transaction of somebody else's that never ends.
      readUncommitted: true,
      maxBytesPerPartition: fetchBytesMax,
      maxBytes: fetchBytesMax * 4,
      maxWaitTimeInMs: fetchWaitMs,
      sessionTimeout: sessionTimeoutMs,
      retry: { retries: 5, restartOnFailure: async () => Promise.resolve(false) },
    });
    try {
      await this.#consume(consumer, progress, options);
    } finally {
      await within({ ms: closeTimeoutMs, what: 'leaving the group' }, consumer.disconnect()).catch(() => {});
      client.cut();
      await this.#asAdmin(async (admin) => admin.deleteGroups([groupId]), closeTimeoutMs).catch(() => {});
    }
  }

  async #consume(consumer: Consumer, progress: ReadingProgress, options: ReadOptions): Promise<void> {
    const { visit, signal } = options;
    const { timeoutMs, stallMs } = this.#options;
    const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
    ended.catch(() => {});
    const end = (cause: unknown) => reject(new EndOfReading('ended', { cause }));
    const onAbort = () => end(new Error('reading the topics was given up'));
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    const watch = setInterval(() => {
      const stalled = progress.stalledFor(stallMs);
      if (stalled !== undefined) end(new Error(stalled));
    }, stallMs / stallChecks);
    let hasCrashed = false;
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      hasCrashed = true;
      reject(payload.error);
    });
    // Also comes for batches of nothing but the marks of transactions, which no visitor sees.
    consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { topic, partition, lastOffset } }) => {
      progress.advance(topic, partition, Number(lastOffset) + 1);
      options.onProgress(progress.read);
      if (progress.isAllDone) resolve();
      else if (progress.isDone(topic, partition) && !hasCrashed) consumer.pause([{ topic, partitions: [partition] }]);
    });
    try {
      const { left } = progress;
      await within({ ms: timeoutMs, what: 'connecting to Kafka', signal }, consumer.connect());
      const topics = [...new Set(left.map(({ topic }) => topic))];
      await within(
        { ms: timeoutMs, what: 'asking for topics', signal },
        consumer.subscribe({ topics, fromBeginning: true }),
      );
      await within(
        { ms: sessionTimeoutMs + timeoutMs, what: 'joining a consumer group', signal },
        consumer.run({
          autoCommit: false,
          eachBatch: async ({ batch: { topic, partition, messages } }) => {
            for (const message of messages) {
              const offset = Number(message.offset);
              // A batch may begin earlier than was asked for, and may come again.
              if (!progress.wants(topic, partition, offset)) continue;
              const { key, value, headers = {}, timestamp } = message;
              try {
                visit({ topic, partition, offset, timestampMs: Number(timestamp), key, value, headers });
              } catch (error) {
                end(error);
                throw error;
              }
              progress.advance(topic, partition, offset + 1);
            }
            await Promise.resolve();
          },
        }),
      );
      // A consumer that crashed meanwhile cannot be told anything any more.
      for (const { topic, partition, from } of hasCrashed ? [] : left) {
        consumer.seek({ topic, partition, offset: String(from) });
      }
      await ended;
    } finally {
      clearInterval(watch);
      signal.removeEventListener('abort', onAbort);
    }
  }

  async #asAdmin<Result>(
    work: (admin: Admin) => Promise<Result>,
    timeoutMs = this.#options.timeoutMs,
  ): Promise<Result> {
    const client = new KafkajsClient(this.#options.access, this.#options.logger);
    const admin = client.kafka.admin();
    try {
      await within({ ms: timeoutMs, what: 'connecting to Kafka' }, admin.connect());
      return await within({ ms: timeoutMs, what: 'asking Kafka' }, work(admin));
    } finally {
      await within({ ms: closeTimeoutMs, what: 'disconnecting from Kafka' }, admin.disconnect()).catch(() => {});
      client.cut();
    }
  }
}

function emptyIfMissing(error: unknown): never[] {
  if (isMissingTopic(error)) return [];
  throw error;
}
