import type { RowFacts } from '@daybook/outbox';
import type { Counts } from './findings.ts';

/** A ledger as far as its rows were walked. */
export interface LedgerWalk {
  readonly lane: number;
  /** The sequence of the first row; those before it are not in the outbox any more. */
  readonly oldest: number;
  head: number;
  /** The seq of the last row. */
  lastSeq: number;
  /** The sequence of the last row that is due. */
  walkedTo: number;
  /** The least sequence that will never be verified. */
  firstFault: number;
  /** Sequences between rows, from and to inclusive, whose rows retention dropped. */
  readonly gaps: { readonly from: number; readonly to: number }[];
}

interface LaneWalk {
  lastSeq: number;
  /** The seq behind the last stretch of rows that retention dropped while it kept older ones. */
  holeEnd: number;
  walkedTo: number;
  firstFault: number;
}

/** A due row without its record. */
export interface AbsentRow {
  readonly row: RowFacts;
  readonly topic: string;
  isSetAside: boolean;
  isCounted: boolean;
}

export interface LedgerReport {
  readonly ledger: string;
  readonly lane: number;
  /** Every event from here … */
  readonly verifiedFrom: number;
  /** … to here is in its topic as it stands in the outbox, or was left out by a rule; one less than `verifiedFrom` where none is. */
  readonly verifiedUpTo: number;
  /** The last event of the ledger. */
  readonly head: number;
  readonly counts: Counts;
}

/** Rows whose record may still come are remembered, but no more than these. */
const absentMax = 100_000;

/** How far rows were walked, and which of them are without a record. */
export class RowWalks {
  readonly #ledgers = new Map<string, LedgerWalk>();
  readonly #lanes = new Map<number, LaneWalk>();
  readonly #absent = new Map<string, AbsentRow>();

  get absent(): readonly AbsentRow[] {
    return [...this.#absent.values()];
  }

  ledger(name: string): LedgerWalk | undefined {
    return this.#ledgers.get(name);
  }

  /** Goes on to a row of a lane that was walked up to it; `isDue` when the lane's position has reached it. */
  advance({ lane, seq }: RowFacts, isDue: boolean): void {
    const walk = this.#lane(lane);
    // Retention keeps an old partition that is still needed, and drops younger ones that are not.
    if (walk.lastSeq !== 0 && seq > walk.lastSeq + 1) walk.holeEnd = seq;
    walk.lastSeq = seq;
    if (isDue) walk.walkedTo = seq;
  }

  /** Ends the walk of a lane, whose last rows were dropped up to the floor if they do not reach it. */
  endLane(lane: number, floor: number): void {
    const walk = this.#lanes.get(lane);
    if (walk !== undefined && walk.lastSeq < floor) walk.holeEnd = floor;
  }

  /** Whether the row of an event was dropped, or may have been. */
  mayBeDropped(ledger: string, sequence: number): boolean {
    const walk = this.#ledgers.get(ledger);
    if (walk === undefined) return true;
    if (sequence < walk.oldest || walk.gaps.some(({ from, to }) => sequence >= from && sequence <= to)) return true;
    return sequence > walk.head && walk.lastSeq < this.#lane(walk.lane).holeEnd;
  }

  advanceLedger({ ledger, lane, seq, eventSequence }: RowFacts, isDue: boolean): void {
    let walk = this.#ledgers.get(ledger);
    if (walk === undefined) {
      const start = { walkedTo: 0, firstFault: Infinity, gaps: [] };
      walk = { ...start, lane, oldest: eventSequence, head: eventSequence, lastSeq: seq };
      this.#ledgers.set(ledger, walk);
    }
    if (eventSequence > walk.head + 1) walk.gaps.push({ from: walk.head + 1, to: eventSequence - 1 });
    walk.head = eventSequence;
    walk.lastSeq = seq;
    if (isDue) walk.walkedTo = eventSequence;
  }

  /** Remembers a row without a record; false when there are too many. */
  keepAbsent(absent: AbsentRow): boolean {
    if (this.#absent.size >= absentMax) return false;
    this.#absent.set(placeOf(absent.row.ledger, absent.row.eventSequence), absent);
    return true;
  }

  absentAt(ledger: string, sequence: number): AbsentRow | undefined {
    return this.#absent.get(placeOf(ledger, sequence));
  }

  /** The row's record came after all. */
  dropAbsent({ row }: AbsentRow): void {
    this.#absent.delete(placeOf(row.ledger, row.eventSequence));
  }

  /** Nothing verifies this row and what comes behind it any more. */
  spoil(row: RowFacts): void {
    const ledger = this.#ledgers.get(row.ledger);
    if (ledger !== undefined) ledger.firstFault = Math.min(ledger.firstFault, row.eventSequence);
    const lane = this.#lane(row.lane);
    lane.firstFault = Math.min(lane.firstFault, row.seq);
  }

  /** How far each ledger is verified, by name. */
  ledgerReports(countsOf: (ledger: string) => Counts): readonly LedgerReport[] {
    const missing = this.#leastMissing(({ ledger }) => ledger, 'eventSequence');
    return [...this.#ledgers]
      .map(([ledger, { lane, oldest, head, walkedTo, firstFault }]) => ({
        ledger,
        lane,
        verifiedFrom: oldest,
        verifiedUpTo: Math.min(Math.max(walkedTo, oldest - 1), firstFault - 1, (missing.get(ledger) ?? Infinity) - 1),
        head,
        counts: countsOf(ledger),
      }))
      .toSorted((one, other) => (one.ledger < other.ledger ? -1 : 1));
  }

  /** The seq up to which each lane is verified. */
  verifiedByLane(): ReadonlyMap<number, number> {
    const missing = this.#leastMissing(({ lane }) => lane, 'seq');
    return new Map(
      [...this.#lanes].map(([lane, { walkedTo, firstFault }]) => [
        lane,
        Math.min(walkedTo, firstFault - 1, (missing.get(lane) ?? Infinity) - 1),
      ]),
    );
  }

  #leastMissing<Key>(keyOf: (row: RowFacts) => Key, number: 'seq' | 'eventSequence'): ReadonlyMap<Key, number> {
    const least = new Map<Key, number>();
    for (const { row, isSetAside } of this.#absent.values()) {
      const key = keyOf(row);
      if (!isSetAside) least.set(key, Math.min(least.get(key) ?? Infinity, row[number]));
    }
    return least;
  }

  #lane(lane: number): LaneWalk {
    const known = this.#lanes.get(lane);
    if (known !== undefined) return known;
    const made = { lastSeq: 0, holeEnd: 0, walkedTo: 0, firstFault: Infinity };
    this.#lanes.set(lane, made);
    return made;
  }
}

function placeOf(ledger: string, sequence: number): string {
  return `${ledger}/${sequence}`;
}
