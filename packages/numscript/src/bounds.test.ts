import { describe, expect, test } from 'vitest';
import { bind, compile, limits, run } from './index.ts';

function isProgram(source: string): boolean {
  return compile(source).kind === 'program';
}

/** At its bound, and one beyond. */
type Bound = [name: string, max: number, sourceOf: (size: number) => string];

const sent = (source: string, destination: string) =>
  `send [COIN 5] (\nsource = ${source}\ndestination = ${destination}\n)`;
const nested = (open: string, inner: string, close: string) => (depth: number) =>
  `${open.repeat(depth)}${inner}${close.repeat(depth)}`;
const variables = (count: number) => Array.from({ length: count }, (_, index) => `number $n${index}\n`).join('');
const chainOfMeta = (depth: number) =>
  Array.from({ length: depth }, (_, index) => `account $a${index + 1} = meta($a${index}, "k")\n`).join('');

test('blocks beside one another are not within one another', () => {
  const lists = Array.from({ length: 60 }, (_, index) => `{\n@a${index}\n}\n`).join('');
  const orders = Array.from({ length: 60 }, () => 'max [COIN 1] to {\nmax [COIN 1] to @x\nremaining kept\n}\n').join(
    '',
  );
  expect(isProgram(sent(`{\n${lists}}`, `{\n${orders}remaining kept\n}`))).toBe(true);
});

describe('a script is refused one step beyond each bound', () => {
  test.each<Bound>([
    ['bytes of source', 131_072, (bytes) => `print 1 //${'x'.repeat(bytes - 10)}`],
    [
      'bytes of source, of characters that take two',
      131_072,
      (bytes) => `print 1 //${'é'.repeat((bytes - 10) / 2)}${'x'.repeat(bytes % 2)}`,
    ],
    ['sources within one another', 50, (depth) => sent(nested('{\n', '@a', '\n}')(depth), '@x')],
    ['caps within one another', 50, (depth) => sent(nested('max [COIN 5] from ', '@a', '')(depth), '@x')],
    [
      'destinations within one another',
      50,
      (depth) => sent('@a', nested('{\nmax [COIN 1] to @y\nremaining to ', '@x', '\n}')(depth)),
    ],
    [
      'sources and destinations',
      4_000,
      (count) =>
        sent(`{\n${Array.from({ length: count - 1 }, (_, index) => `@${index.toString(36)}`).join('\n')}\n}`, '@x'),
    ],
    ['allotments within one another', 50, (depth) => sent('@a', nested('{\n1/2 kept\n1/2 to ', '@x', '\n}')(depth))],
    ['variables', 4_000, (count) => `vars {\n${variables(count)}}\nprint 1`],
    ['digits of a numerator', 40, (digits) => `print ${'1'.repeat(digits)}/${'9'.repeat(40)}`],
    ['digits of a denominator', 40, (digits) => `print 1/${'9'.repeat(digits)}`],
    ['digits of a percentage', 40, (digits) => `print 0.${'1'.repeat(digits - 1)}%`],
    ['digits of a number', 1_000, (digits) => `print ${'9'.repeat(digits)}`],
    ['digits of an amount', 1_000, (digits) => `print [COIN ${'9'.repeat(digits)}]`],
    ['meta() built on meta()', 8, (depth) => `vars {\naccount $a0\n${chainOfMeta(depth)}}\nprint 1`],
  ])('%s: %i', (_name, max, sourceOf) => {
    expect([max, max + 1].map((size) => isProgram(sourceOf(size)))).toEqual([true, false]);
  });
});

describe('a run is refused beyond each bound', () => {
  function codeOf(source: string, vars: Readonly<Record<string, string>> = {}): string {
    const compiled = compile(source);
    if (compiled.kind === 'errors') return 'not compiled';
    const bound = bind(compiled.program, vars);
    if (bound.kind === 'refused') return 'not bound';
    const result = run(compiled.program, bound.variables, { balance: () => 1n, metadata: () => ({}) });
    return result.kind === 'done' ? 'done' : `${result.code} ${result.message.split('\n')[0]}`;
  }

  const text = 'x'.repeat(100_000);
  const setTxMeta = (count: number) => `vars {\nstring $s\n}\n${'set_tx_meta("key", $s)\n'.repeat(count)}`;
  const setAccountMeta = (count: number) =>
    `vars {\nstring $s\n}\n${Array.from({ length: count }, (_, index) => `set_account_meta(@a${index}, "key", $s)\n`).join('')}`;

  test.each([
    ['what it sets on its transaction', setTxMeta],
    ['what it sets on accounts', setAccountMeta],
  ])('%s', (_what, sourceOf) => {
    expect(codeOf(sourceOf(9), { s: text })).toBe('done');
    expect(codeOf(sourceOf(10), { s: text })).toMatch(
      new RegExp(`^VALIDATION .* the metadata that the script sets has more than ${limits.storedCharactersMax} `),
    );
  });

  test('steps', () => {
    const list = `{\n${Array.from({ length: 1_500 }, (_, index) => `@${index.toString(36)}`).join('\n')}\n}`;
    const caps = (count: number) => `{\n${'max [COIN 1] to @x\n'.repeat(count)}remaining to @y\n}`;
    expect(codeOf(sent(list, caps(100)).replace('[COIN 5]', '[COIN *]'))).toBe('done');
    expect(codeOf(sent(list, caps(200)).replace('[COIN 5]', '[COIN *]'))).toBe(
      `VALIDATION the script takes more than ${limits.stepsMax} steps`,
    );
  });
});
