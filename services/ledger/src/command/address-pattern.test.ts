import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { compilePattern } from './address-pattern.ts';

test.each([
  ['*', 'anything', true],
  ['', 'anything', true],
  ['bank', 'big:bank:2', true],
  ['bank', 'big:ban', false],
  ['users:*', 'users:1', true],
  ['users:*', 'users', false],
  ['users:*', 'all:users:1', true],
  ['a*b*c', 'xaxbxcx', true],
  ['a*b*c', 'xaxcxbx', false],
  ['ab*ba', 'aba', false],
  ['a**a', 'a', false],
  ['^users:*$', 'all:users:1', false],
  ['^users:[0-9]+$', 'users:007', true],
  ['^users:[0-9]+$', 'users:007:main', false],
  ['^(users|banks):\\d{3}$', 'banks:123', true],
  ['^(users|banks):\\d{3}$', 'banks:1234', false],
  ['^(?:ab){2,3}$', 'abab', true],
  ['^(?:ab){2,3}$', 'ab', false],
  ['^a{2,}$', 'aaaa', true],
  ['[^a-z]', 'abc', false],
  ['[^a-z]', 'abC', true],
  ['[]a]', 'a', true],
  ['^\\w+:\\w+$', 'a:b', true],
  ['^\\W$', ':', true],
  ['a.c', 'abc', true],
  ['a\\.c', 'abc', false],
  ['^.$|^..$', 'abc', false],
  ['users:1?$', 'users:', true],
  ['a|', 'b', true],
  ['ü', 'u', false],
])('%j against %s: %s', (pattern, address, isMatch) => {
  expect(compilePattern(pattern).matches(address)).toBe(isMatch);
});

test.each([
  '(',
  ')',
  '[a',
  '+a',
  '?',
  'a++',
  'a{2}{3}',
  'a{3,2}',
  'a{101}',
  '((a{50}){50}){50}',
  '(?i)a',
  '(?P<n>a)',
  '[[:alpha:]]',
  '[z-a]',
  '\\b',
  '\\pL',
  'a\\',
  'a'.repeat(257),
])('%.30j is not a pattern', (pattern) => {
  expect(() => compilePattern(pattern)).toThrow(/account pattern/);
});

test('takes time in proportion to the address for patterns on which a backtracking matcher would not end', () => {
  const address = 'a'.repeat(1024);
  const started = process.cpuUsage();
  for (const pattern of ['a*a*a*a*a*a*a*a*a*b$', '(a+)+b', '(a|a)+b', '(.?){50}a{50}b', '(x+x+)+y|((a*)+)+b']) {
    expect(compilePattern(pattern).matches(address)).toBe(false);
  }
  // Milliseconds, counted in time of the processor; a backtracking matcher would take longer than the universe is old.
  expect(process.cpuUsage(started).user / 1e6).toBeLessThan(2);
});

const atom = fc.constantFrom('a', 'b', ':', '.', '[ab]', '[^a]', '\\w', '\\d', '^', '$');
const { pattern: anyPattern } = fc.letrec<{ pattern: string }>((tie) => ({
  pattern: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    atom,
    fc.tuple(tie('pattern'), tie('pattern')).map(([left, right]) => left + right),
    fc.tuple(tie('pattern'), tie('pattern')).map(([left, right]) => `(${left}|${right})`),
    fc
      .tuple(tie('pattern'), fc.constantFrom('+', '?', '{2}', '{1,2}', '{0,1}'))
      .map(([inner, times]) => `(${inner})${times}`),
    tie('pattern').map((inner) => `${inner}*`),
  ),
}));

test('matches what JavaScript’s own expressions match', () => {
  const address = fc.string({ unit: fc.constantFrom('a', 'b', '1', ':'), maxLength: 6 });
  fc.assert(
    fc.property(anyPattern, address, (pattern, text) => {
      const expected = new RegExp(pattern.replaceAll('*', '.*')).test(text);
      expect(compilePattern(pattern).matches(text)).toBe(expected);
    }),
    { numRuns: 2000 },
  );
});
