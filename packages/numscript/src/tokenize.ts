import { SyntaxFault } from './script-error.ts';
import type { Span } from './syntax.ts';

export type TokenKind =
  | 'newline'
  | 'word'
  | 'variable'
  | 'account'
  | 'asset'
  | 'number'
  | 'portion'
  | 'string'
  | 'symbol'
  | 'end';

export interface Token extends Span {
  readonly kind: TokenKind;
  /** As written. */
  readonly text: string;
}

/** What may stand at a place, in the order of preference among the longest (v1.10, NumScript.g4). */
const forms: readonly (readonly [TokenKind, RegExp])[] = [
  ['newline', /[\r\n]+/y],
  ['word', /[a-z_]+/y],
  ['symbol', /[()[\]{},=+*-]/y],
  ['string', /"[a-zA-Z0-9_\- ]*"/y],
  ['portion', /\d+ ?\/ ?\d+|\d+(?:\.\d+)?%/y],
  ['number', /\d+/y],
  ['variable', /\$[a-z_]+[a-z0-9_]*/y],
  ['account', /@[a-zA-Z0-9_]+[a-zA-Z0-9_:]*/y],
  // A slash that begins a comment is none of an asset.
  ['asset', /(?:[A-Z0-9]|\/(?![/*]))+/y],
];

const blanks = /[ \t]+/y;
const lineComment = /\/\/[^\r\n]*/y;
const commentMark = /\/\*|\*\//g;

/**
 * Cuts a source into tokens, without blanks and comments. Line breaks in a row are one token, whatever blanks and comments stand
 * between them; v1 stumbled over a line of blanks, and over a comment behind a statement.
 *
 * @throws SyntaxFault for what is no token
 */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < source.length) {
    const skipped = lengthOf(blanks, source, at) || lengthOf(lineComment, source, at) || commentLength(source, at);
    if (skipped > 0) {
      at += skipped;
      continue;
    }
    const token = tokenAt(source, at);
    if (token.kind !== 'newline' || tokens.at(-1)?.kind !== 'newline') tokens.push(token);
    at = token.end;
  }
  tokens.push({ kind: 'end', text: '', start: source.length, end: source.length });
  return tokens;
}

function tokenAt(source: string, at: number): Token {
  let longest = 0;
  let found: TokenKind | undefined;
  for (const [kind, form] of forms) {
    const length = lengthOf(form, source, at);
    if (length > longest) [longest, found] = [length, kind];
  }
  const span = { start: at, end: at + Math.max(1, longest) };
  if (found === undefined) throw new SyntaxFault(unexpected(source, at), span);
  return { kind: found, text: source.slice(at, at + longest), ...span };
}

function unexpected(source: string, at: number): string {
  const character = String.fromCodePoint(source.codePointAt(at) ?? 0);
  switch (character) {
    case '"':
      return 'a string holds letters, digits, blanks, _ and -, and ends on its line with "';
    case '@':
      return 'expected the address of an account behind @';
    case '$':
      return 'expected the name of a variable behind $: a-z, 0-9 and _, not beginning with a digit';
    default:
      return `unexpected character ${JSON.stringify(character)}`;
  }
}

function lengthOf(form: RegExp, source: string, at: number): number {
  form.lastIndex = at;
  return form.test(source) ? form.lastIndex - at : 0;
}

/** Of a block comment, within which others may nest; 0 where none begins. */
function commentLength(source: string, start: number): number {
  if (!source.startsWith('/*', start)) return 0;
  let depth = 0;
  commentMark.lastIndex = start;
  do {
    const [mark] = commentMark.exec(source) ?? [];
    if (mark === undefined) {
      throw new SyntaxFault('this comment has no end: expected */', { start, end: start + 2 });
    }
    depth += mark === '/*' ? 1 : -1;
  } while (depth > 0);
  return commentMark.lastIndex - start;
}
