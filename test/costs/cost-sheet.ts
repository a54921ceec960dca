/** The greatest that a figure may be, beside what it was when the limit was set. */
export interface CostLimit {
  readonly measured: number;
  readonly limit: number;
}

/** Below this part of its limit a figure is so good that the limit could be lowered: it is said, and no fault. */
const slackFrom = 0.6;

/** Holds figures against a table of limits. */
export class CostSheet<Name extends string> {
  readonly #limits: Readonly<Record<Name, CostLimit>>;
  readonly #say: (line: string) => void;
  readonly #held = new Set<string>();

  constructor(limits: Readonly<Record<Name, CostLimit>>, say: (line: string) => void) {
    this.#limits = limits;
    this.#say = say;
  }

  /** The limits that no figure was held against. */
  get unused(): readonly string[] {
    return Object.keys(this.#limits).filter((name) => !this.#held.has(name));
  }

  /**
   * Why figures are not within their limits, and which statements they are made of. Nothing costs nothing: 0 was not measured.
   */
  faults(
    figures: Partial<Readonly<Record<Name, number>>>,
    statements: ReadonlyMap<string, number> = new Map(),
  ): readonly string[] {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of the record above
    const faults = (Object.entries(figures) as [Name, number][]).flatMap(
      ([name, figure]) => this.#fault(name, figure) ?? [],
    );
    return faults.length === 0 ? [] : [...faults, ...[...statements].map(([text, count]) => `${count} times: ${text}`)];
  }

  #fault(name: Name, figure: number): string | undefined {
    this.#held.add(name);
    const { limit, measured } = this.#limits[name];
    const hint = figure < slackFrom * limit ? ' (the limit could be lowered)' : '';
    this.#say(`${name}: ${rounded(figure)}, at most ${limit}${hint}`);
    if (!Number.isFinite(figure) || figure <= 0) return `${name}: ${figure} is no measurement`;
    if (figure <= limit) return undefined;
    return `${name}: ${rounded(figure)} is above the limit of ${limit}; it was ${measured} when the limit was set`;
  }
}

function rounded(figure: number): number {
  return Number(figure.toPrecision(4));
}
