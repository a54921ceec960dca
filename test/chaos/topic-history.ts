import { readWholeTopic, type TopicRecord } from '../../packages/stack/src/testing/index.ts';

/** The records of one topic over all its lives: each time it is deleted and made again, another begins. */
export class TopicHistory {
  readonly #brokers: readonly string[];
  readonly #topic: string;
  /** The records of the lives that have ended, whole. */
  readonly #ended: TopicRecord[] = [];
  /** Those of the present life that were read so far. */
  #present: TopicRecord[] = [];

  constructor(brokers: readonly string[], topic: string) {
    this.#brokers = brokers;
    this.#topic = topic;
  }

  /** All records so far; only what was appended since the last time is read. */
  async readOn(): Promise<readonly TopicRecord[]> {
    const next = new Map<number, number>();
    for (const { partition, offset } of this.#present)
      next.set(partition, Math.max(offset + 1, next.get(partition) ?? 0));
    this.#present.push(...(await readWholeTopic(this.#brokers, this.#topic, next)));
    return [...this.#ended, ...this.#present];
  }

  /** All records so far, those of the present life read anew from their beginning. */
  async readAnew(): Promise<readonly TopicRecord[]> {
    this.#present = await readWholeTopic(this.#brokers, this.#topic);
    return [...this.#ended, ...this.#present];
  }

  /** The topic is about to be deleted, and nobody appends to it any more. */
  async endLife(): Promise<void> {
    this.#ended.push(...(await readWholeTopic(this.#brokers, this.#topic)));
    this.#present = [];
  }
}
