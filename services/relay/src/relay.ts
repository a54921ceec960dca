import type { LaneCursor, Position, ReadLimits, StoredRow } from '@daybook/outbox';
import { createBackoff } from '@daybook/runtime';
import { Bell } from './bell.ts';
import { Dispatch, type RowRecord } from './dispatch.ts';
import type { FirstFailure, Slice } from './lane-progress.ts';
import type { HaltReason, Observe } from './observer.ts';
import { OwnedLane, type LaneStart, type LaneTrouble } from './owned-lane.ts';
import { PositionLog, type Statement } from './position-log.ts';
import type { Failure, Outcome, Publisher } from './publisher.ts';
import { SetAside, type LaneDecisions, type PoisonSettings, type SetAsideOutbox } from './set-aside.ts';
import type { TopicMapping } from './topic-mapping.ts';

/** What the loop needs of the outbox. Each call may be retried; `undefined` means that the relay was told to stop meanwhile. */
export interface RelayOutbox extends SetAsideOutbox {
  readNext(cursors: readonly LaneCursor[], limits: ReadLimits): Promise<readonly StoredRow[] | undefined>;
  /** Gives the lanes whose position was refused, since what it counts on is no longer so. */
  appendPositions(statement: Statement): Promise<readonly number[] | undefined>;
}

