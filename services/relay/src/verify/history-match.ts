import type { RowFacts } from '@daybook/outbox';
import type { TopicMapping } from '../topic-mapping.ts';
import { Findings, type FaultExample } from './findings.ts';
import { hexOf, recordFacts, uuidOf, type TopicRecord } from './record-facts.ts';
import { RowWalks, type LedgerReport } from './row-walks.ts';
import { found, pageBytes, type PageBudget, type Sighting, type Sightings } from './sightings.ts';
import { TopicHistory, type PartitionRange } from './topic-history.ts';
import { UnmatchedRecords } from './unmatched-records.ts';

interface HistoryMatchOptions {
  readonly mapping: TopicMapping;
  /** The most memory for what was read of the topics. */
  readonly memoryBytesMax: number;
  /** The only ledgers to look at; all without it. */
  readonly ledgers?: ReadonlySet<string> | undefined;
}

/** What the relays decided about a row. */
export interface RowStanding {
  /** Parked, held back or discarded: not published, and rightly so. */
  readonly isSetAside: boolean;
  /** Parked under the policy that lets later rows pass, so it has lost its place. */
  readonly isExcused: boolean;
}

type Sought = Omit<Sighting, 'offset'>;

/**
 * Holds what topics have against what the outbox has. Records are seen first, then rows are walked by lane and sequence, then `finish` says
 * what is left. That may go on any number of times, each time with what is new.
 */
export class HistoryMatch {
  readonly findings = new Findings();
  readonly #options: HistoryMatchOptions;
  readonly #budget: PageBudget;
  readonly #topics = new Map<string, TopicHistory>();
  readonly #walks = new RowWalks();
  readonly #alternating = new Set<string>();

  constructor(options: HistoryMatchOptions) {
    this.#options = options;
    this.#budget = { pagesLeft: Math.ceil(options.memoryBytesMax / pageBytes) };
  }

  get topics(): readonly TopicHistory[] {
    return [...this.#topics.values()];
  }

  /** How far each ledger is verified, by name. */
  get ledgers(): readonly LedgerReport[] {
    return this.#walks.ledgerReports((ledger) => this.findings.ofLedger(ledger));
  }

  /** The seq up to which each lane is verified. */
  get verifiedByLane(): ReadonlyMap<number, number> {
    return this.#walks.verifiedByLane();
  }

  /** Takes note of where a partition begins. */
  place(range: PartitionRange): void {
    this.#topic(range.topic).place(range);
  }

  /**
   * Takes note of a record; those of a partition by offset.
   *
   * @throws SightingsFullError when the memory for it is used up
   */
  see(record: TopicRecord): void {
    const topic = this.#topic(record.topic);
    topic.count(record.partition, record.timestampMs);
    const facts = recordFacts(record);
    const { partition, offset } = record;
    if (facts.kind === 'foreign') {
      if (this.#options.ledgers === undefined) {
        this.findings.fault('phantom', { why: facts.why, topic: topic.name, partition, offset });
      }
      return;
    }
    const { ledger, sequence, id, digest, isReplay } = facts;
    if (!this.#concerns(ledger)) return;
    const place = { topic: topic.name, ledger };
    if (isReplay) this.findings.note('replayed', place);
    const seen = topic.sightingsIn(ledger, partition).add({ sequence, offset, id, digest }, isReplay);
    switch (seen) {
      case 'first':
      case 'conflict':
        return;
      case 'repeat':
        if (!isReplay) this.findings.note('repeated', place);
        return;
      case 'dropped': {
        // Its place was verified and forgotten; but a row that was absent then may have come after all.
        const absent = this.#walks.absentAt(ledger, sequence);
        if (absent !== undefined && hexOf(absent.row.eventId) === id && absent.row.digest === digest) {
          this.#walks.dropAbsent(absent);
        } else if (!isReplay) this.findings.note('repeated', place);
        return;
      }
      case 'surplus': {
        const why = 'too many other records claim this sequence';
        this.findings.fault('phantom', { why, ...place, partition, offset, sequence, id: uuidOf(id) });
        return;
      }
    }
  }

  /** Looks again for the rows that had no record so far. */
  lookAgain(standingOf: (row: RowFacts) => RowStanding): void {
    for (const absent of this.#walks.absent) {
      const { isSetAside, isExcused } = standingOf(absent.row);
      const bits = this.#matchIn(absent.topic, absent.row, {
        sought: soughtOf(absent.row),
        isExcused,
        isDue: false,
      });
      if ((bits & (found.same | found.replayed)) !== 0) this.#walks.dropAbsent(absent);
      else absent.isSetAside = isSetAside;
    }
  }

