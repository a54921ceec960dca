import { recordHeaders } from '@daybook/events';
import type { LaneCursor, Position, ReadLimits, StoredRow } from '@daybook/outbox';
import { createBackoff, type Backoff } from '@daybook/runtime';
import { Bell } from './bell.ts';
import { LaneProgress, type FirstFailure, type Slice } from './lane-progress.ts';
import type { HaltReason, Observe } from './observer.ts';
import { PositionLog } from './position-log.ts';
import type { Failure, OutgoingRecord, Outcome, Publisher } from './publisher.ts';
import type { TopicMapping } from './topic-mapping.ts';

/** What the loop needs of the outbox. Each call may be retried; `undefined` means that the relay was told to stop meanwhile. */
interface RelayOutbox {
  readNext(cursors: readonly LaneCursor[], limits: ReadLimits): Promise<readonly StoredRow[] | undefined>;
  appendPositions(positions: readonly Position[]): Promise<true | undefined>;
}

interface RelayOptions {
  readonly outbox: RelayOutbox;
  readonly publisher: Publisher;
  readonly mapping: TopicMapping;
  readonly observe: Observe;
  /** Whether the share is still ours; a relay that was paused past its death finds out here. */
  readonly mayPublish: () => boolean;
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

/** Why a lane makes no progress, for readiness. */
export interface LaneTrouble {
  readonly lane: number;
  readonly seq: number;
  readonly kind: HaltReason | 'held';
  /** What the publisher said, where it did. */
  readonly failure: Failure | undefined;
  readonly error: Error;
}

/** A lane of ours. */
interface OwnedLane {
  readonly progress: LaneProgress;
  readonly backoff: Backoff;
  /** Waiting to try again after a failure. */
  isWaiting: boolean;
  trouble: LaneTrouble | undefined;
  /** When it was started or its position last moved, on the monotonic clock. */
  advancedAtMs: number;
  /** Called at the next landing, when the lane was let go while a slice was in flight. */
  onLanded: () => void;
}

/** A slice on its way, with the lane that it belongs to. */
interface Flight {
  readonly lane: OwnedLane;
  readonly slice: Slice;
}

interface LaneRecord extends OutgoingRecord {
  readonly flight: Flight;
  readonly seq: number;
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
  readonly #positions: PositionLog;

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#positions = new PositionLog({
      append: async (positions) => options.outbox.appendPositions(positions),
      onAppended: (positions) => options.observe({ kind: 'position-appended', positions }),
    });
  }

  /** Begins to publish lanes, just above the positions given. */
  own(positions: readonly Position[]): void {
    for (const position of positions) {
      if (this.#lanes.has(position.lane)) continue;
      this.#lanes.set(position.lane, {
        progress: new LaneProgress(position),
        backoff: createBackoff({ baseMs: this.#options.retryBaseMs, maxMs: this.#options.retryMaxMs }),
        isWaiting: false,
        trouble: undefined,
        advancedAtMs: performance.now(),
        onLanded: () => {},
      });
      this.#options.observe({ kind: 'lane-started', position });
    }
    this.wake(positions.map((position) => position.lane));
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

  /** Where the lanes stand that would not be read without being woken. */
  get idleCursors(): readonly LaneCursor[] {
    return [...this.#lanes.values()]
      .filter((lane) => isReadable(lane) && !this.#wanted.has(lane.progress.lane))
      .map((lane) => lane.progress.cursor);
  }

  /** The lanes that wait after a failure. */
  get troubles(): readonly LaneTrouble[] {
    return [...this.#lanes.values()].flatMap((lane) => (lane.trouble === undefined ? [] : [lane.trouble]));
  }

  /** For how long a lane has not advanced, in milliseconds; undefined for a lane of others. */
  sinceAdvanceMs(lane: number): number | undefined {
    const owned = this.#lanes.get(lane);
    return owned === undefined ? undefined : performance.now() - owned.advancedAtMs;
  }

  /** Says that lanes may have new rows; without an argument, that any may. */
  wake(lanes: Iterable<number> = this.#lanes.keys()): void {
    for (const lane of lanes) {
      if (this.#lanes.has(lane)) this.#wanted.add(lane);
    }
    this.#bell.ring();
  }

  /** States all positions again: a crash of the database may have lost the last of them. One that is there already costs nothing. */
  stateAgain(): void {
    for (const { progress } of this.#lanes.values()) {
      if (progress.acknowledged.seq > 0) this.#positions.state(progress.acknowledged);
    }
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
    await this.#positions.stated();
  }

  async #release(lane: number): Promise<void> {
    const owned = this.#lanes.get(lane);
    if (owned === undefined) return;
    this.#lanes.delete(lane);
    this.#wanted.delete(lane);
    if (owned.progress.isInFlight) {
      await new Promise<void>((resolve) => {
        owned.onLanded = resolve;
      });
    }
    this.#options.observe({ kind: 'lane-released', lane });
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
      .filter(isReadable);
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
      const laneRows = byLane.get(lane.progress.lane);
      if (laneRows === undefined || !this.#isOwned(lane)) continue;
      const slice = await this.#take(lane, laneRows, limits);
      if (slice === undefined) continue;
      flights.push({ lane, slice });
      if (laneRows.length >= limits.rowsPerLane || slice.rows.length < laneRows.length) {
        mayHaveMore.push(lane.progress.lane);
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
    const ids = asked.map((lane) => lane.progress.lane);
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
    const records: LaneRecord[] = [];
    const skipped = new Map<string, number>();
    for (const flight of begun) this.#collect(flight, records, skipped);
    for (const [type, rows] of skipped) this.#options.observe({ kind: 'rows-skipped', type, rows });
    for (const flight of begun) if (flight.slice.isSettled) this.#land(flight);
    if (records.length === 0) return;
    this.#options.observe({ kind: 'rows-sent', rows: records.length });
    await this.#options.publisher.publish(records, (settled, outcome) => this.#settle(settled, outcome));
  }

  /** Takes off, unless the lane was let go, its rows before these failed or are still in the air, or it may not be ours any more. */
  #begin({ lane, slice }: Flight): boolean {
    if (!this.#isOwned(lane)) return false;
    const mayPublish = this.#options.mayPublish();
    if (lane.isWaiting || !mayPublish || !lane.progress.begin(slice)) {
      lane.progress.rewind();
      // A share that has lapsed is taken anew, with the positions of then, which wakes the lane.
      if (mayPublish && isReadable(lane)) this.wake([lane.progress.lane]);
      return false;
    }
    this.#flights += 1;
    this.#bytesInFlight += slice.bytes;
    return true;
  }

  #collect(flight: Flight, records: LaneRecord[], skipped: Map<string, number>): void {
    const { lane, slice } = flight;
    for (const row of slice.rows) {
      if (lane.progress.isAhead(row.seq)) continue;
      const topic = this.#options.mapping.topicOf(row.type, row.ledger);
      if (topic === undefined) {
        skipped.set(row.type, (skipped.get(row.type) ?? 0) + 1);
      } else {
        slice.sent();
        records.push({ topic, key: row.key, value: row.body, headers: recordHeaders(row), flight, seq: row.seq });
      }
    }
  }

  #settle(records: readonly LaneRecord[], outcome: Outcome): void {
    const { observe } = this.#options;
    if (outcome.kind === 'acknowledged') {
      const rowsByTopic = new Map<string, number>();
      for (const { topic } of records) rowsByTopic.set(topic, (rowsByTopic.get(topic) ?? 0) + 1);
      for (const [topic, rows] of rowsByTopic) observe({ kind: 'rows-acknowledged', topic, rows });
    } else {
      observe({ kind: 'rows-refused', failure: outcome, rows: records.length });
    }
    for (const { flight, seq } of records) {
      flight.slice.settle(seq, outcome);
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
      this.#positions.state(progress.acknowledged);
    }
    if (first === undefined) this.#resume(lane, !wasReadable);
    else this.#fail(lane, first);
    lane.onLanded();
    this.#landed.resolve();
    this.#landed = Promise.withResolvers<void>();
    this.#bell.ring();
  }

  #resume(lane: OwnedLane, mayHaveMore: boolean): void {
    lane.backoff.reset();
    if (lane.trouble !== undefined) {
      lane.trouble = undefined;
      this.#options.observe({ kind: 'lane-resumed', lane: lane.progress.lane });
    }
    if (mayHaveMore) this.wake([lane.progress.lane]);
  }

  #fail(lane: OwnedLane, { seq, failure }: FirstFailure): void {
    const trouble = { lane: lane.progress.lane, seq, failure, error: failure.error };
    switch (failure.kind) {
      case 'poison':
        this.#halt(lane, { ...trouble, kind: 'poison' });
        return;
      case 'retry':
      case 'fatal': {
        const delayMs = failure.kind === 'fatal' ? this.#options.retryMaxMs : lane.backoff.next();
        lane.trouble = { ...trouble, kind: 'held' };
        const attempt = lane.backoff.attempts;
        this.#options.observe({ kind: 'lane-held', lane: trouble.lane, seq, attempt, delayMs, failure });
        void this.#waitAndWake(lane, delayMs);
      }
    }
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
    if (this.#isOwned(lane)) this.wake([lane.progress.lane]);
  }

  #isOwned(lane: OwnedLane): boolean {
    return this.#lanes.get(lane.progress.lane) === lane;
  }
}

function isReadable(lane: OwnedLane): boolean {
  return !lane.isWaiting && lane.progress.isReadable;
}

function sumOfBytes(rows: readonly StoredRow[]): number {
  return rows.reduce((sum, row) => sum + row.bytes, 0);
}
