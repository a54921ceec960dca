import { inspect } from 'node:util';

/** Stands in an expectation for a value of which only something is known. */
export class Matching {
  readonly what: string;
  /** One that is accepted. */
  readonly example: string;
  readonly accepts: (value: unknown) => boolean;

  constructor(what: string, { example, accepts }: Pick<Matching, 'example' | 'accepts'>) {
    this.what = what;
    this.example = example;
    this.accepts = accepts;
  }
}

/**
 * Where a value first differs from what is expected, and how; undefined when it does not. The order of keys does not
 * matter, all else does: a key too many, an integer that is not exact, a list that is longer.
 */
export function difference(expected: unknown, actual: unknown, path = ''): string | undefined {
  if (expected instanceof Matching) {
    return expected.accepts(actual) ? undefined : tell(path, expected.what, show(actual));
  }
  if (Array.isArray(expected) && Array.isArray(actual)) return listDifference(expected, actual, path);
  if (isObject(expected) && isObject(actual)) return objectDifference(expected, actual, path);
  return Object.is(expected, actual) ? undefined : tell(path, show(expected), show(actual));
}

function listDifference(expected: readonly unknown[], actual: readonly unknown[], path: string): string | undefined {
  for (const [index, item] of expected.entries()) {
    if (index >= actual.length) return tell(`${path}[${index}]`, show(item), 'nothing');
    const found = difference(item, actual[index], `${path}[${index}]`);
    if (found !== undefined) return found;
  }
  const more = `${path}[${expected.length}]`;
  return actual.length > expected.length ? tell(more, 'nothing', show(actual[expected.length])) : undefined;
}

function objectDifference(
  expected: Record<string, unknown>,
  actual: Record<string, unknown>,
  path: string,
): string | undefined {
  for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
    const inside = path === '' ? key : `${path}.${key}`;
    if (!Object.hasOwn(actual, key)) return tell(inside, show(expected[key]), 'nothing');
    if (!Object.hasOwn(expected, key)) return tell(inside, 'nothing', show(actual[key]));
    const found = difference(expected[key], actual[key], inside);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Matching);
}

function tell(path: string, expected: string, actual: string): string {
  return `${path === '' ? 'the value' : path} should be ${expected} and is ${actual}`;
}

function show(value: unknown): string {
  return inspect(value, { depth: 6, breakLength: Infinity, maxStringLength: 300 });
}
