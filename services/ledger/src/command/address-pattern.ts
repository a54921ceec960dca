import { MappingError } from './mapping-error.ts';
import { parsePattern, type PatternNode } from './parse-pattern.ts';

/** Of one contract's pattern, in characters. */
const patternLengthMax = 256;

/** Of one compiled pattern. A match costs at most this many steps for each character of an address. */
const statesMax = 512;

type State =
  | { readonly kind: 'character'; readonly allowed: ReadonlySet<string>; readonly next: number }
  | { readonly kind: 'fork'; readonly next: number[] }
  | { readonly kind: 'start' | 'end'; readonly next: number }
  | { readonly kind: 'found' };

/** Whether an address matches. */
export type AddressPattern = (address: string) => boolean;

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
  return (address) => {
    let from = 0;
    for (const part of parts) {
      const at = address.indexOf(part, from);
      if (at === -1) return false;
      from = at + part.length;
    }
    return true;
  };
}

function compileRegularExpression(text: string): AddressPattern {
  const states: State[] = [];
  const add = (state: State): number => {
    if (states.length === statesMax) throw new MappingError('an account pattern is too complex');
    return states.push(state) - 1;
  };
  const found = add({ kind: 'found' });
  const entry = addNode(parsePattern(text), found, add);
  return (address) => matches(states, entry, address);
}

/** Adds a node's states, which go on to `next`, and returns the first of them. */
// oxlint-disable-next-line typescript/consistent-return -- the switch is exhaustive, which noImplicitReturns checks
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
function matches(states: readonly State[], entry: number, address: string): boolean {
  let current = new Set<number>();
  for (let position = 0; position <= address.length; position += 1) {
    // A match may begin anywhere.
    if (reach(states, current, { from: entry, position, length: address.length })) return true;
    const character = address[position];
    if (character === undefined) break;
    const following = new Set<number>();
    for (const index of current) {
      const state = states[index];
      if (state?.kind !== 'character' || !state.allowed.has(character)) continue;
      if (reach(states, following, { from: state.next, position: position + 1, length: address.length })) return true;
    }
    current = following;
  }
  return false;
}

interface Step {
  readonly from: number;
  readonly position: number;
  readonly length: number;
}

/** Adds a state and those that follow it without a character. True when one of them is the end of the pattern. */
function reach(states: readonly State[], reached: Set<number>, step: Step): boolean {
  const waiting = [step.from];
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    if (reached.has(index)) continue;
    reached.add(index);
    const state = states[index];
    if (state === undefined) continue;
    if (state.kind === 'found') return true;
    if (state.kind === 'fork') waiting.push(...state.next);
    if (state.kind === 'start' && step.position === 0) waiting.push(state.next);
    if (state.kind === 'end' && step.position === step.length) waiting.push(state.next);
  }
  return false;
}
