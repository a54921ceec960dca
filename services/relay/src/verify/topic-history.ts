import { partitionOfKey } from '../kafka/partition-of-key.ts';
import { Sightings, type PageBudget } from './sightings.ts';

/** What a partition holds when it is looked at: offsets from `low`, up to and without `high`. */
export interface PartitionRange {
  readonly topic: string;
  readonly partition: number;
  readonly low: number;
  readonly high: number;
}

interface PartitionState {
  low: number;
  /** Of the first record that was read. */
  firstTimestampMs: number | undefined;
}

/** The clocks of a database and of whoever gives records their time differ by less. */
const clocksApartMsMax = 60_000;

/** What was read of one topic. */
export class TopicHistory {
  readonly name: string;
  readonly #budget: PageBudget;
  readonly #partitions = new Map<number, PartitionState>();
  readonly #byLedger = new Map<string, Sightings[]>();
  records = 0;

  constructor(name: string, budget: PageBudget) {
    this.name = name;
    this.#budget = budget;
  }

  get ledgers(): ReadonlyMap<string, readonly Sightings[]> {
    return this.#byLedger;
  }

  /** Takes note of where the partitions begin now. */
  place({ partition, low }: PartitionRange): void {
    const known = this.#partitions.get(partition);
    if (known === undefined) this.#partitions.set(partition, { low, firstTimestampMs: undefined });
    else known.low = low;
  }

  /** Counts a record, of whatever kind. */
  count(partition: number, timestampMs: number): void {
    this.records += 1;
    const state = this.#partitions.get(partition);
    if (state !== undefined) state.firstTimestampMs ??= timestampMs;
  }

  /** The sightings of a ledger in a partition, made at the first record. */
  sightingsIn(ledger: string, partition: number): Sightings {
    const all = this.#byLedger.get(ledger);
    const known = all?.find((sightings) => sightings.partition === partition);
    if (known !== undefined) return known;
    const made = new Sightings(partition, this.#budget);
    if (all === undefined) this.#byLedger.set(ledger, [made]);
    else all.push(made);
    return made;
  }

  /** The sightings of a ledger, by partition; more than one where its partition changed. */
  sightingsOf(ledger: string): readonly Sightings[] {
    return this.#byLedger.get(ledger) ?? [];
  }

  /**
   * Whether a row's record may be gone because Kafka's retention removed the beginning of its partition. A row behind one whose record was
   * found cannot, and neither can one that is younger than what is left.
   */
  mayHaveExpired(ledger: string, key: string, atMs: number): boolean {
    const sightings = this.sightingsOf(ledger);
    if (sightings.some(({ hasMatched }) => hasMatched)) return false;
    if (this.#partitions.size === 0) return false;
    const places = new Set(sightings.map(({ partition }) => partition));
    places.add(partitionOfKey(key, this.#partitions.size));
    return [...places].some((partition) => {
      const state = this.#partitions.get(partition);
      if (state === undefined || state.low === 0) return false;
      return state.firstTimestampMs === undefined || atMs < state.firstTimestampMs + clocksApartMsMax;
    });
  }
}
