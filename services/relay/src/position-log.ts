import type { Position } from '@daybook/outbox';

interface PositionLogOptions {
  /** Writes positions; undefined when told to give up. */
  readonly append: (positions: readonly Position[]) => Promise<true | undefined>;
  readonly onAppended: (positions: readonly Position[]) => void;
}

/** States positions: at once, or together with all others of meanwhile when a statement is under way already. */
export class PositionLog {
  readonly #options: PositionLogOptions;
  /** Positions that no statement carries yet, by lane. */
  readonly #waiting = new Map<number, Position>();
  #underWay: Promise<void> | undefined;

  constructor(options: PositionLogOptions) {
    this.#options = options;
  }

  /** To be called only after the acknowledgement of every row up to there. */
  state(position: Position): void {
    const waiting = this.#waiting.get(position.lane);
    if (waiting === undefined || waiting.seq < position.seq) this.#waiting.set(position.lane, position);
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
    const positions = [...this.#waiting.values()];
    this.#waiting.clear();
    const isAppended = await this.#options.append(positions);
    if (isAppended === true) this.#options.onAppended(positions);
    else this.#waiting.clear();
    this.#underWay = this.#waiting.size > 0 ? this.#append() : undefined;
  }
}
