import { limits } from './limits.ts';
import { SyntaxFault } from './script-error.ts';
import { shown } from './shown.ts';
import type { Span } from './syntax.ts';
import type { Token, TokenKind } from './tokenize.ts';

const namesOfKinds: Readonly<Record<TokenKind, string>> = {
  newline: 'a line break',
  word: 'a word',
  variable: 'a variable',
  account: 'an account',
  asset: 'an asset',
  number: 'a number',
  portion: 'a portion',
  string: 'a string in double quotes',
  symbol: 'a symbol',
  end: 'the end of the script',
};

/** The tokens of a script, taken one by one. Whatever is not as expected ends the work. */
export class TokenStream {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  /** @param tokens of which the last is `end` */
  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get next(): Token {
    return this.#peek(0);
  }

  isNext(kind: TokenKind, text?: string): boolean {
    return isOf(this.next, kind, text);
  }

  /** Whether the token so many behind the next one is of this kind. */
  isAhead(count: number, kind: TokenKind, text?: string): boolean {
    return isOf(this.#peek(count), kind, text);
  }

  take(): Token {
    const token = this.next;
    this.#at += 1;
    return token;
  }

  /** Takes the next token if it is of this kind. */
  takeIf(kind: TokenKind, text?: string): Token | undefined {
    return this.isNext(kind, text) ? this.take() : undefined;
  }

  /** @throws SyntaxFault when the next token is another */
  expect(kind: TokenKind, text?: string): Token {
    return this.takeIf(kind, text) ?? this.fail(text === undefined ? namesOfKinds[kind] : `'${text}'`);
  }

  /** @throws SyntaxFault when the next words are others */
  expectWords(...words: readonly string[]): void {
    for (const word of words) this.expect('word', word);
  }

  /** The entries of a block in braces, each on its line. */
  block<Entry>(parseEntry: () => Entry): readonly Entry[] {
    this.expect('symbol', '{');
    this.expect('newline');
    return this.nested(() => {
      const entries: Entry[] = [];
      do {
        entries.push(parseEntry());
        this.expect('newline');
      } while (this.takeIf('symbol', '}') === undefined);
      return entries;
    });
  }

  /** What stands within something else; so the parser's own depth is bounded. */
  nested<Result>(parseInner: () => Result): Result {
    if (this.#depth === limits.depthMax) {
      throw new SyntaxFault(`sources and destinations are nested deeper than ${limits.depthMax}`, this.next);
    }
    this.#depth += 1;
    const result = parseInner();
    this.#depth -= 1;
    return result;
  }

  /** From a token to the last one that was taken. */
  spanFrom({ start }: Span): Span {
    return { start, end: this.#tokens[this.#at - 1]?.end ?? start };
  }

  /** @throws SyntaxFault that says what was expected here */
  fail(expected: string): never {
    const token = this.next;
    throw new SyntaxFault(`expected ${expected}, found ${tokenText(token)}`, token);
  }

  #peek(ahead: number): Token {
    const token = this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)];
    if (token === undefined) throw new Error('a stream of tokens ends with `end`');
    return token;
  }
}

function isOf(token: Token, kind: TokenKind, text: string | undefined): boolean {
  return token.kind === kind && (text === undefined || token.text === text);
}

function tokenText({ kind, text }: Token): string {
  return kind === 'newline' || kind === 'end' ? namesOfKinds[kind] : `'${shown(text)}'`;
}
