import type { Findings } from './findings.ts';
import { hexOf, uuidOf } from './record-facts.ts';
import type { AbsentRow, LedgerWalk } from './row-walks.ts';
import type { Sighting, Sightings } from './sightings.ts';
import type { TopicHistory } from './topic-history.ts';

interface UnmatchedRecordsOptions {
  readonly findings: Findings;
  /** Whether events without a topic leave gaps between the sequences of a topic. */
  readonly leavesOutTypes: boolean;
  /** Rows without a record, whose record may be here under another ledger or sequence. */
  readonly absent: readonly AbsentRow[];
}

interface Unmatched extends Sighting {
  readonly topic: string;
  readonly sightings: Sightings;
  readonly repeats: number;
}

/** Events without a topic that may stand between two of another history. */
const leftOutMax = 1_000;

/** Sorts records that no row has by what they are. */
export class UnmatchedRecords {
  readonly #options: UnmatchedRecordsOptions;
  readonly #absentById: ReadonlyMap<string, AbsentRow>;
  readonly #altered = new Set<AbsentRow>();

  constructor(options: UnmatchedRecordsOptions) {
    this.#options = options;
    this.#absentById = new Map(options.absent.map((absent) => [hexOf(absent.row.eventId) ?? '', absent]));
  }

  /** Rows whose record was found under another ledger or sequence. */
  get altered(): ReadonlySet<AbsentRow> {
    return this.#altered;
  }

  /** Sorts what is left of one ledger in all topics. */
  sort(
    ledger: string,
    known: {
      readonly walk: LedgerWalk | undefined;
      readonly isLedger: boolean;
      readonly mayBeDropped: (sequence: number) => boolean;
      readonly topics: readonly TopicHistory[];
    },
  ): void {
    const { walk, isLedger, mayBeDropped, topics } = known;
    const aboveHead: Unmatched[] = [];
    for (const topic of topics) {
      for (const sightings of topic.sightingsOf(ledger)) {
        if (!sightings.hasOpen) continue;
        for (const sighting of sightings.takeOpen()) {
          const record = { ...sighting, topic: topic.name, sightings };
          if (this.#isAltered(ledger, record)) continue;
          if (walk === undefined) {
            if (isLedger) this.#leave(ledger, record);
            else this.#fault('phantom', { ledger, record, why: 'the database has no such ledger' });
          } else if (mayBeDropped(record.sequence)) this.#leave(ledger, record);
          else if (record.sequence > walk.head) aboveHead.push(record);
          else this.#sortTaken(ledger, record);
        }
      }
    }
    if (walk !== undefined) this.#sortAbove(ledger, walk.head, aboveHead);
  }

  /** The record of a row, under another ledger or sequence. */
  #isAltered(ledger: string, record: Unmatched): boolean {
    const absent = this.#absentById.get(record.id);
    if (absent === undefined || this.#altered.has(absent)) return false;
    this.#altered.add(absent);
    const { row } = absent;
    const why = `its row is event ${row.eventSequence} of ledger ${row.ledger}`;
    this.#fault('altered', { ledger, record, why });
    return true;
  }

  /**
   * A sequence that the outbox has under another id. Of a history that was lost the records came first, and the sequence was used again
   * after the restore; whoever sends what is none of our business comes second.
   */
  #sortTaken(ledger: string, record: Unmatched): void {
    const taken = record.sightings.matchedOffset(record.sequence);
    if (taken === undefined || record.offset < taken) {
      this.#fault('ahead', { ledger, record, why: 'the database has another event with this sequence' });
    } else this.#fault('phantom', { ledger, record, why: 'no row has this id' });
  }

  /** Sequences above the ledger's last: a history that was lost goes on where the database ends; anything else is a phantom. */
  #sortAbove(ledger: string, head: number, records: readonly Unmatched[]): void {
    const gapMax = this.#options.leavesOutTypes ? leftOutMax : 0;
    let last = head;
    for (const record of records.toSorted((one, other) => one.sequence - other.sequence)) {
      if (record.sequence - last - 1 <= gapMax) {
        last = record.sequence;
        const why = `the database ends at event ${head} of this ledger`;
        this.#fault('ahead', { ledger, record, why });
      } else this.#fault('phantom', { ledger, record, why: 'no row has this id' });
    }
  }

  #leave(ledger: string, { topic, repeats }: Unmatched): void {
    this.#options.findings.note('beyond-retention', { topic, ledger }, 1 + repeats);
    this.#options.findings.note('repeated', { topic, ledger }, -repeats);
  }

  #fault(
    kind: 'phantom' | 'ahead' | 'altered',
    fault: { readonly ledger: string; readonly record: Unmatched; readonly why: string },
  ): void {
    const { ledger, record, why } = fault;
    const { topic, sightings, offset, sequence, id, repeats } = record;
    const { partition } = sightings;
    const example = { why, topic, partition, offset, ledger, sequence, id: uuidOf(id) };
    // They were counted as repeats before it was known of what.
    this.#options.findings.fault(kind, repeats === 0 ? example : { ...example, times: 1 + repeats });
    this.#options.findings.note('repeated', { topic, ledger }, -repeats);
  }
}
