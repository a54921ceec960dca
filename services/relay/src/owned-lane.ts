import type { Position, StoredRow } from '@daybook/outbox';
import type { Backoff } from '@daybook/runtime';
import { LaneProgress } from './lane-progress.ts';
import type { HaltReason } from './observer.ts';
import type { Failure } from './publisher.ts';

/** Rows of a key from `fromSeq` on are set aside. */
export interface Hold {
  readonly fromSeq: number;
  /** No later than the row at `fromSeq`, as PostgreSQL writes it. */
  readonly at: string;
}

/** All that a relay must know to begin on a lane. */
export interface LaneStart {
  readonly position: Position;
  readonly held: readonly (Hold & { readonly key: string })[];
  /** Sequences above the position that are not sent with the others: settled, or parked under `pass`. */
  readonly setAside: readonly number[];
  /** Ids of events above the position that the topic has already, as far as that was looked at. */
  readonly inTopic?: ReadonlySet<string> | undefined;
  /** Someone said that it shall not go on. */
  readonly isPaused: boolean;
  /** The topic has events that the database does not: publishing would use their sequences twice. */
  readonly ahead?: Error | undefined;
}

/** Why a lane makes no progress, for readiness. */
export interface LaneTrouble {
  readonly lane: number;
  readonly seq: number;
  readonly kind: HaltReason | 'held';
  /** What the publisher said, where it did. */
  readonly failure: Failure | undefined;
  readonly error: Error;
}

/** A row that is refused for what it is, again and again. */
interface Refused {
  readonly seq: number;
  readonly key: string;
  readonly attempts: number;
  /** Its lane stands still at it, and `parked` says so. */
  readonly isHalting: boolean;
}

/** The most keys of one lane that may be held: with more, something else is wrong than single records. */
export const heldKeysMax = 1_000;

/** A lane that this relay publishes: how far it is, what of it is set aside, and what keeps it from going on. */
export class OwnedLane {
  readonly progress: LaneProgress;
  readonly backoff: Backoff;
  /** Waiting to try again after a failure. */
  isWaiting = false;
  /** Someone said that it shall not go on. */
  isPaused: boolean;
  /** Keys whose ledger someone paused: what was begun for one of them ends soon. */
  pausedKeys: ReadonlySet<string> = new Set();
  /** Held still for a moment, so that its position does not move. */
  isResting = false;
  /** Rows that were set aside are being sent. */
  isBusy = false;
  trouble: LaneTrouble | undefined;
  refused: Refused | undefined;
  /** When it was started or its position last moved, on the monotonic clock. */
  advancedAtMs = performance.now();
  /** On the monotonic clock. */
  readonly startedAtMs = performance.now();
  /** When what is held last changed here, on the monotonic clock: what was asked before that is old. */
  holdsChangedAtMs = performance.now();
  readonly #held: Map<string, Hold>;
  readonly #setAside: Set<number>;
  readonly #inTopic: ReadonlySet<string>;
  #onLanded: (() => void)[] = [];

  constructor(start: LaneStart, backoff: Backoff) {
    this.progress = new LaneProgress(start.position);
    this.backoff = backoff;
    this.isPaused = start.isPaused;
    this.#held = new Map(start.held.map(({ key, fromSeq, at }) => [key, { fromSeq, at }]));
    this.#setAside = new Set(start.setAside);
    this.#inTopic = start.inTopic ?? new Set();
  }

  get id(): number {
    return this.progress.lane;
  }

  /** Whether the topic has what the database does not, so that nothing of the lane may be sent. */
  get isAhead(): boolean {
    return this.trouble?.kind === 'ahead';
  }

  /** Whether rows of a key that were set aside may be sent now. */
  mayRelease(key: string): boolean {
    return !this.isPaused && !this.isAhead && !this.pausedKeys.has(key);
  }

  /** Whether rows may be sent now. */
  get mayTakeOff(): boolean {
    return !this.isWaiting && !this.isPaused && !this.isResting;
  }

  /** Whether rows read now could be sent next. */
  get isReadable(): boolean {
    return this.mayTakeOff && this.progress.isReadable;
  }

  /** Whether a row is left out by a rule that is counted and visible. */
  isSetAside(row: Pick<StoredRow, 'seq' | 'key'>): boolean {
    const hold = this.#held.get(row.key);
    return (hold !== undefined && row.seq >= hold.fromSeq) || this.#setAside.has(row.seq);
  }

  /** Whether the topic was found to have a row when the lane was taken over. */
  isInTopic(row: StoredRow): boolean {
    return this.#inTopic.has(row.eventId);
  }

  get heldKeys(): readonly string[] {
    return [...this.#held.keys()];
  }

  holdOf(key: string): Hold | undefined {
    return this.#held.get(key);
  }

  hold(key: string, hold: Hold): void {
    this.#held.set(key, hold);
    this.holdsChangedAtMs = performance.now();
  }

  letGo(key: string): void {
    this.#held.delete(key);
    this.holdsChangedAtMs = performance.now();
  }

  /** Leaves a row out; false when that is known. What the lane has passed is forgotten, so that these are never more than lie ahead. */
  setAside(seq: number): boolean {
    if (this.#setAside.has(seq)) return false;
    for (const passed of this.#setAside) if (passed <= this.progress.acknowledged.seq) this.#setAside.delete(passed);
    this.#setAside.add(seq);
    return true;
  }

  /** Counts one more refusal of a row; gives how many there were in turn. */
  countRefusal(row: Pick<StoredRow, 'seq' | 'key'>): number {
    const before = this.refused?.seq === row.seq ? this.refused : undefined;
    const attempts = (before?.attempts ?? 0) + 1;
    this.refused = { seq: row.seq, key: row.key, attempts, isHalting: before?.isHalting ?? false };
    return attempts;
  }

  /** Resolves when nothing of the lane is in flight. */
  async landed(): Promise<void> {
    if (!this.progress.isInFlight) return;
    await new Promise<void>((resolve) => {
      this.#onLanded.push(resolve);
    });
  }

  /** To be called at each landing. */
  noteLanding(): void {
    const waiting = this.#onLanded;
    this.#onLanded = [];
    for (const resolve of waiting) resolve();
  }
}
