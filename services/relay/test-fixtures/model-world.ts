import type { HeldKey, LaneCursor, ParkedState, PoisonPolicy, Position, ReadLimits, StoredRow } from '@daybook/outbox';
import { partitionOfKey } from '../src/kafka/partition-of-key.ts';
import type { OutgoingRecord, Outcome, Publisher, Settle } from '../src/publisher.ts';
import type { LaneStart } from '../src/owned-lane.ts';
import type { Statement } from '../src/position-log.ts';
import { Relay, type RelayOutbox } from '../src/relay.ts';
import type { LaneDecisions } from '../src/set-aside.ts';
import { readTopicMapping } from '../src/topic-mapping.ts';
import type { Scheduler } from './scheduler.ts';

const partitions = 3;
const ledgersPerLane = 3;
const mapping = readTopicMapping(['COMMITTED_TRANSACTIONS:money', 'REVERTED_TRANSACTION:reverts'], 'skip');
const types = ['COMMITTED_TRANSACTIONS', 'REVERTED_TRANSACTION', 'SAVED_METADATA'] as const;

/** What may go wrong, as probabilities. */
export interface Faults {
  /** A destination refuses, nothing stored. */
  readonly refusal: number;
  /** A destination stores, and the answer is lost. */
  readonly lostAnswer: number;
  /** A request is given up by its sender and arrives later all the same. */
  readonly lateArrival: number;
  /** A destination answers only after the next batch may be given. */
  readonly slowness: number;
  /** One record is refused for what it is. */
  readonly poison: number;
}

export const noFaults: Faults = { refusal: 0, lostAnswer: 0, lateArrival: 0, slowness: 0, poison: 0 };

/** A deliberate mistake, to see that the checks find it. */
export type Mistake =
  | 'acknowledges-before-storing'
  | 'keeps-a-row-back'
  | 'releases-behind-a-position'
  | 'states-without-the-hold'
  | undefined;

interface ModelParked {
  readonly row: StoredRow;
  policy: PoisonPolicy;
  state: ParkedState;
}

/** What a crash of the database may take back. */
interface Durable {
  readonly positions: ReadonlyMap<number, Position>;
  readonly held: readonly ModelHold[];
  readonly parked: readonly ModelParked[];
}

interface ModelHold {
  readonly lane: number;
  readonly key: string;
  fromSeq: number;
}

const at = '2026-01-01 00:00:00+00';

/** An outbox and a cluster in memory, with any number of relay processes between them. Every call takes a turn of the scheduler. */
export class ModelWorld {
  readonly scheduler: Scheduler;
  readonly mistake: Mistake;
  faults: Faults = noFaults;
  /** What was found to be wrong on the way. */
  readonly violations: string[] = [];
  readonly #rows = new Map<number, StoredRow[]>();
  readonly #positions = new Map<number, Position>();
  /** By topic and partition, in the order stored: `lane:seq`. */
  readonly #stored = new Map<string, string[]>();
  readonly #everStored = new Set<string>();
  readonly #held = new Map<string, ModelHold>();
  readonly #parked = new Map<string, ModelParked>();
  readonly #pausedKeys = new Set<string>();
  readonly #pausedLanes = new Set<number>();
  readonly #policies: readonly PoisonPolicy[];
  /** What was stored since the last statement that waited for the disk, the oldest first. */
  #unflushed: Durable[] = [];
  repeats = 0;
  released = 0;

  constructor(
    scheduler: Scheduler,
    options: {
      readonly lanes: number;
      readonly mistake?: Mistake;
      readonly policies?: readonly PoisonPolicy[] | undefined;
    },
  ) {
    this.scheduler = scheduler;
    this.#policies = options.policies ?? ['hold-key'];
    this.mistake = options.mistake;
    for (let lane = 0; lane < options.lanes; lane += 1) this.#rows.set(lane, []);
  }

