import { invalid } from './problem.ts';

/** The first value of each query parameter; empty ones count as absent, as in v1. */
export type QueryParameters = ReadonlyMap<string, string>;

const none: QueryParameters = new Map();

/**
 * Reads the query of a request's URL.
 *
 * @throws ProblemError VALIDATION for percent signs that decode to no text, and for NUL, which PostgreSQL cannot hold
 */
export function readQuery(url: string): QueryParameters {
  const start = url.indexOf('?');
  if (start === -1 || start === url.length - 1) return none;
  const parameters = new Map<string, string>();
  for (const part of url.slice(start + 1).split('&')) {
    const equals = part.indexOf('=');
    const name = decode(equals === -1 ? part : part.slice(0, equals));
    const value = equals === -1 ? '' : decode(part.slice(equals + 1));
    if (value !== '' && !parameters.has(name)) parameters.set(name, value);
  }
  return parameters;
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

/** v1's booleans in queries: `1`, or `yes` and `true` in any case. */
export function isYes(value: string | undefined): boolean {
  return value !== undefined && (value === '1' || /^(?:yes|true)$/i.test(value));
}
