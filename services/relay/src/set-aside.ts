import type { HeldKey, LaneCursor, ParkedRow, ParkedState, PoisonPolicy, StoredRow } from '@daybook/outbox';
import { releaseKey, type HeldOutbox } from './held-key.ts';
import type { FirstFailure } from './lane-progress.ts';
import type { Observe } from './observer.ts';
import { heldKeysMax, type OwnedLane } from './owned-lane.ts';
import type { Failure } from './publisher.ts';

/** What setting aside needs of the outbox. `undefined` means that the relay was told to stop meanwhile. */
export interface SetAsideOutbox extends HeldOutbox {
  park(refusal: {
    readonly row: StoredRow;
    readonly topic: string;
    readonly error: string;
    readonly attempts: number;
    readonly policy: PoisonPolicy;
  }): Promise<ParkedState | undefined>;
  holdKey(after: LaneCursor, key: string): Promise<number | undefined>;
  /** Undefined also when retention dropped it. */
  readRow(place: LaneCursor): Promise<StoredRow | undefined>;
}

/** What operators decided, and what other relays set aside, about one lane. */
export interface LaneDecisions {
  /** When it was asked for, on the monotonic clock. */
  readonly askedAtMs: number;
  readonly isPaused: boolean;
  /** Keys whose ledger is paused. */
  readonly pausedKeys: readonly string[];
  readonly held: readonly HeldKey[];
  /** Above the lane's position. */
  readonly setAside: readonly Pick<ParkedRow, 'seq'>[];
  /** Rows parked under `pass` that are to be sent after all. */
  readonly retries: readonly LaneCursor[];
}

export interface PoisonSettings {
  /** After so many refusals in turn a row is parked. */
  readonly attemptsMax: number;
  readonly policy: PoisonPolicy;
}

interface SetAsideOptions {
  readonly outbox: SetAsideOutbox;
  readonly poison: PoisonSettings;
  readonly observe: Observe;
  readonly topicOf: (row: StoredRow) => string;
  /** Sends rows of one lane in order and waits for all of them; gives the first that was not acknowledged. */
  readonly deliver: (rows: readonly StoredRow[]) => Promise<FirstFailure | undefined>;
  readonly mayGoOn: (lane: OwnedLane) => boolean;
  /** Reads on, now that more can be sent. */
  readonly wake: (lane: OwnedLane) => void;
  /** Reads the lane's state anew, since it is not what was thought. */
  readonly beginAnew: (lane: OwnedLane) => void;
}

const errorLengthMax = 1_000;

/** Rows that are set aside, since they are poison or someone paused their ledger, and how they come back. */
export class SetAside {
  readonly #options: SetAsideOptions;
  readonly #work = new Set<Promise<void>>();

  constructor(options: SetAsideOptions) {
    this.#options = options;
  }

  /**
   * Takes the first failed row of a lane, refused for what it is: `again` while it was not tried often enough, `halt` where the lane must
   * stand still at it, `passed` when it is set aside and the lane may go on.
   */
  async refuse(lane: OwnedLane, row: StoredRow, failure: Failure): Promise<'again' | 'halt' | 'passed'> {
    const { poison } = this.#options;
    const attempts = lane.countRefusal(row);
    if (attempts < poison.attemptsMax) return 'again';
    const isFull = poison.policy === 'hold-key' && lane.heldKeys.length >= heldKeysMax;
    const policy = isFull ? 'halt' : poison.policy;
    if (policy === 'halt' && lane.refused?.isHalting === true) return 'halt';
    const state = await this.#park(lane, row, { failure, attempts, policy });
    if (state === undefined) return 'again';
    if (policy === 'halt' && state === 'parked') {
      lane.refused = { seq: row.seq, key: row.key, attempts, isHalting: true };
      return 'halt';
    }
    lane.refused = undefined;
    return 'passed';
  }

  /** To be called when a lane passed the row at which it stood still. */
  notePassed(lane: OwnedLane): void {
    const { refused } = lane;
    if (refused === undefined || lane.progress.acknowledged.seq < refused.seq) return;
    lane.refused = undefined;
    // Passed over is not sent: its key may have been held since, for its ledger was paused.
    if (!refused.isHalting || lane.isSetAside(refused)) return;
    const { key, seq } = refused;
    const sent = { lane: lane.id, key, from: seq, through: seq, isOutOfPlace: false };
    this.#start(async () => void (await this.#options.outbox.notePublished(sent)));
  }

