import { MappingError } from './mapping-error.ts';
import { parsePattern, type PatternNode } from './parse-pattern.ts';

/** Of one contract's pattern, in characters. */
const patternLengthMax = 256;

/** Steps for each character of an address, of all patterns of a mapping together: an ordinary address takes microseconds. */
export const patternStepsMax = 256;

interface CharacterState {
  readonly kind: 'character';
  readonly allowed: ReadonlySet<string>;
  readonly next: number;
}

type State =
  | CharacterState
  | { readonly kind: 'fork'; readonly next: number[] }
  | { readonly kind: 'start' | 'end'; readonly next: number }
  | { readonly kind: 'found' };

/** A contract's account pattern, compiled. */
export interface AddressPattern {
  readonly matches: (address: string) => boolean;
  /** At most this many for each character of an address; none to speak of without a regular expression. */
  readonly steps: number;
}

/**
 * Compiles a contract's account pattern as v1 reads it: every `*` becomes `.*`, and the rest is a regular expression that
 * may match anywhere in the address. v1 leaves that to Go's engine, which takes time in proportion to the address;
 * JavaScript's backtracks, and one pattern with a few stars would stop the service for minutes. So patterns run on states
 * here. What Go's engine knows beyond literals, `.`, classes, groups, `|`, `+`, `?`, `{n,m}`, `^`, `$`, `\d` and `\w` is
 * refused.
 *
 * @throws MappingError
 */
export function compilePattern(pattern: string): AddressPattern {
  if (pattern.length > patternLengthMax) {
    throw new MappingError(`an account pattern is longer than ${patternLengthMax} characters`);
  }
  return /^[\w:*]*$/.test(pattern) ? compileGlob(pattern) : compileRegularExpression(pattern.replaceAll('*', '.*'));
}

/** The ordinary pattern: its parts must follow one another somewhere in the address. */
function compileGlob(pattern: string): AddressPattern {
  const parts = pattern.split('*').filter((part) => part !== '');
  const matches = (address: string): boolean => {
    let from = 0;
    for (const part of parts) {
      const at = address.indexOf(part, from);
      if (at === -1) return false;
      from = at + part.length;
    }
    return true;
  };
  return { matches, steps: 0 };
}

function compileRegularExpression(text: string): AddressPattern {
  const states: State[] = [];
  const add = (state: State): number => {
    if (states.length === patternStepsMax) throw new MappingError('an account pattern is too complex');
    return states.push(state) - 1;
  };
  const found = add({ kind: 'found' });
  const entry = addNode(parsePattern(text), found, add);
  return { matches: (address) => run(states, entry, address), steps: states.length };
}

/** Adds a node's states, which go on to `next`, and returns the first of them. */
function addNode(node: PatternNode, next: number, add: (state: State) => number): number {
  switch (node.kind) {
    case 'character':
      return add({ kind: 'character', allowed: node.allowed, next });
    case 'start':
    case 'end':
      return add({ kind: node.kind, next });
    case 'sequence':
      return node.nodes.reduceRight((after, part) => addNode(part, after, add), next);
    case 'choice':
      return add({ kind: 'fork', next: node.nodes.map((part) => addNode(part, next, add)) });
    case 'repeat':
      return addRepeat(node, next, add);
  }
}

function addRepeat(
  { node, min, max }: Extract<PatternNode, { kind: 'repeat' }>,
  next: number,
  add: (state: State) => number,
): number {
  let entry = next;
  if (max === undefined) {
    const again: number[] = [];
    entry = add({ kind: 'fork', next: again });
    again.push(addNode(node, entry, add), next);
  } else {
    for (let count = min; count < max; count += 1) {
      entry = add({ kind: 'fork', next: [addNode(node, entry, add), next] });
    }
  }
  for (let count = 0; count < min; count += 1) entry = addNode(node, entry, add);
  return entry;
}

/** Walks all states that the pattern can be in at once, one character after the other. */
function run(states: readonly State[], entry: number, address: string): boolean {
  const walk = new Walk(states, address.length);
  let current: CharacterState[] = [];
  for (let position = 0; ; position += 1) {
    // A match may begin anywhere.
    if (walk.reach(entry, position, current)) return true;
    const character = address[position];
    if (character === undefined) return false;
    const following: CharacterState[] = [];
    for (const state of current) {
      if (state.allowed.has(character) && walk.reach(state.next, position + 1, following)) return true;
    }
    current = following;
  }
}

class Walk {
  readonly #states: readonly State[];
  readonly #length: number;
  /** The position after which each state was last reached, from 1. */
  readonly #reachedAt: Uint32Array;

  constructor(states: readonly State[], length: number) {
    this.#states = states;
    this.#length = length;
    this.#reachedAt = new Uint32Array(states.length);
  }

  /** Adds the states that wait for a character from here on. True when the end of the pattern is among those reached. */
  reach(from: number, position: number, waiting: CharacterState[]): boolean {
    const open = [from];
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      const state = this.#states[index];
      if (state === undefined || this.#reachedAt[index] === position + 1) continue;
      this.#reachedAt[index] = position + 1;
      if (state.kind === 'found') return true;
      if (state.kind === 'character') waiting.push(state);
      else if (state.kind === 'fork') open.push(...state.next);
      else if (position === (state.kind === 'start' ? 0 : this.#length)) open.push(state.next);
    }
    return false;
  }
}
