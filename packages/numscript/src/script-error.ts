import type { Span } from './syntax.ts';

/** A fault of a script, found while it was compiled. */
export interface ScriptError extends Span {
  /** What is wrong and, where something else was expected, what. */
  readonly message: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
}

/** The longest part of a source line that is shown. */
const excerptMax = 120;

export function scriptError(source: string, message: string, span: Span): ScriptError {
  return { message, ...placeOf(source, span.start), ...span };
}

/** Faults as plain text, each with its place, its line and a caret under what is meant. */
export function describeErrors(source: string, errors: readonly ScriptError[]): string {
  return errors.map(({ message, start, end }) => describeAt(source, message, { start, end })).join('\n');
}

/** One message with the place that it speaks of. */
export function describeAt(source: string, message: string, { start, end }: Span): string {
  const { line, column } = placeOf(source, start);
  const text = source.split(/\r\n|\r|\n/, line)[line - 1] ?? '';
  // Of a long line, the part around the place.
  const from = Math.max(0, Math.min(column - 1 - excerptMax / 2, text.length - excerptMax));
  const excerpt = text.slice(from, from + excerptMax);
  const before = excerpt.slice(0, column - 1 - from).replaceAll(/[^\t]/g, ' ');
  const carets = '^'.repeat(Math.max(1, Math.min(end - start, excerpt.length - before.length)));
  const margin = ' '.repeat(String(line).length);
  return `line ${line}, column ${column}: ${message}\n${line} | ${excerpt}\n${margin} | ${before}${carets}`;
}

function placeOf(source: string, offset: number): { readonly line: number; readonly column: number } {
  const lines = source.slice(0, offset).split(/\r\n|\r|\n/);
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}

/** Ends the parser's work at the first fault: what follows it would be guessed. */
export class SyntaxFault extends Error {
  override readonly name = 'SyntaxFault';
  readonly span: Span;

  constructor(message: string, span: Span) {
    super(message);
    this.span = span;
  }
}
