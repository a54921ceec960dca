import type { Position } from '@daybook/outbox';

/** Positions to write together, and what they count on. */
export interface Statement {
  readonly positions: readonly Position[];
  /** Keys whose rows the positions may have passed over because they are held. */
  readonly held: readonly { readonly lane: number; readonly key: string }[];
  /** Whether the row at each position must still be in the outbox. */
  readonly mustExist: boolean;
}

interface PositionLogOptions {
  /** Writes positions and gives the lanes whose position was refused; undefined when told to give up. */
  readonly append: (statement: Statement) => Promise<readonly number[] | undefined>;
  readonly onAppended: (positions: readonly Position[]) => void;
  readonly onRefused: (lanes: readonly number[]) => void;
}

interface Waiting {
  readonly position: Position;
  /** The keys of its lane that are held by the time it is written. */
  readonly heldKeys: () => readonly string[];
  readonly mustExist: boolean;
}

/** States positions: at once, or together with all others of meanwhile when a statement is under way already. */
export class PositionLog {
  readonly #options: PositionLogOptions;
  /** Positions that no statement carries yet, by lane. */
  readonly #waiting = new Map<number, Waiting>();
  #underWay: Promise<void> | undefined;

  constructor(options: PositionLogOptions) {
    this.#options = options;
  }

  /** To be called only after the acknowledgement of every row up to there. */
  state(position: Position, heldKeys: () => readonly string[], { mustExist = false } = {}): void {
    const waiting = this.#waiting.get(position.lane);
    // What is asked of one holds for the greater, whichever comes first.
    const isGreatest = waiting === undefined || waiting.position.seq < position.seq;
    const stated = isGreatest ? { position, heldKeys } : waiting;
    this.#waiting.set(position.lane, { ...stated, mustExist: mustExist || waiting?.mustExist === true });
    this.#underWay ??= this.#append();
  }

  /** Resolves when every position that was to be stated is at least under way. */
  async takenUp(): Promise<void> {
    while (this.#waiting.size > 0 && this.#underWay !== undefined) await this.#underWay;
  }

  /** Resolves when what was to be stated until now is stated: in the statement under way, or in the one after it. */
  async stated(): Promise<void> {
    await this.#underWay;
    await this.#underWay;
  }

  async #append(): Promise<void> {
    const { append, onAppended, onRefused } = this.#options;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    const positions = waiting.map(({ position }) => position);
    const held = waiting.flatMap(({ position: { lane }, heldKeys }) => heldKeys().map((key) => ({ lane, key })));
    const mustExist = waiting.some((each) => each.mustExist);
    const refused = await append({ positions, held, mustExist });
    if (refused === undefined) this.#waiting.clear();
    else {
      onAppended(refused.length === 0 ? positions : positions.filter(({ lane }) => !refused.includes(lane)));
      if (refused.length > 0) onRefused(refused);
    }
    this.#underWay = this.#waiting.size > 0 ? this.#append() : undefined;
  }
}