  get lanes(): readonly number[] {
    return [...this.#rows.keys()];
  }

  /** Commits a row into some lane. */
  write(): number {
    const lane = this.scheduler.below(this.#rows.size);
    const rows = this.#rows.get(lane) ?? [];
    const seq = rows.length + 1;
    const ledger = `ledger-${lane}-${this.scheduler.below(ledgersPerLane)}`;
    rows.push({
      lane,
      seq,
      at,
      eventId: `${lane}:${seq}`,
      type: types[this.scheduler.below(types.length)] ?? types[0],
      ledger,
      eventSequence: seq,
      key: ledger,
      headers: null,
      body: `${lane}:${seq}`,
      bytes: 10,
    });
    this.#note({ isDurable: true });
    return lane;
  }

  /** The policy of one more relay. */
  drawPolicy(): PoisonPolicy {
    return this.#policies[this.scheduler.below(this.#policies.length)] ?? 'hold-key';
  }

  /** The database crashes: of what was stored without waiting for the disk, the last of it is gone. */
  crash(): void {
    const back = this.#unflushed[this.scheduler.below(this.#unflushed.length)];
    if (back === undefined) return;
    this.#positions.clear();
    for (const [lane, position] of back.positions) this.#positions.set(lane, position);
    this.#held.clear();
    for (const hold of back.held) this.#held.set(`${hold.lane} ${hold.key}`, { ...hold });
    this.#parked.clear();
    for (const entry of back.parked) this.#parked.set(entry.row.eventId, { ...entry });
    this.#note({ isDurable: true });
  }

  #note({ isDurable }: { readonly isDurable: boolean }): void {
    const now: Durable = {
      positions: new Map(this.#positions),
      held: [...this.#held.values()].map((hold) => ({ ...hold })),
      parked: [...this.#parked.values()].map((entry) => ({ ...entry })),
    };
    this.#unflushed = isDurable ? [now] : [...this.#unflushed, now];
  }

  positionOf(lane: number): Position {
    return this.#positions.get(lane) ?? { lane, seq: 0, at: '-infinity' };
  }

  /** Whether every row was published, every position stated, and nothing is held. */
  get isDrained(): boolean {
    const isOpen = ({ policy, state }: ModelParked) => policy === 'pass' && (state === 'parked' || state === 'retry');
    if ([...this.#parked.values()].some(isOpen)) return false;
    return this.#held.size === 0 && [...this.#rows].every(([lane, rows]) => this.positionOf(lane).seq === rows.length);
  }

  /** An operator decides on a parked row, or pauses or resumes a ledger. */
  operate(): void {
    const parked = [...this.#parked.values()].filter(({ state }) => state === 'parked');
    const entry = parked[this.scheduler.below(parked.length)];
    if (entry !== undefined) entry.state = this.scheduler.chance(0.2) ? 'discarded' : 'retry';
    const lane = this.scheduler.below(this.#rows.size);
    const key = `ledger-${lane}-${this.scheduler.below(ledgersPerLane)}`;
    if (!this.#pausedLanes.delete(lane) && this.scheduler.chance(0.1)) this.#pausedLanes.add(lane);
    this.#note({ isDurable: true });
    if (!this.#pausedKeys.delete(key) && this.scheduler.chance(0.3)) this.#pausedKeys.add(key);
  }

  /** An operator has everything sent. */
  operateAll(): void {
    this.#pausedKeys.clear();
    this.#pausedLanes.clear();
    for (const entry of this.#parked.values()) if (entry.state === 'parked') entry.state = 'retry';
  }

  /** Where a lane stands for whoever begins on it. */
  startOf(lane: number): LaneStart {
    return {
      position: this.positionOf(lane),
      held: this.#heldOf(lane).map(({ key, fromSeq }) => ({ key, fromSeq, at })),
      setAside: this.#settledAbove(lane, this.positionOf(lane).seq),
      isPaused: false,
    };
  }

  /** What was decided about lanes, as of now. */
  decisions(positions: readonly Position[]): ReadonlyMap<number, LaneDecisions> {
    const askedAtMs = performance.now();
    return new Map(
      positions.map(({ lane, seq }) => [
        lane,
        {
          askedAtMs,
          isPaused: this.#pausedLanes.has(lane),
          pausedKeys: [...this.#pausedKeys].filter((key) => key.startsWith(`ledger-${lane}-`)),
          held: this.#heldOf(lane),
          setAside: this.#settledAbove(lane, seq).map((settled) => ({ seq: settled })),
          retries: [...this.#parked.values()]
            .filter(({ row, policy, state }) => row.lane === lane && policy === 'pass' && state === 'retry')
            .map(({ row }) => ({ lane, seq: row.seq, at })),
        },
      ]),
    );
  }

  /** Starts a relay process on some lanes. */
  startRelay(lanes: readonly number[]): ModelRelay {
    return new ModelRelay(this, lanes);
  }

  outboxOf(relay: ModelRelay): RelayOutbox {
    // On its way to the database, done there at one moment, and on its way back.
    const statement = async <Result>(work: () => Result): Promise<Result> => {
      await this.scheduler.turn(() => relay.isDead);
      const result = work();
      await this.scheduler.turn(() => relay.isDead);
      return result;
    };
    const done = async (work: () => void) =>
      statement(() => {
        work();
        return true as const;
      });
    return {
      readNext: async (cursors, limits) => statement(() => this.#read(cursors, limits)),
      appendPositions: async (stated) => statement(() => this.#append(stated)),
      park: async ({ row, policy }) => statement(() => this.#park(row, policy)),
      holdKey: async ({ lane, seq }, key) => statement(() => this.#hold(lane, key, seq + 1)),
      readRow: async ({ lane, seq }) => statement(() => (this.#rows.get(lane) ?? [])[seq - 1]),
      readHeld: async (cursor, key, until) => statement(() => this.#readHeld(cursor, key, until)),
      settledAbove: async ({ lane, seq }) => statement(() => new Set(this.#settledAbove(lane, seq))),
      moveHeld: async ({ lane, seq }, key) =>
        done(() => {
          const hold = this.#held.get(`${lane} ${key}`);
          if (hold !== undefined) hold.fromSeq = Math.max(hold.fromSeq, seq + 1);
          this.#note({ isDurable: false });
        }),
      releaseHeld: async ({ lane, seq }, key) => statement(() => this.#release(lane, key, seq)),
      notePublished: async ({ lane, key, from, through, isOutOfPlace }) =>
        done(() => {
          for (const entry of this.#parked.values()) {
            const { row, policy, state } = entry;
            const isMeant =
              row.lane === lane &&
              row.key === key &&
              row.seq >= from &&
              row.seq <= through &&
              (policy === 'pass') === isOutOfPlace;
            if (isMeant && (state === 'parked' || state === 'retry')) entry.state = 'published';
          }
          this.#note({ isDurable: false });
        }),
    };
  }

  publisherOf(relay: ModelRelay): Publisher {
    return {
      publish: async (records, settle) => this.#publish(relay, records, settle),
      check: async () => undefined,
      stop: async () => {},
    };
  }

  /** Checks what must hold once all is drained. */
  check(): readonly string[] {
    const violations = [...this.violations];
    for (const [lane, rows] of this.#rows) {
      for (const row of rows) {
        if (destinationOf(row) !== undefined && !this.#everStored.has(row.eventId) && !this.#isDiscarded(row))
          violations.push(`lost ${row.eventId}`);
      }
      if (this.positionOf(lane).seq > rows.length) violations.push(`position of lane ${lane} above its head`);
    }
    return violations;
  }

  #read(cursors: readonly LaneCursor[], limits: ReadLimits): StoredRow[] {
    const found: StoredRow[] = [];
    let bytes = 0;
    for (const cursor of cursors) {
      const rows = (this.#rows.get(cursor.lane) ?? [])
        .filter((row) => row.seq > cursor.seq && !(this.mistake === 'keeps-a-row-back' && row.seq % 5 === 0))
        .slice(0, limits.rowsPerLane);
      for (const row of rows) {
        if (found.length >= limits.rows || bytes >= limits.bytes) return found;
        bytes += row.bytes;
        found.push(row);
      }
    }
    return found;
  }

  #heldOf(lane: number): readonly HeldKey[] {
    return [...this.#held.values()]
      .filter((hold) => hold.lane === lane)
      .map(({ key, fromSeq }) => {
        const isParked = [...this.#parked.values()].some(
          ({ row, policy, state }) => row.key === key && state === 'parked' && policy === 'hold-key',
        );
        return { lane, key, fromSeq, at, isReleasable: !isParked && !this.#pausedKeys.has(key) };
      });
  }

  #settledAbove(lane: number, seq: number): readonly number[] {
    return [...this.#parked.values()]
      .filter(
        ({ row, policy, state }) =>
          row.lane === lane && row.seq > seq && (state === 'discarded' || state === 'published' || policy === 'pass'),
      )
      .map(({ row }) => row.seq);
  }

  /** Left out for good, or out of its place. */
  #isDiscarded(row: StoredRow): boolean {
    return this.#parked.get(row.eventId)?.state === 'discarded';
  }

  #hasLostItsPlace(row: StoredRow): boolean {
    return this.#isDiscarded(row) || this.#parked.get(row.eventId)?.policy === 'pass';
  }

  #park(row: StoredRow, policy: PoisonPolicy): ParkedState {
    const entry: ModelParked = this.#parked.get(row.eventId) ?? { row, policy, state: 'parked' };
    this.#parked.set(row.eventId, entry);
    if (entry.policy === 'halt') entry.policy = policy;
    if (entry.state === 'retry') entry.state = 'parked';
    if (entry.state === 'parked' && entry.policy === 'hold-key') this.#hold(row.lane, row.key, row.seq);
    this.#note({ isDurable: true });
    return entry.state;
  }

  #hold(lane: number, key: string, fromSeq: number): number {
    const hold = this.#held.get(`${lane} ${key}`) ?? { lane, key, fromSeq };
    hold.fromSeq = Math.min(hold.fromSeq, fromSeq);
    this.#held.set(`${lane} ${key}`, hold);
    this.#note({ isDurable: true });
    return hold.fromSeq;
  }

  #readHeld(cursor: LaneCursor, key: string, until: number) {
    const rows = (this.#rows.get(cursor.lane) ?? [])
      .filter((row) => row.seq > cursor.seq && row.seq <= until && row.key === key)
      .slice(0, 1 + this.scheduler.below(4));
    const last = rows.at(-1);
    return { rows, through: last === undefined || this.scheduler.chance(0.2) ? (last?.seq ?? until) : last.seq };
  }

  #release(lane: number, key: string, through: number): boolean {
    if (this.positionOf(lane).seq > through && this.mistake !== 'releases-behind-a-position') return false;
    this.#held.delete(`${lane} ${key}`);
    this.released += 1;
    this.#note({ isDurable: false });
    return true;
  }

  #append({ positions, held }: Statement): readonly number[] {
    const refused = positions
      .map(({ lane }) => lane)
      .filter((lane) => held.some((hold) => hold.lane === lane && !this.#held.has(`${lane} ${hold.key}`)));
    const isGuarded = this.mistake !== 'states-without-the-hold';
    for (const position of positions) if (!isGuarded || !refused.includes(position.lane)) this.#state(position);
    return isGuarded ? refused : [];
  }

  #state(position: Position): void {
    for (const row of (this.#rows.get(position.lane) ?? []).slice(0, position.seq)) {
      const hold = this.#held.get(`${row.lane} ${row.key}`);
      const isSetAside = (hold !== undefined && row.seq >= hold.fromSeq) || this.#hasLostItsPlace(row);
      if (destinationOf(row) !== undefined && !this.#everStored.has(row.eventId) && !isSetAside) {
        this.violations.push(
          `position ${position.seq} of lane ${position.lane} stated before ${row.eventId} was stored`,
        );
      }
    }
    if (position.seq > this.positionOf(position.lane).seq) this.#positions.set(position.lane, position);
    this.#note({ isDurable: false });
  }

  async #publish<Sent extends OutgoingRecord>(
    relay: ModelRelay,
    records: readonly Sent[],
    settle: Settle<Sent>,
  ): Promise<void> {
    const byDestination = Map.groupBy(records, (record) => `${record.topic}/${partitionOfKey(record.key, partitions)}`);
    const awaited: Promise<void>[] = [];
    for (const [destination, group] of byDestination) {
      const done = this.#deliver(relay, { destination, records: group, settle });
      if (!this.scheduler.chance(this.faults.slowness)) awaited.push(done);
    }
    await Promise.all(awaited);
    await this.scheduler.turn(() => relay.isDead);
  }

  async #deliver<Sent extends OutgoingRecord>(
    relay: ModelRelay,
    request: { readonly destination: string; readonly records: readonly Sent[]; readonly settle: Settle<Sent> },
  ): Promise<void> {
    const { destination, records, settle } = request;
    const isDead = () => relay.isDead;
    const failed: Outcome = { kind: 'retry', reason: 'broker', error: new Error('staged') };
    if (this.mistake === 'acknowledges-before-storing') {
      settle(records, { kind: 'acknowledged' });
      await this.scheduler.turn(isDead);
      this.#store(destination, records);
      return;
    }
    if (this.scheduler.chance(this.faults.lateArrival)) {
      // It is on the wire already, so it arrives even if its sender dies.
      void this.scheduler.turn().then(() => this.#store(destination, records));
      await this.scheduler.turn(isDead);
      settle(records, failed);
      return;
    }
    await this.scheduler.turn();
    if (this.scheduler.chance(this.faults.poison)) {
      const index = this.scheduler.below(records.length);
      this.#store(destination, records.slice(0, index));
      await this.scheduler.turn(isDead);
      settle(records.slice(0, index), { kind: 'acknowledged' });
      settle(records.slice(index, index + 1), { kind: 'poison', error: new Error('staged') });
      settle(records.slice(index + 1), failed);
      return;
    }
    const isRefused = this.scheduler.chance(this.faults.refusal);
    if (!isRefused) this.#store(destination, records);
    await this.scheduler.turn(isDead);
    settle(records, isRefused || this.scheduler.chance(this.faults.lostAnswer) ? failed : { kind: 'acknowledged' });
  }

  #store(destination: string, records: readonly OutgoingRecord[]): void {
    const log = this.#stored.get(destination) ?? [];
    this.#stored.set(destination, log);
    for (const { value, key } of records) {
      if (this.#everStored.has(value)) {
        this.repeats += 1;
        continue;
      }
      this.#everStored.add(value);
      log.push(value);
      const [lane = 0, seq = 0] = value.split(':').map(Number);
      const earlier = (this.#rows.get(lane) ?? []).find(
        (row) =>
          row.seq < seq &&
          row.key === key &&
          destinationOf(row) === destination &&
          !this.#everStored.has(row.eventId) &&
          !this.#hasLostItsPlace(row),
      );
      if (earlier !== undefined) this.violations.push(`${value} appeared before ${earlier.eventId}`);
    }
  }
}

function destinationOf(row: StoredRow): string | undefined {
  const topic = mapping.topicOf(row.type, row.ledger);
  return topic === undefined ? undefined : `${topic}/${partitionOfKey(row.key, partitions)}`;
}

/** One relay process of the model. */
export class ModelRelay {
  readonly relay: Relay;
  readonly halted: number[] = [];
  isDead = false;
  isShareValid = true;
  readonly #world: ModelWorld;
  readonly #mine = new Set<number>();
  readonly #running: Promise<void>;

  constructor(world: ModelWorld, lanes: readonly number[]) {
    this.#world = world;
    this.relay = new Relay({
      outbox: world.outboxOf(this),
      publisher: world.publisherOf(this),
      mapping,
      observe: (signal) => {
        if (signal.kind === 'lane-halted' && signal.reason === 'hole') this.halted.push(signal.lane);
      },
      mayPublish: () => this.isShareValid,
      poison: { attemptsMax: 1 + world.scheduler.below(2), policy: world.drawPolicy() },
      onDoubt: () => this.own(world.lanes.filter((lane) => this.#mine.has(lane))),
      batchRows: 1 + world.scheduler.below(12),
      batchBytes: 10 + world.scheduler.below(200),
      retryBaseMs: 1,
      retryMaxMs: 2,
      delay: async (_ms, signal) => world.scheduler.turn(() => this.isDead, signal),
    });
    this.#running = this.relay.run();
    this.own(lanes);
    void this.#watch();
  }

  own(lanes: readonly number[]): void {
    for (const lane of lanes) this.#mine.add(lane);
    this.relay.own(lanes.map((lane) => this.#world.startOf(lane)));
  }

  release(lanes: readonly number[]): void {
    for (const lane of lanes) this.#mine.delete(lane);
    void this.relay.release(lanes);
  }

  /** Heeds what was decided, some time after it was asked. */
  async #watch(): Promise<void> {
    while (!this.isDead) {
      await this.#world.scheduler.turn(() => this.isDead);
      const positions = this.relay.acknowledged;
      // What is set aside and what is held are asked at the same time, and seen at two moments.
      const earlier = this.#world.decisions(positions);
      await this.#world.scheduler.turn(() => this.isDead);
      const later = this.#world.decisions(positions);
      await this.#world.scheduler.turn(() => this.isDead);
      const [one, other] = this.#world.scheduler.chance(0.5) ? [earlier, later] : [later, earlier];
      this.relay.heed(
        new Map(
          [...one].map(([lane, of]) => [
            lane,
            {
              ...of,
              askedAtMs: earlier.get(lane)?.askedAtMs ?? of.askedAtMs,
              setAside: other.get(lane)?.setAside ?? of.setAside,
            },
          ]),
        ),
      );
    }
  }

  /** SIGKILL: nothing of it happens any more, but for what is on the wire. */
  kill(): void {
    this.isDead = true;
  }

  /** A clean stop. */
  async stop(): Promise<void> {
    this.relay.stop();
    await this.#running;
    await this.relay.settled();
  }
}