  /**
   * Looks for the record of a row. Rows come by lane and sequence; those that are not due, which means that the lane's position has not
   * reached them, come again once they are.
   */
  walk(row: RowFacts, standing: RowStanding & { readonly isDue: boolean }): void {
    const { findings } = this;
    const { ledger } = row;
    const { isDue, isSetAside, isExcused } = standing;
    this.#walks.advance(row, isDue);
    if (!this.#concerns(ledger)) return;
    this.#walks.advanceLedger(row, isDue);
    const topic = this.#options.mapping.topicOf(row.type, ledger);
    const sought = soughtOf(row);
    this.#matchElsewhere(row, sought, topic);
    if (topic === undefined) {
      if (isDue) findings.note('unmapped', { ledger });
      return;
    }
    const place = { topic, ledger };
    const bits = this.#matchIn(topic, row, { sought, isExcused, isDue });
    if ((bits & found.altered) !== 0) {
      this.#walks.spoil(row);
      this.#fault('altered', row, {
        why: 'the record with its id has other bytes, another key or another type',
        topic,
      });
    } else if (bits !== 0) {
      if (isDue && (bits & found.alteredBefore) === 0) findings.note('matched', place);
    } else if (!isDue) {
      findings.note('waiting', place);
    } else if (isSetAside) {
      findings.note('set-aside', place);
      this.#walks.keepAbsent({ row, topic, isSetAside, isCounted: false });
    } else if (this.#topics.get(topic)?.mayHaveExpired(ledger, row.key, atMsOf(row)) === true) {
      findings.note('expired', place);
    } else if (!this.#walks.keepAbsent({ row, topic, isSetAside, isCounted: false })) {
      this.#walks.spoil(row);
      this.#missing(row, topic);
    }
  }

  /** Ends the walk of a lane, whose last rows were dropped up to the floor if they do not reach it. */
  endLane(lane: number, floor: number): void {
    this.#walks.endLane(lane, floor);
  }

  /**
   * Says what is left: records without a row, rows without a record, and what is out of order.
   *
   * @param isLedger whether the database knows a ledger, of which no row may be left
   */
  finish(isLedger: (name: string) => boolean): void {
    const { findings, topics } = this;
    const unmatched = new UnmatchedRecords({
      findings,
      leavesOutTypes: this.#options.mapping.leavesOutTypes,
      absent: this.#walks.absent.filter(({ isCounted, isSetAside }) => !isCounted && !isSetAside),
    });
    for (const ledger of new Set(topics.flatMap((topic) => [...topic.ledgers.keys()]))) {
      unmatched.sort(ledger, {
        walk: this.#walks.ledger(ledger),
        isLedger: isLedger(ledger),
        mayBeDropped: (sequence) => this.#walks.mayBeDropped(ledger, sequence),
        topics,
      });
    }
    for (const absent of unmatched.altered) {
      this.#walks.dropAbsent(absent);
      this.#walks.spoil(absent.row);
    }
    for (const absent of this.#walks.absent) {
      if (absent.isCounted || absent.isSetAside) continue;
      absent.isCounted = true;
      this.#missing(absent.row, absent.topic);
    }
    for (const topic of topics) {
      for (const [ledger, sightings] of topic.ledgers) {
        for (const each of sightings) if (each.hasLate) this.#judgeOrder({ topic: topic.name, ledger }, each);
        if (sightings.length > 1) this.#judgePartitions({ topic: topic.name, ledger }, sightings);
      }
    }
  }

  /** Forgets what was verified, so that it takes no more memory. */
  forgetVerified(): void {
    for (const topic of this.topics) {
      for (const [ledger, sightings] of topic.ledgers) {
        const walk = this.#walks.ledger(ledger);
        if (walk !== undefined) for (const each of sightings) each.dropBelow(walk.walkedTo);
      }
    }
  }

  #concerns(ledger: string): boolean {
    return this.#options.ledgers?.has(ledger) ?? true;
  }

  #topic(name: string): TopicHistory {
    const known = this.#topics.get(name);
    if (known !== undefined) return known;
    const made = new TopicHistory(name, this.#budget);
    this.#topics.set(name, made);
    return made;
  }

  #matchIn(
    topic: string,
    row: RowFacts,
    how: { readonly sought: Sought; readonly isExcused: boolean; readonly isDue: boolean },
  ): number {
    const sightings = this.#topics.get(topic)?.sightingsOf(row.ledger) ?? [];
    let bits = 0;
    let places = 0;
    let place: Sightings | undefined;
    for (const each of sightings) {
      const here = each.match(how.sought, how);
      bits |= here;
      if ((here & found.same) !== 0) {
        places += 1;
        place = each;
      }
    }
    if (sightings.length > 1 && places === 1) place?.noteExclusive(row.eventSequence);
    if (places > 1 && how.isDue) this.findings.note('repeated', { topic, ledger: row.ledger }, places - 1);
    return bits;
  }

  /** Records of this row in topics that it does not go to by the mapping as it is now. Replays go where they were told to. */
  #matchElsewhere(row: RowFacts, sought: Sought, topic: string | undefined): void {
    for (const [name, history] of this.#topics) {
      if (name === topic) continue;
      for (const each of history.sightingsOf(row.ledger)) {
        const bits = each.match(sought, { isExcused: true });
        if ((bits & found.same) !== 0) this.findings.note('elsewhere', { topic: name, ledger: row.ledger });
      }
    }
  }

  #judgeOrder(place: { readonly topic: string; readonly ledger: string }, sightings: Sightings): void {
    for (const { sequence, offset, id, isExcused } of sightings.takeLate()) {
      if (isExcused) this.findings.note('late', place);
      else {
        const why = 'first appeared behind a later event of its ledger';
        const { partition } = sightings;
        this.findings.fault('out-of-order', { why, ...place, partition, offset, sequence, id: uuidOf(id) });
      }
    }
  }

  /**
   * A ledger whose partition changed has its earlier events in one and its later ones in another, with repeats of the moment in both. Where
   * the events that only one partition has are mixed, no consumer sees the ledger's order.
   */
  #judgePartitions(place: { readonly topic: string; readonly ledger: string }, sightings: readonly Sightings[]): void {
    const ranges = sightings
      .flatMap(({ exclusive, partition }) => (exclusive === undefined ? [] : [{ ...exclusive, partition }]))
      .toSorted((one, other) => one.from - other.from);
    const key = `${place.topic}/${place.ledger}`;
    if (ranges.length < 2 || this.#alternating.has(key)) return;
    const overlap = ranges.find(({ from }, index) => index > 0 && from <= (ranges[index - 1]?.to ?? 0));
    if (overlap === undefined) {
      if (this.findings.ofLedger(place.ledger).moved === undefined) this.findings.note('moved', place);
      return;
    }
    this.#alternating.add(key);
    const partitions = ranges.map(({ partition }) => partition).join(' and ');
    const why = `the ledger alternates between partitions ${partitions}`;
    this.findings.fault('out-of-order', { why, ...place, sequence: overlap.from });
  }

  #missing(row: RowFacts, topic: string): void {
    const why = this.#topics.has(topic) ? 'published, and not in the topic' : 'published, and its topic does not exist';
    this.#fault('missing', row, { why, topic });
  }

  #fault(kind: 'altered' | 'missing', row: RowFacts, at: Pick<FaultExample, 'why' | 'topic'>): void {
    const { ledger, eventSequence: sequence, eventId: id, lane, seq } = row;
    this.findings.fault(kind, { ...at, ledger, sequence, id, lane, seq });
  }
}

function soughtOf({ eventSequence, eventId, digest }: RowFacts): Sought {
  return { sequence: eventSequence, id: hexOf(eventId) ?? '', digest };
}

/** PostgreSQL's text of a moment in UTC, in milliseconds since 1970. */
function atMsOf({ at }: RowFacts): number {
  return Date.parse(at.replace(' ', 'T').replace(/\+00$/, 'Z'));
}
