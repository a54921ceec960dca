/** The first row that is not as it must be, or that is missing. */
export interface Finding {
  readonly table: 'log' | 'mapping' | 'outbox' | 'transaction' | 'move' | 'account';
  /** What tells the row from others of the ledger. */
  readonly key: Readonly<Record<string, string | number>>;
  /** A clause about the row: "its hash does not follow from it and the row before". */
  readonly problem: string;
  readonly expected?: string | undefined;
  readonly found?: string | undefined;
}

/** Ends a verification with what it found. */
export class BadRow extends Error {
  override readonly name = 'BadRow';
  readonly finding: Finding;

  constructor(finding: Finding) {
    super(finding.problem);
    this.finding = { ...finding, expected: clipped(finding.expected), found: clipped(finding.found) };
  }
}

/** @throws BadRow unless both texts are the same */
export function mustEqual(found: string, expected: string, about: Pick<Finding, 'table' | 'key' | 'problem'>): void {
  if (found !== expected) throw new BadRow({ ...about, expected, found });
}

/** Of a value that is shown: postings and metadata may be megabytes. */
const shownCharactersMax = 1_000;

function clipped(text: string | undefined): string | undefined {
  if (text === undefined || text.length <= shownCharactersMax) return text;
  return `${text.slice(0, shownCharactersMax)}… (${text.length} characters)`;
}
