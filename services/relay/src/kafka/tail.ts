import type { Logger } from '@daybook/runtime';
import type { TailRecord, TopicTail } from '../takeover.ts';
import { recordFacts, uuidOf } from '../verify/record-facts.ts';
import type { KafkaAccess } from './access.ts';
import { TopicScan } from './topic-scan.ts';

interface KafkaTailOptions {
  readonly access: KafkaAccess;
  readonly logger: Logger;
  /** How long one question to the cluster, and the whole reading, may take. */
  readonly timeoutMs: number;
}

const fetchBytesMax = 1_048_576;

/** The ends of topics in Kafka. */
export class KafkaTail implements TopicTail {
  readonly #options: KafkaTailOptions;
  readonly #scan: TopicScan;

  constructor(options: KafkaTailOptions) {
    const { access, logger, timeoutMs } = options;
    this.#options = options;
    this.#scan = new TopicScan({ access, logger, timeoutMs, fetchBytesMax, stallMs: timeoutMs });
  }

  async read(
    topics: readonly string[],
    { sinceMs, recordsMax }: { readonly sinceMs: number | undefined; readonly recordsMax: number },
  ): Promise<readonly TailRecord[]> {
    const ranges = await this.#scan.ranges(topics);
    if (ranges.every(({ low, high }) => low === high)) return [];
    const since = sinceMs === undefined ? undefined : await this.#scan.offsetsAt(topics, sinceMs);
    const stretches = ranges.map(({ topic, partition, low, high }) => ({
      topic,
      partition,
      from: Math.max(low, high - recordsMax, since?.get(`${topic}/${partition}`) ?? low),
      end: high,
    }));
    const records: TailRecord[] = [];
    await this.#scan.read(stretches, {
      visit: (record) => {
        const facts = recordFacts(record);
        // One that was asked for once more says nothing of what was in flight.
        if (facts.kind !== 'event' || facts.isReplay) return;
        records.push({ topic: record.topic, ledger: facts.ledger, sequence: facts.sequence, id: uuidOf(facts.id) });
      },
      onProgress: () => {},
      signal: AbortSignal.timeout(this.#options.timeoutMs),
    });
    return records;
  }
}