  /** Carries out what was decided about a lane. */
  heed(lane: OwnedLane, decisions: LaneDecisions): void {
    const { wake, beginAnew } = this.#options;
    let isNew = lane.isPaused && !decisions.isPaused;
    if (isNew) lane.advancedAtMs = performance.now();
    lane.isPaused = decisions.isPaused;
    if (lane.isAhead && !lane.isPaused && decisions.askedAtMs > lane.startedAtMs) {
      // Someone resumed it: what the topics say is looked at again.
      beginAnew(lane);
      return;
    }
    lane.pausedKeys = new Set(decisions.pausedKeys);
    for (const { seq } of decisions.setAside) isNew = lane.setAside(seq) || isNew;
    if (isNew) wake(lane);
    if (lane.isBusy || lane.holdsChangedAtMs > decisions.askedAtMs) return;
    const known = new Set(decisions.held.map(({ key }) => key));
    if (lane.heldKeys.some((key) => !known.has(key))) {
      // Another relay released it, and sends its rows.
      beginAnew(lane);
      return;
    }
    for (const { key, fromSeq, at } of decisions.held)
      if (lane.holdOf(key) === undefined) lane.hold(key, { fromSeq, at });
    if (lane.isPaused || lane.isAhead) return;
    const toHold = decisions.pausedKeys.filter((key) => !known.has(key));
    const toRelease = decisions.held.filter(({ isReleasable }) => isReleasable).map(({ key }) => key);
    if (toHold.length + toRelease.length + decisions.retries.length === 0) return;
    lane.isBusy = true;
    this.#start(async () => {
      try {
        for (const key of toHold) await this.#holdPaused(lane, key);
        for (const key of toRelease) await this.#release(lane, key);
        for (const place of decisions.retries) await this.#sendPassed(lane, place);
      } finally {
        lane.isBusy = false;
      }
    });
  }

  /** Resolves when nothing of this is under way. Rejects on a defect. */
  async settled(): Promise<void> {
    while (this.#work.size > 0) await Promise.all(this.#work);
  }

  async #park(
    lane: OwnedLane,
    row: StoredRow,
    refusal: { readonly failure: Failure; readonly attempts: number; readonly policy: PoisonPolicy },
  ): Promise<ParkedState | undefined> {
    const { outbox, topicOf, observe } = this.#options;
    const { failure, attempts, policy } = refusal;
    const topic = topicOf(row);
    const error = failure.error.message.slice(0, errorLengthMax);
    const state = await outbox.park({ row, topic, error, attempts, policy });
    if (state === undefined) return undefined;
    if (state === 'parked' && policy === 'hold-key') {
      const fromSeq = Math.min(row.seq, lane.holdOf(row.key)?.fromSeq ?? row.seq);
      lane.hold(row.key, { fromSeq, at: row.at });
    } else if (state !== 'parked' || policy === 'pass') lane.setAside(row.seq);
    observe({ kind: 'row-parked', lane: lane.id, seq: row.seq, ledger: row.ledger, topic, policy, state, failure });
    return state;
  }

  /** Holds the key of a paused ledger from just above what was acknowledged. */
  async #holdPaused(lane: OwnedLane, key: string): Promise<void> {
    const { outbox, mayGoOn, observe } = this.#options;
    if (!mayGoOn(lane) || lane.heldKeys.length >= heldKeysMax) return;
    await this.#atRest(lane, async () => {
      const { acknowledged } = lane.progress;
      const fromSeq = await outbox.holdKey(acknowledged, key);
      if (fromSeq === undefined) return;
      lane.hold(key, { fromSeq, at: acknowledged.at });
      observe({ kind: 'key-held', lane: lane.id, key, fromSeq });
    });
  }

  async #release(lane: OwnedLane, key: string): Promise<void> {
    const { outbox, deliver, mayGoOn, beginAnew, observe, poison } = this.#options;
    if (!mayGoOn(lane)) return;
    const release = await releaseKey(lane, key, {
      outbox,
      send: deliver,
      onPoison: async (row, failure) => {
        const attempts = lane.countRefusal(row);
        if (attempts < poison.attemptsMax) return;
        // Its key is held already, whatever the policy is.
        await this.#park(lane, row, { failure, attempts, policy: 'hold-key' });
      },
      mayGoOn: () => mayGoOn(lane) && lane.mayRelease(key),
      atRest: async (work) => this.#atRest(lane, work),
    });
    if (release === 'overtaken') beginAnew(lane);
    if (release === 'released') observe({ kind: 'key-released', lane: lane.id, key });
  }

  /** Sends one row that lost its place, alone. */
  async #sendPassed(lane: OwnedLane, place: LaneCursor): Promise<void> {
    const { outbox, deliver, mayGoOn } = this.#options;
    const row = mayGoOn(lane) ? await outbox.readRow(place) : undefined;
    if (row === undefined || !lane.mayRelease(row.key)) return;
    const failed = await deliver([row]);
    if (failed === undefined) {
      const { key, seq } = row;
      await outbox.notePublished({ lane: lane.id, key, from: seq, through: seq, isOutOfPlace: true });
    } else if (failed.failure.kind === 'poison') {
      await this.#park(lane, row, { failure: failed.failure, attempts: 1, policy: 'pass' });
    }
  }

  /** Runs work while nothing of the lane is in flight and nothing takes off. */
  async #atRest(lane: OwnedLane, work: () => Promise<void>): Promise<void> {
    lane.isResting = true;
    try {
      await lane.landed();
      if (this.#options.mayGoOn(lane)) await work();
    } finally {
      lane.isResting = false;
      this.#options.wake(lane);
    }
  }

  #start(work: () => Promise<void>): void {
    // Nobody handles its rejection but a stop that waits for it: a defect ends the process, rather than be met anew at each look.
    const done = work().finally(() => this.#work.delete(done));
    this.#work.add(done);
  }
}
