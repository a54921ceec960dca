import { invalid } from './problem.ts';

/** The query of a request's URL. */
export class QueryParameters {
  readonly #pairs: readonly (readonly [name: string, value: string])[];

  constructor(pairs: readonly (readonly [name: string, value: string])[]) {
    this.#pairs = pairs;
  }

  /** The first value of a name; an empty one counts as absent, as in v1. */
  get(name: string): string | undefined {
    const value = this.#pairs.find((pair) => pair[0] === name)?.[1];
    return value === '' ? undefined : value;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** All values of a name that are not empty. */
  all(name: string): readonly string[] {
    return this.#pairs.filter((pair) => pair[0] === name && pair[1] !== '').map((pair) => pair[1]);
  }

  /** The first value, empty or not, of each key in `name[key]`. What stands behind the bracket is ignored (gin, `QueryMap`). */
  keyed(name: string): ReadonlyMap<string, string> {
    const values = new Map<string, string>();
    for (const [full, value] of this.#pairs) {
      if (!full.startsWith(`${name}[`)) continue;
      const end = full.indexOf(']', name.length + 1);
      const key = full.slice(name.length + 1, end);
      if (end > name.length + 1 && !values.has(key)) values.set(key, value);
    }
    return values;
  }
}

const none = new QueryParameters([]);

/**
 * Reads the query of a request's URL.
 *
 * @throws ProblemError VALIDATION for percent signs that decode to no text, and for NUL, which PostgreSQL cannot hold
 */
export function readQuery(url: string): QueryParameters {
  const start = url.indexOf('?');
  if (start === -1 || start === url.length - 1) return none;
  return new QueryParameters(
    url
      .slice(start + 1)
      .split('&')
      .map((part) => {
        const equals = part.indexOf('=');
        return equals === -1 ? [decode(part), ''] : [decode(part.slice(0, equals)), decode(part.slice(equals + 1))];
      }),
  );
}

function decode(text: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw invalid('invalid percent-encoding in the query');
  }
  if (decoded.includes('\0')) throw invalid('invalid query: NUL is not allowed');
  return decoded;
}