interface RelayOptions {
  readonly outbox: RelayOutbox;
  readonly publisher: Publisher;
  readonly mapping: TopicMapping;
  readonly observe: Observe;
  /** Whether the share is still ours; a relay that was paused past its death finds out here. */
  readonly mayPublish: () => boolean;
  readonly poison: PoisonSettings;
  /** A lane was let go, to be begun anew by whoever it belongs to. */
  readonly onDoubt: () => void;
  readonly batchRows: number;
  readonly batchBytes: number;
  readonly retryBaseMs: number;
  readonly retryMaxMs: number;
  /** Resolves after so many milliseconds, or when the signal aborts. */
  readonly delay: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * The fewest rows that one lane may have of a batch while it has them. With 64 busy lanes a batch of 500 then comes from eight of them
 * in turn: each lane in a batch costs one descent of the index and one position.
 */
const laneRowsMin = 64;

/** How many batches' bytes may wait for slow destinations before reading pauses. */
const batchesInFlightMax = 8;

/** A slice on its way, with the lane that it belongs to. */
interface Flight {
  readonly lane: OwnedLane;
  readonly slice: Slice;
}

interface LaneRecord extends RowRecord {
  readonly flight: Flight;
}

/**
 * The loop: it reads the next rows of all its lanes, sends them as one batch, waits for the acknowledgement and states the new
 * positions, while the rows after these are being read. All control flow of publishing is here; what must never happen (a row before its
 * predecessor, a gap) is kept from happening by `LaneProgress`.
 *
 * A lane whose rows fail waits and tries again by itself, for ever, while the others go on.
 */
export class Relay {
  readonly #options: RelayOptions;
  readonly #lanes = new Map<number, OwnedLane>();
  /** Lanes that may have rows to read, the longest waiting first. */
  #wanted = new Set<number>();
  readonly #bell = new Bell();
  readonly #stopping = new AbortController();
  #flights = 0;
  #bytesInFlight = 0;
  #landed = Promise.withResolvers<void>();
  readonly #dispatch: Dispatch;
  readonly #positions: PositionLog;
  readonly #setAside: SetAside;
  /** The database was away, and may have come back in an older state. */
  #wasAway = false;

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#dispatch = new Dispatch(options);
    this.#positions = new PositionLog({
      append: async (statement) => options.outbox.appendPositions(statement),
      onAppended: (positions) => options.observe({ kind: 'position-appended', positions }),
      onRefused: (lanes) => {
        for (const lane of lanes) this.#beginAnew(lane);
      },
    });
    this.#setAside = new SetAside({
      outbox: options.outbox,
      poison: options.poison,
      observe: options.observe,
      topicOf: (row) => this.#dispatch.topicOf(row),
      deliver: async (rows) => this.#dispatch.deliver(rows),
      mayGoOn: (lane) => this.#isOwned(lane) && options.mayPublish() && !this.#stopping.signal.aborted,
      wake: (lane) => this.wake([lane.id]),
      beginAnew: (lane) => {
        if (this.#isOwned(lane)) this.#beginAnew(lane.id);
      },
    });
  }

  /** Begins to publish lanes, just above their positions. */
  own(starts: readonly LaneStart[]): void {
    for (const start of starts) {
      const { position, ahead } = start;
      if (this.#lanes.has(position.lane)) continue;
      const backoff = createBackoff({ baseMs: this.#options.retryBaseMs, maxMs: this.#options.retryMaxMs });
      const lane = new OwnedLane(start, backoff);
      this.#lanes.set(position.lane, lane);
      this.#options.observe({ kind: 'lane-started', position });
      if (ahead !== undefined) this.#stopAhead(lane, ahead);
    }
    this.wake(starts.map(({ position }) => position.lane));
  }

  /** Carries out what was decided about lanes of ours; those of others are left out. */
  heed(decisions: ReadonlyMap<number, LaneDecisions>): void {
    for (const [id, ofLane] of decisions) {
      const lane = this.#lanes.get(id);
      if (lane !== undefined) this.#setAside.heed(lane, ofLane);
    }
  }

  /** Lets lanes go: reads and sends nothing more of them, finishes what is in flight and states its positions. */
  async release(lanes: readonly number[]): Promise<void> {
    await Promise.all(lanes.map(async (lane) => this.#release(lane)));
    await this.#positions.stated();
  }

  /** The lanes that this relay publishes now. */
  get lanes(): readonly number[] {
    return [...this.#lanes.keys()];
  }

  /** Those that the next relay may begin without a look into their topics: with what it would find there this one stands still. */
  get lanesInOrder(): readonly number[] {
    return [...this.#lanes.values()].filter((lane) => lane.trouble?.kind !== 'ahead').map((lane) => lane.id);
  }

  /** Where the lanes stand that would not be read without being woken. */
  get idleCursors(): readonly LaneCursor[] {
    return [...this.#lanes.values()]
      .filter((lane) => lane.isReadable && !this.#wanted.has(lane.id))
      .map((lane) => lane.progress.cursor);
  }

  /** Up to where each lane of ours was acknowledged. */
  get acknowledged(): readonly Position[] {
    return [...this.#lanes.values()].map((lane) => lane.progress.acknowledged);
  }

  /** The lanes of ours that someone paused. */
  get pausedLanes(): readonly number[] {
    return [...this.#lanes.values()].filter((lane) => lane.isPaused).map((lane) => lane.id);
  }

  /** How much of what may be in flight is, from 0 to 1; a single large row may take it above. */
  get bufferFill(): number {
    return this.#bytesInFlight / (this.#options.batchBytes * batchesInFlightMax);
  }

  /** The lanes that wait after a failure. */
  get troubles(): readonly LaneTrouble[] {
    return [...this.#lanes.values()].flatMap((lane) => (lane.trouble === undefined ? [] : [lane.trouble]));
  }

  /** For how long a lane has not advanced, in milliseconds; undefined for a lane of others and for one that is paused. */
  sinceAdvanceMs(lane: number): number | undefined {
    const owned = this.#lanes.get(lane);
    return owned === undefined || owned.isPaused ? undefined : performance.now() - owned.advancedAtMs;
  }

  /** Says that lanes may have new rows; without an argument, that any may. */
  wake(lanes: Iterable<number> = this.#lanes.keys()): void {
    for (const lane of lanes) {
      if (this.#lanes.has(lane)) this.#wanted.add(lane);
    }
    this.#bell.ring();
  }

  /**
   * To be called when the database is lost: what is in flight, and what was read before, is of a history that it may not have any more when
   * it is back. From now on each position is stated only over a row that is there.
   */
  distrust(): void {
    this.#wasAway = true;
  }

  /**
   * States all positions again: a crash of the database may have lost the last of them. One that is there already costs nothing. Where the
   * row of a position is not there any more, the database went back to an older state, and the lane is begun anew.
   */
  stateAgain(): void {
    this.distrust();
    for (const lane of this.#lanes.values()) if (lane.progress.acknowledged.seq > 0) this.#statePosition(lane);
  }

  /** Runs until `stop`. Rejects only on a defect. */
  async run(): Promise<void> {
    let next = this.#nextBatch();
    for (;;) {
      const batch = await next;
      if (batch === undefined) return;
      // Read while the batch is in the air.
      next = this.#nextBatch();
      next.catch(() => {});
      await this.#send(batch);
    }
  }

  /** Reads no more. `settled` tells when what is in flight is finished. */
  stop(): void {
    this.#stopping.abort();
    this.#bell.ring();
  }

  /** Resolves when nothing is in flight and all positions are stated. */
  async settled(): Promise<void> {
    while (this.#flights > 0) await this.#landed.promise;
    await this.#setAside.settled();
    await this.#positions.stated();
  }

  async #release(lane: number): Promise<void> {
    const owned = this.#lanes.get(lane);
    if (owned === undefined) return;
    this.#lanes.delete(lane);
    this.#wanted.delete(lane);
    await owned.landed();
    this.#options.observe({ kind: 'lane-released', lane });
  }

  /** Forgets what is thought about a lane. Whoever shares out the lanes begins it again, from what the database says. */
  #beginAnew(lane: number): void {
    this.#options.observe({ kind: 'lane-doubted', lane });
    void this.release([lane]).then(this.#options.onDoubt);
  }

  /** Rows that can be sent next. Waits until there are some; undefined when told to stop. */
  async #nextBatch(): Promise<readonly Flight[] | undefined> {
    while (!this.#stopping.signal.aborted) {
      const asked = this.#takeWanted();
      if (asked.length === 0) {
        await this.#bell.heard();
        continue;
      }
      const flights = await this.#read(asked);
      if (flights.length > 0) return flights;
    }
    return undefined;
  }

  #takeWanted(): readonly OwnedLane[] {
    if (this.#bytesInFlight >= this.#options.batchBytes * batchesInFlightMax) return [];
    const asked = [...this.#wanted]
      .map((id) => this.#lanes.get(id))
      .filter((lane) => lane !== undefined)
      .filter((lane) => lane.isReadable);
    // Emptied before the read: whoever rings meanwhile may mean rows that it does not see. A lane that cannot be read now is woken when
    // it can.
    this.#wanted.clear();
    return asked;
  }

  async #read(asked: readonly OwnedLane[]): Promise<readonly Flight[]> {
    const { outbox, batchRows, batchBytes, observe } = this.#options;
    const limits: ReadLimits = {
      rows: batchRows,
      rowsPerLane: Math.max(Math.min(laneRowsMin, batchRows), Math.ceil(batchRows / asked.length)),
      bytes: batchBytes,
    };
    const rows = await outbox.readNext(
      asked.map((lane) => lane.progress.cursor),
      limits,
    );
    if (rows === undefined) return [];
    const byLane = Map.groupBy(rows, (row) => row.lane);
    const flights: Flight[] = [];
    const mayHaveMore: number[] = [];
    for (const lane of asked) {
      const laneRows = byLane.get(lane.id);
      if (laneRows === undefined || !this.#isOwned(lane)) continue;
      const slice = await this.#take(lane, laneRows, limits);
      if (slice === undefined) continue;
      flights.push({ lane, slice });
      if (laneRows.length >= limits.rowsPerLane || slice.rows.length < laneRows.length) {
        mayHaveMore.push(lane.id);
      }
    }
    this.#wantAgain(asked, { rows, limits, mayHaveMore });
    observe({ kind: 'rows-read', rows: rows.length, lanes: byLane.size });
    return flights;
  }

  /** Lanes that the limits of the batch cut off go before those that rang meanwhile, and lanes that may have more behind them. */
  #wantAgain(
    asked: readonly OwnedLane[],
    read: { readonly rows: readonly StoredRow[]; readonly limits: ReadLimits; readonly mayHaveMore: readonly number[] },
  ): void {
    const { rows, limits, mayHaveMore } = read;
    const last = rows.at(-1)?.lane;
    const isCut = last !== undefined && (rows.length >= limits.rows || sumOfBytes(rows) >= limits.bytes);
    const ids = asked.map((lane) => lane.id);
    const unserved = isCut ? ids.slice(ids.indexOf(last) + 1) : [];
    this.#wanted = new Set([...unserved, ...this.#wanted, ...mayHaveMore, ...(isCut ? [last] : [])]);
  }

  /** Rows as a slice. At a hole it looks again in all partitions, and halts the lane if the hole is still there. */
  async #take(lane: OwnedLane, rows: readonly StoredRow[], limits: ReadLimits): Promise<Slice | undefined> {
    const { progress } = lane;
    const slice = progress.take(rows);
    if (slice !== 'hole') return slice;
    const again = await this.#options.outbox.readNext([{ ...progress.cursor, at: '-infinity' }], limits);
    if (again === undefined || !this.#isOwned(lane)) return undefined;
    const found = again.length === 0 ? 'hole' : progress.take(again);
    if (found !== 'hole') return found;
    const seq = progress.cursor.seq + 1;
    const error = new Error(`no outbox row of lane ${progress.lane} has sequence ${seq}, though later ones exist`);
    this.#halt(lane, { lane: progress.lane, seq, kind: 'hole', failure: undefined, error });
    return undefined;
  }

  async #send(flights: readonly Flight[]): Promise<void> {
    // What is acknowledged and not stated is repeated after a crash: no more than the batch before may be.
    await this.#positions.takenUp();
    const begun = flights.filter((flight) => this.#begin(flight));
    const records = begun.flatMap((flight) =>
      this.#dispatch.recordsOf(flight.lane, flight.slice).map((record): LaneRecord => ({ ...record, flight })),
    );
    for (const flight of begun) if (flight.slice.isSettled) this.#land(flight);
    if (records.length === 0) return;
    await this.#dispatch.publish(records, (settled, outcome) => this.#settle(settled, outcome));
  }

  /** Takes off, unless the lane was let go, its rows before these failed or are still in the air, or it may not be ours any more. */
  #begin({ lane, slice }: Flight): boolean {
    if (!this.#isOwned(lane)) return false;
    const mayPublish = this.#options.mayPublish();
    if (!lane.mayTakeOff || !mayPublish || !lane.progress.begin(slice)) {
      lane.progress.rewind();
      // A share that has lapsed is taken anew, with the positions of then, which wakes the lane.
      if (mayPublish && lane.isReadable) this.wake([lane.id]);
      return false;
    }
    this.#flights += 1;
    this.#bytesInFlight += slice.bytes;
    return true;
  }

  #settle(records: readonly LaneRecord[], outcome: Outcome): void {
    for (const { flight, row } of records) {
      flight.slice.settle(row.seq, outcome);
      if (flight.slice.isSettled) this.#land(flight);
    }
  }

  #land({ lane, slice }: Flight): void {
    const { progress } = lane;
    const before = progress.acknowledged.seq;
    const wasReadable = progress.isReadable;
    const first = progress.land(slice);
    this.#flights -= 1;
    this.#bytesInFlight -= slice.bytes;
    if (progress.acknowledged.seq > before) {
      lane.advancedAtMs = performance.now();
      this.#statePosition(lane);
    }
    if (first === undefined) this.#resume(lane, !wasReadable);
    else this.#fail({ lane, slice }, first);
    lane.noteLanding();
    this.#landed.resolve();
    this.#landed = Promise.withResolvers<void>();
    this.#bell.ring();
  }

  #statePosition(lane: OwnedLane): void {
    this.#positions.state(lane.progress.acknowledged, () => lane.heldKeys, { mustExist: this.#wasAway });
  }

  #resume(lane: OwnedLane, mayHaveMore: boolean): void {
    lane.backoff.reset();
    this.#setAside.notePassed(lane);
    if (lane.trouble !== undefined) {
      lane.trouble = undefined;
      this.#options.observe({ kind: 'lane-resumed', lane: lane.id });
    }
    if (mayHaveMore) this.wake([lane.id]);
  }

  #fail({ lane, slice }: Flight, { seq, failure }: FirstFailure): void {
    switch (failure.kind) {
      case 'poison': {
        const row = slice.rows.find((each) => each.seq === seq);
        if (row !== undefined) void this.#refuse(lane, row, failure);
        return;
      }
      case 'retry':
      case 'fatal':
        this.#hold(lane, seq, failure);
    }
  }

  /** Tries again after a while. */
  #hold(lane: OwnedLane, seq: number, failure: Failure): void {
    const delayMs = failure.kind === 'fatal' ? this.#options.retryMaxMs : lane.backoff.next();
    lane.trouble = { lane: lane.id, seq, failure, error: failure.error, kind: 'held' };
    const attempt = lane.backoff.attempts;
    this.#options.observe({ kind: 'lane-held', lane: lane.id, seq, attempt, delayMs, failure });
    void this.#waitAndWake(lane, delayMs);
  }

  async #refuse(lane: OwnedLane, row: StoredRow, failure: Failure): Promise<void> {
    lane.isWaiting = true;
    const next = await this.#setAside.refuse(lane, row, failure);
    lane.isWaiting = false;
    if (!this.#isOwned(lane)) return;
    switch (next) {
      case 'again':
        this.#hold(lane, row.seq, failure);
        return;
      case 'halt':
        this.#halt(lane, { lane: lane.id, seq: row.seq, kind: 'poison', failure, error: failure.error });
        return;
      case 'passed':
        this.#resume(lane, true);
    }
  }

  /** Nothing of the lane may be sent: consumers that drop repeats by sequence would drop other events. */
  #stopAhead(lane: OwnedLane, error: Error): void {
    const seq = lane.progress.acknowledged.seq + 1;
    lane.isWaiting = true;
    lane.trouble = { lane: lane.id, seq, kind: 'ahead', failure: undefined, error };
    this.#options.observe({ kind: 'lane-halted', lane: lane.id, seq, reason: 'ahead', error });
  }

  /** A halted lane looks again now and then, since what stopped it can be put right without a restart. */
  #halt(lane: OwnedLane, trouble: LaneTrouble & { readonly kind: HaltReason }): void {
    const isKnown = lane.trouble?.kind === trouble.kind && lane.trouble.seq === trouble.seq;
    lane.trouble = trouble;
    const { seq, kind, error } = trouble;
    if (!isKnown) this.#options.observe({ kind: 'lane-halted', lane: trouble.lane, seq, reason: kind, error });
    void this.#waitAndWake(lane, this.#options.retryMaxMs);
  }

  async #waitAndWake(lane: OwnedLane, delayMs: number): Promise<void> {
    lane.isWaiting = true;
    await this.#options.delay(delayMs, this.#stopping.signal);
    lane.isWaiting = false;
    if (this.#isOwned(lane)) this.wake([lane.id]);
  }

  #isOwned(lane: OwnedLane): boolean {
    return this.#lanes.get(lane.id) === lane;
  }
}

function sumOfBytes(rows: readonly StoredRow[]): number {
  return rows.reduce((sum, row) => sum + row.bytes, 0);
}
