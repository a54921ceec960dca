/**
 * What is wrong with a topic.
 * - `missing`: a published row that the topic does not have.
 * - `phantom`: a record that no row has.
 * - `altered`: a row's record with other bytes, key, type, ledger or sequence.
 * - `out-of-order`: an event that first appeared behind a later one of its ledger, or a ledger that alternates between partitions.
 * - `ahead`: a record of another history: the database was restored to an older state, or failed over and lost commits.
 */
export const faultKinds = ['missing', 'phantom', 'altered', 'out-of-order', 'ahead'] as const;

/**
 * What is worth a word and no fault.
 * - `matched`: rows whose records were found.
 * - `repeated`: records that were there already. `replayed`: records that someone asked to be sent again.
 * - `late`: events that appeared behind later ones because a parked row was let pass.
 * - `set-aside`: rows that are parked, held back or discarded. `waiting`: rows that are not published yet.
 * - `unmapped`: rows whose type has no topic.
 * - `expired`: published rows whose records Kafka's retention removed. `beyond-retention`: records whose rows the outbox dropped.
 * - `elsewhere`: records of rows that another topic is for, under an earlier mapping. `moved`: ledgers whose partition changed.
 */
export const remarkKinds = [
  'matched',
  'repeated',
  'replayed',
  'late',
  'set-aside',
  'waiting',
  'unmapped',
  'expired',
  'beyond-retention',
  'elsewhere',
  'moved',
] as const;

export type FaultKind = (typeof faultKinds)[number];
export type RemarkKind = (typeof remarkKinds)[number];
export type FindingKind = FaultKind | RemarkKind;
export type Counts = Partial<Record<FindingKind, number>>;

/** Where a fault is; what is not known is left out. */
export interface FaultExample {
  readonly why: string;
  readonly topic: string;
  readonly partition?: number;
  readonly offset?: number;
  readonly ledger?: string;
  readonly sequence?: number;
  readonly id?: string;
  readonly lane?: number;
  readonly seq?: number;
  /** How many records are like this one, where there are several. */
  readonly times?: number;
}

/** How often a fault was found, and the first few places. */
export interface Fault {
  readonly count: number;
  readonly examples: readonly FaultExample[];
}

/** Enough to look into; the counts say how many there are. */
const examplesMax = 10;

/** Counts what is found, in all, by topic and by ledger; bounded in examples, however many faults there are. */
export class Findings {
  readonly #total: Counts = {};
  readonly #byTopic = new Map<string, Counts>();
  readonly #byLedger = new Map<string, Counts>();
  readonly #examples = new Map<FaultKind, FaultExample[]>();

  /** Counts something for the topic and ledger that it concerns. */
  note(kind: RemarkKind, at: { readonly topic?: string; readonly ledger?: string }, count = 1): void {
    this.#count(kind, at, count);
  }

  fault(kind: FaultKind, example: FaultExample): void {
    this.#count(kind, example, example.times ?? 1);
    const examples = this.#examples.get(kind) ?? [];
    this.#examples.set(kind, examples);
    if (examples.length < examplesMax) examples.push(example);
  }

  ofTopic(topic: string): Counts {
    return this.#byTopic.get(topic) ?? {};
  }

  ofLedger(ledger: string): Counts {
    return this.#byLedger.get(ledger) ?? {};
  }

  get total(): Counts {
    return this.#total;
  }

  get faults(): Readonly<Record<FaultKind, Fault>> {
    const of = (kind: FaultKind): Fault => ({
      count: this.#total[kind] ?? 0,
      examples: this.#examples.get(kind) ?? [],
    });
    return {
      missing: of('missing'),
      phantom: of('phantom'),
      altered: of('altered'),
      'out-of-order': of('out-of-order'),
      ahead: of('ahead'),
    };
  }

  #count(kind: FindingKind, at: { readonly topic?: string; readonly ledger?: string }, count: number): void {
    if (count === 0) return;
    this.#total[kind] = (this.#total[kind] ?? 0) + count;
    if (at.topic !== undefined) add(this.#byTopic, at.topic, kind, count);
    if (at.ledger !== undefined) add(this.#byLedger, at.ledger, kind, count);
  }
}

function add(to: Map<string, Counts>, name: string, kind: FindingKind, count: number): void {
  const counts = to.get(name) ?? {};
  to.set(name, counts);
  counts[kind] = (counts[kind] ?? 0) + count;
}
