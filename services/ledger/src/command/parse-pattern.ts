import { MappingError } from './mapping-error.ts';

/** A regular expression over the characters of an address. */
export type PatternNode =
  | { readonly kind: 'character'; readonly allowed: ReadonlySet<string> }
  | { readonly kind: 'start' | 'end' }
  | { readonly kind: 'sequence' | 'choice'; readonly nodes: readonly PatternNode[] }
  | {
      readonly kind: 'repeat';
      readonly node: PatternNode;
      readonly min: number;
      /** Undefined: without end. */
      readonly max: number | undefined;
    };

const digits = '0123456789';
const wordCharacters = `${digits}ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_`;

/** All that an address can hold; a character outside matches nothing. */
const alphabet = new Set(`${wordCharacters}:`);

const escapes = new Map<string, ReadonlySet<string>>([
  ['d', new Set(digits)],
  ['D', alphabet.difference(new Set(digits))],
  ['w', new Set(wordCharacters)],
  ['W', alphabet.difference(new Set(wordCharacters))],
]);

const repeatMax = 100;

/** Parses a pattern in which every `*` already is `.*`. Throws MappingError. */
export function parsePattern(text: string): PatternNode {
  const parser = new PatternParser(text);
  const node = parser.choice();
  if (!parser.isAtEnd) throw new MappingError('an account pattern closes a group that it did not open');
  return node;
}

class PatternParser {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.#position >= this.#text.length;
  }

  choice(): PatternNode {
    const nodes = [this.#sequence()];
    while (this.#skip('|')) nodes.push(this.#sequence());
    return { kind: 'choice', nodes };
  }

  #sequence(): PatternNode {
    const nodes: PatternNode[] = [];
    while (!this.isAtEnd && !this.#isNext('|') && !this.#isNext(')')) nodes.push(this.#repeated());
    return { kind: 'sequence', nodes };
  }

  #repeated(): PatternNode {
    const node = this.#atom();
    const range = this.#range();
    if (range === undefined) return node;
    // Reluctance decides what a match holds, not whether there is one.
    this.#skip('?');
    if (this.#range() !== undefined) throw new MappingError('an account pattern repeats a repetition');
    return { kind: 'repeat', node, ...range };
  }

  #range(): { readonly min: number; readonly max: number | undefined } | undefined {
    if (this.#skip('*')) return { min: 0, max: undefined };
    if (this.#skip('+')) return { min: 1, max: undefined };
    if (this.#skip('?')) return { min: 0, max: 1 };
    const counted = this.#take(/\{(\d{1,4})(,?)(\d{0,4})\}/y);
    if (counted === undefined) return undefined;
    const [, first = '', comma, last = ''] = counted;
    const min = Number(first);
    const max = comma === '' ? min : last === '' ? undefined : Number(last);
    if (min > (max ?? min) || Math.max(min, max ?? 0) > repeatMax) {
      throw new MappingError(`an account pattern repeats from more to less, or above ${repeatMax} times`);
    }
    return { min, max };
  }

  #atom(): PatternNode {
    if (this.#skip('(')) return this.#group();
    if (this.#skip('[')) return { kind: 'character', allowed: this.#class() };
    if (this.#skip('.')) return { kind: 'character', allowed: alphabet };
    if (this.#skip('^')) return { kind: 'start' };
    if (this.#skip('$')) return { kind: 'end' };
    if (this.#take(/[*+?]/y) !== undefined) throw new MappingError('an account pattern repeats nothing');
    return { kind: 'character', allowed: this.#character() };
  }

  #group(): PatternNode {
    if (this.#skip('?') && !this.#skip(':')) throw new MappingError('an account pattern has flags or a named group');
    const node = this.choice();
    if (!this.#skip(')')) throw new MappingError('an account pattern does not close a group');
    return node;
  }

  #class(): ReadonlySet<string> {
    const isNegated = this.#skip('^');
    const allowed = new Set<string>();
    // A bracket that comes first stands for itself.
    for (let isFirst = true; isFirst || !this.#isNext(']'); isFirst = false) {
      if (this.isAtEnd || this.#take(/\[:/y) !== undefined) {
        throw new MappingError('an account pattern does not close a class, or names one');
      }
      for (const character of this.#classItem()) allowed.add(character);
    }
    this.#skip(']');
    return isNegated ? alphabet.difference(allowed) : allowed;
  }

  #classItem(): Iterable<string> {
    const range = this.#take(/([^\\\]])-([^\\\]])/y);
    if (range === undefined) return this.#character();
    const [, first = '', last = ''] = range;
    if (first > last) throw new MappingError('an account pattern has a class from more to less');
    return alphabet.keys().filter((character) => character >= first && character <= last);
  }

  #character(): ReadonlySet<string> {
    const [, escape, literal] = this.#take(/\\(.?)|([^])/y) ?? [];
    if (literal !== undefined) return new Set(literal);
    const named = escape === undefined ? undefined : escapes.get(escape);
    if (named !== undefined) return named;
    if (escape === undefined || escape === '' || alphabet.has(escape)) {
      throw new MappingError('an account pattern has an escape other than \\d, \\w and punctuation');
    }
    return new Set(escape);
  }

  #isNext(character: string): boolean {
    return this.#text[this.#position] === character;
  }

  #skip(character: string): boolean {
    if (!this.#isNext(character)) return false;
    this.#position += 1;
    return true;
  }

  /** Takes what a sticky expression finds here. */
  #take(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.#position;
    const found = expression.exec(this.#text);
    if (found === null) return undefined;
    this.#position += found[0].length;
    return found;
  }
}
