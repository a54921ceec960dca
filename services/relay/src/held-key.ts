import type { HeldRows, LaneCursor, PublishedRows, StoredRow } from '@daybook/outbox';
import type { FirstFailure } from './lane-progress.ts';
import type { OwnedLane } from './owned-lane.ts';

/** What releasing needs of the outbox. `undefined` means that the relay was told to stop meanwhile. */
export interface HeldOutbox {
  readHeld(cursor: LaneCursor, key: string, until: number): Promise<HeldRows | undefined>;
  /** Sequences above the cursor that are settled, so that they are not sent again. */
  settledAbove(cursor: LaneCursor): Promise<ReadonlySet<number> | undefined>;
  moveHeld(through: LaneCursor, key: string): Promise<true | undefined>;
  /** False when a position of the lane is beyond. */
  releaseHeld(through: LaneCursor, key: string): Promise<boolean | undefined>;
  notePublished(rows: PublishedRows): Promise<true | undefined>;
}

interface ReleaseOptions {
  readonly outbox: HeldOutbox;
  /** Sends rows in order and waits for all of them; gives the first that was not acknowledged. */
  readonly send: (rows: readonly StoredRow[]) => Promise<FirstFailure | undefined>;
  /** What to do with a row that was refused for what it is. */
  readonly onPoison: (row: StoredRow, failure: FirstFailure['failure']) => Promise<void>;
  /** Whether the lane is still ours to publish, and nobody paused what is to be released. */
  readonly mayGoOn: () => boolean;
  /** Runs work while the position of the lane does not move. */
  readonly atRest: (work: () => Promise<void>) => Promise<void>;
}

/** How it ended. `later`: to be tried again at the next look. `overtaken`: another relay stated a position beyond, so begin the lane anew. */
export type Release = 'released' | 'later' | 'overtaken';

/**
 * Sends the rows of a held key that positions have passed, in order, and ends its hold. The other keys of the lane flow meanwhile; only
 * for what came during the sending itself does the lane stand still, so that the last row of the key sent here is the last before those that
 * the lane sends itself from then on.
 */
export async function releaseKey(lane: OwnedLane, key: string, options: ReleaseOptions): Promise<Release> {
  const { outbox, atRest } = options;
  const hold = lane.holdOf(key);
  if (hold === undefined) return 'released';
  const start = { lane: lane.id, seq: hold.fromSeq - 1, at: hold.at };
  const settled = await outbox.settledAbove(start);
  if (settled === undefined) return 'later';
  // Someone may have discarded a row that the lane has not reached yet, later than the lane was told what is settled.
  for (const seq of settled) if (seq > lane.progress.acknowledged.seq) lane.setAside(seq);
  const sending = new HeldSending({ lane, key, start, settled, options });
  if (!(await sending.through(lane.progress.acknowledged.seq))) return 'later';
  let release: Release = 'later';
  await atRest(async () => {
    if (!(await sending.through(lane.progress.acknowledged.seq)) || !options.mayGoOn()) return;
    const isReleased = await outbox.releaseHeld({ ...sending.cursor, seq: lane.progress.acknowledged.seq }, key);
    if (isReleased === true) lane.letGo(key);
    if (isReleased !== undefined) release = isReleased ? 'released' : 'overtaken';
  });
  return release;
}

/** How far the rows of a held key were sent. */
class HeldSending {
  readonly #lane: OwnedLane;
  readonly #key: string;
  readonly #settled: ReadonlySet<number>;
  readonly #options: ReleaseOptions;
  cursor: LaneCursor;

  constructor(given: {
    readonly lane: OwnedLane;
    readonly key: string;
    readonly start: LaneCursor;
    readonly settled: ReadonlySet<number>;
    readonly options: ReleaseOptions;
  }) {
    this.#lane = given.lane;
    this.#key = given.key;
    this.#settled = given.settled;
    this.#options = given.options;
    this.cursor = given.start;
  }

  /** Sends all rows of the key up to a sequence; false when it must be tried again later. */
  async through(until: number): Promise<boolean> {
    const { outbox, send, mayGoOn } = this.#options;
    while (this.cursor.seq < until) {
      if (!mayGoOn()) return false;
      const page = await outbox.readHeld(this.cursor, this.#key, until);
      if (page === undefined || !mayGoOn()) return false;
      const rows = page.rows.filter(({ seq }) => !this.#settled.has(seq));
      const failure = await send(rows);
      if (failure !== undefined) {
        await this.#fail(rows, failure);
        return false;
      }
      if (!(await this.#advance(page.through, page.rows.at(-1)?.at))) return false;
    }
    return true;
  }

  /** Notes that every row of the key up to there was sent, or is settled. */
  async #advance(through: number, at: string | undefined): Promise<boolean> {
    const { outbox } = this.#options;
    const from = this.cursor.seq + 1;
    if (through < from) return true;
    const sent = { lane: this.#lane.id, key: this.#key, from, through, isOutOfPlace: false };
    const noted = await outbox.notePublished(sent);
    this.cursor = { lane: this.#lane.id, seq: through, at: at ?? this.cursor.at };
    if (noted === undefined || (await outbox.moveHeld(this.cursor, this.#key)) === undefined) return false;
    this.#lane.hold(this.#key, { fromSeq: through + 1, at: this.cursor.at });
    return true;
  }

  async #fail(rows: readonly StoredRow[], { seq, failure }: FirstFailure): Promise<void> {
    const row = rows.find((each) => each.seq === seq);
    if (row === undefined || !(await this.#advance(seq - 1, row.at))) return;
    if (failure.kind === 'poison') await this.#options.onPoison(row, failure);
  }
}
