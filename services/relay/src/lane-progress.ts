import type { LaneCursor, Position, StoredRow } from '@daybook/outbox';
import type { Failure, Outcome } from './publisher.ts';

/** Consecutive rows of one lane, read together and sent together. */
export class Slice {
  readonly rows: readonly StoredRow[];
  readonly bytes: number;
  /** Rows that were sent and of which nothing was heard yet. */
  #pending = 0;
  readonly #failures = new Map<number, Failure>();
  readonly #leftOut = new Set<number>();

  constructor(rows: readonly StoredRow[]) {
    this.rows = rows;
    this.bytes = rows.reduce((sum, row) => sum + row.bytes, 0);
  }

  /** Counts one row as sent. */
  sent(): void {
    this.#pending += 1;
  }

  /** Leaves one row out that is set aside: it may have to be sent yet, should the slice be sent again. */
  leaveOut(seq: number): void {
    this.#leftOut.add(seq);
  }

  /** Whether nothing of a row is left to do. To be asked once the slice is settled. */
  isDone(seq: number): boolean {
    return !this.#failures.has(seq) && !this.#leftOut.has(seq);
  }

  /** Takes the outcome of one sent row. */
  settle(seq: number, outcome: Outcome): void {
    this.#pending -= 1;
    if (outcome.kind !== 'acknowledged') this.#failures.set(seq, outcome);
  }

  get isSettled(): boolean {
    return this.#pending === 0;
  }

  failureOf(seq: number): Failure | undefined {
    return this.#failures.get(seq);
  }

  get hasFailures(): boolean {
    return this.#failures.size > 0;
  }
}

/** The first row of a slice that was not acknowledged. */
export interface FirstFailure {
  readonly seq: number;
  readonly failure: Failure;
}

const none: ReadonlySet<number> = new Set();

/**
 * How far one lane is, in memory: acknowledged, in flight, read. It lets rows through only in sequence, without a gap, starting just
 * above what is acknowledged; from that alone follows the order of events, whoever else publishes the lane at the same time.
 *
 * One slice may be in flight, and one more read ahead. When some rows of a slice fail, those before the first failed one count as
 * acknowledged, those behind it that were acknowledged are remembered and not sent again, and no row behind the slice is sent before
 * all of it is acknowledged.
 */
export class LaneProgress {
  readonly lane: number;
  #acknowledged: Position;
  #readThrough: Position;
  #inFlight: Slice | undefined;
  /** Rows above the first failed one that were acknowledged or skipped. */
  #ahead: ReadonlySet<number> = none;
  /** The last row of the slice that failed. */
  #heldThrough = 0;
  /** What was read ahead could not be sent: nothing is read ahead again before the slice in flight lands. */
  #isReadAheadRefused = false;

  constructor(position: Position) {
    this.lane = position.lane;
    this.#acknowledged = position;
    this.#readThrough = position;
  }

  /** Every row up to here was acknowledged or skipped. */
  get acknowledged(): Position {
    return this.#acknowledged;
  }

  /** Where to read on. */
  get cursor(): LaneCursor {
    return this.#readThrough;
  }

  get isInFlight(): boolean {
    return this.#inFlight !== undefined;
  }

  /** Whether rows read now could be sent next. */
  get isReadable(): boolean {
    return !this.#isReadAheadRefused && (this.#heldThrough === 0 || this.#readThrough.seq < this.#heldThrough);
  }

  /** Takes rows read from the cursor on, up to the first sequence that is missing; `hole` where that is the very next one. */
  take(rows: readonly StoredRow[]): Slice | 'hole' {
    let seq = this.#readThrough.seq;
    const taken: StoredRow[] = [];
    for (const row of rows) {
      seq += 1;
      if (row.seq !== seq || (this.#heldThrough !== 0 && seq > this.#heldThrough)) break;
      taken.push(row);
    }
    const last = taken.at(-1);
    if (last === undefined) return 'hole';
    this.#readThrough = positionOf(last);
    return new Slice(taken);
  }

  /** Puts a slice in flight; false when it does not begin just above what is acknowledged, or another is still in flight. */
  begin(slice: Slice): boolean {
    if (this.#inFlight !== undefined || slice.rows[0]?.seq !== this.#acknowledged.seq + 1) return false;
    this.#inFlight = slice;
    return true;
  }

  /** Forgets what was read ahead, so that it is read again. */
  rewind(): void {
    const last = this.#inFlight?.rows.at(-1);
    this.#readThrough = last === undefined ? this.#acknowledged : positionOf(last);
    this.#isReadAheadRefused = last !== undefined;
  }

  /** Whether a row was acknowledged before, behind one that was not. */
  isAhead(seq: number): boolean {
    return this.#ahead.has(seq);
  }

  /** Ends the flight of a settled slice; gives the first row that must be sent again, if any. */
  land(slice: Slice): FirstFailure | undefined {
    if (slice !== this.#inFlight || !slice.isSettled) throw new Error(`lane ${this.lane}: this slice cannot land`);
    this.#inFlight = undefined;
    this.#isReadAheadRefused = false;
    const failed = slice.hasFailures ? slice.rows.findIndex((row) => slice.failureOf(row.seq) !== undefined) : -1;
    const good = slice.rows.at(failed === -1 ? -1 : failed - 1);
    if (good !== undefined && failed !== 0) this.#acknowledged = positionOf(good);
    const first = slice.rows[failed];
    const failure = first === undefined ? undefined : slice.failureOf(first.seq);
    if (first === undefined || failure === undefined) {
      if (this.#acknowledged.seq >= this.#heldThrough) {
        this.#heldThrough = 0;
        this.#ahead = none;
      }
      return undefined;
    }
    const known = [...this.#ahead].filter((seq) => seq > first.seq);
    const heard = slice.rows.filter((row) => row.seq > first.seq && slice.isDone(row.seq));
    this.#ahead = new Set([...known, ...heard.map((row) => row.seq)]);
    this.#heldThrough = Math.max(this.#heldThrough, slice.rows.at(-1)?.seq ?? 0);
    this.rewind();
    return { seq: first.seq, failure };
  }
}

function positionOf(row: StoredRow): Position {
  return { lane: row.lane, seq: row.seq, at: row.at };
}
