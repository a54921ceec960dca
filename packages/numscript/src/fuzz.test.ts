import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { bind, compile, describeErrors, needs, printScript, run, type Program, type ScriptError } from './index.ts';
import { programOf } from './testing/program-of.ts';
import { randomScript } from './testing/random-script.ts';
import { writeScript } from './testing/write-script.ts';

vi.setConfig({ testTimeout: 120_000 });

/** Tells what hangs from what is slow; most take a millisecond, and the machine may be busy. */
const tookMsMax = 30_000;
const sourceBytesMax = 131_072;

/** What a value of each type may be. */
const values = {
  account: 'a',
  asset: 'COIN',
  number: 5,
  string: 'text',
  monetary: { asset: 'COIN', amount: 5 },
  portion: '1/3',
} as const;

/** What is wrong with how a source was taken: nothing may throw, last, or be said of a place outside of it. */
function faultsOf(source: string): readonly string[] {
  const startMs = performance.now();
  const compiled = compile(source);
  const faults = compiled.kind === 'errors' ? errorFaults(source, compiled.errors) : programFaults(compiled.program);
  const tookMs = performance.now() - startMs;
  return tookMs < tookMsMax ? faults : [...faults, `took ${tookMs} ms`];
}

function errorFaults(source: string, errors: readonly ScriptError[]): readonly string[] {
  if (errors.length === 0 || describeErrors(source, errors) === '') return ['no error is told'];
  const lines = source.split(/\r\n|\r|\n/);
  return errors
    .filter(({ line, column }) => column < 1 || column > (lines[line - 1]?.length ?? -1) + 1)
    .map(({ message, line, column }) => `line ${line}, column ${column} is outside: ${message}`);
}

function programFaults(program: Program): readonly string[] {
  const given = program.declarations.filter(({ origin }) => origin === undefined);
  const bound = bind(program, Object.fromEntries(given.map(({ name, type }) => [name, values[type]])));
  if (bound.kind === 'refused') return [bound.message];
  needs(program, bound.variables, () => undefined);
  run(program, bound.variables, { balance: () => 20n, metadata: () => ({}) });
  const printed = printScript(program);
  // What is printed may be longer than what was written, and then too long.
  if (Buffer.byteLength(printed) > sourceBytesMax) return [];
  return isDeepStrictEqual(programOf(printed), programOf(program.source)) ? [] : ['printed, it is another program'];
}

test('random characters give errors', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      expect(faultsOf(text)).toEqual([]);
    }),
    { numRuns: 1_000 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      // In UTF-16, halves of characters as well.
      for (const encoding of ['latin1', 'utf8', 'utf16le'] as const) {
        expect(faultsOf(Buffer.from(bytes).toString(encoding))).toEqual([]);
      }
    }),
    { numRuns: 1_000 },
  );
});

const words =
  'vars send source destination max from to kept remaining allowing overdraft up unbounded print fail set_tx_meta ' +
  'set_account_meta meta balance account asset number string monetary portion { } ( ) [ ] = + - * , @a @world @b:1 @ $v ' +
  '$w $ COIN EUR/2 / // /* */ 5 0 007 1/3 50% 12.5% % "k" " "" [COIN 5] [COIN *] [$v 5]';
const token = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...words.split(' ')) },
  { weight: 3, arbitrary: fc.constantFrom('\n', '\r\n', ' ', '\t') },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      'send [COIN 5] (\n',
      'source = ',
      'destination = ',
      'vars {\n',
      'account $v',
      '\n)\n',
      '\n}\n',
      'remaining to ',
      ' allowing unbounded overdraft',
    ),
  },
);

test('words in any order give errors, or programs', () => {
  fc.assert(
    fc.property(fc.array(token, { maxLength: 60 }), fc.constantFrom('', ' '), (tokens, between) => {
      expect(faultsOf(tokens.join(between))).toEqual([]);
    }),
    { numRuns: 3_000 },
  );
});

const mutation = fc.record({
  at: fc.nat(),
  remove: fc.nat(12),
  insert: fc.oneof(token, fc.string({ unit: 'binary', maxLength: 3 }), fc.constant('')),
});

test('programs that were changed here and there give errors, or programs', () => {
  fc.assert(
    fc.property(
      randomScript,
      fc.array(fc.nat(3), { minLength: 1, maxLength: 12 }),
      fc.array(mutation, { minLength: 1, maxLength: 4 }),
      (script, choices, mutations) => {
        let { text } = writeScript(script, choices);
        for (const { at, remove, insert } of mutations) {
          const place = at % (text.length + 1);
          text = text.slice(0, place) + insert + text.slice(place + remove);
        }
        expect(faultsOf(text)).toEqual([]);
      },
    ),
    { numRuns: 2_000 },
  );
});

const send = (source: string, destination: string, amount = '[COIN 5]') =>
  `send ${amount} (\nsource = ${source}\ndestination = ${destination}\n)\n`;
/** As often as it fits. */
const fill = (text: string, around = '') => text.repeat(Math.floor((sourceBytesMax - around.length) / text.length));
const numbered = (lineOf: (index: number) => string, bytes: number) => {
  let text = '';
  for (let index = 0; text.length < bytes; index += 1) text += lineOf(index);
  return text;
};

test.each<[string, string]>([
  ['braces', fill('{')],
  ['braces on lines', `send [COIN 5] (\nsource = ${fill('{\n', 'send [COIN 5] (\nsource = ')}`],
  ['brackets', `print ${fill('[', 'print ')}`],
  ['parentheses', fill('(')],
  ['closing braces', fill('}\n')],
  ['caps', `send [COIN 5] (\nsource = ${fill('max [COIN 5] from ', 'send [COIN 5] (\nsource = ')}`],
  ['orders', `send [COIN 5] (\ndestination = ${fill('{\nmax [COIN 5] to ', 'send [COIN 5] (\ndestination = ')}`],
  ['shares', `send [COIN 5] (\ndestination = ${fill('{\n1/2 to ', 'send [COIN 5] (\ndestination = ')}`],
  ['comments', fill('/*')],
  ['comments that end', `${fill('/**/', 'print 1')}print 1`],
  ['comments within comments', `${'/*'.repeat(16_000)}${'*/'.repeat(16_000)}print 1`],
  ['comments, one end short', `${'/*'.repeat(16_000)}${'*/'.repeat(15_999)}print 1`],
  ['slashes', fill('/')],
  ['slashes and stars', fill('/*/')],
  ['line breaks', fill('\n')],
  ['carriage returns', fill('\r')],
  ['blanks', fill(' ')],
  ['blanks and line breaks', `${fill(' \n', 'print 1')}print 1`],
  ['line comments', `${fill('//\n', 'print 1')}print 1`],
  ['one long line', `print 1 ${fill('+ 1 ', 'print 1 ')}`],
  ['one long line with an error at its end', `print 1 ${fill('+ 1 ', 'print 1 $x')}$`],
  ['one long word', fill('a')],
  ['one long number', `print ${fill('9', 'print ')}`],
  ['one long fraction', `print 1/${fill('9', 'print 1/')}`],
  ['one long percentage', `print 0.${fill('9', 'print 0.%')}%`],
  ['digits, slashes and blanks', `print ${fill('1 / ', 'print ')}`],
  ['one long account', `print @${fill('a:', 'print @a')}a`],
  ['one long asset', `print ${fill('A/', 'print ')}`],
  ['one long string', `print "${fill('a ', 'print ""')}"`],
  ['a string that does not end', `print "${fill('a ', 'print "')}`],
  ['quotes', fill('"')],
  ['dollars', fill('$')],
  ['characters beyond ASCII', fill('é').slice(0, 32_000)],
  ['halves of characters', '\ud800'.repeat(20_000)],
  ['zero bytes', fill('\0')],
  ['prints', fill('print 1\n')],
  ['sums of long numbers', `print 1${fill(` + ${'9'.repeat(1_000)}`, 'print 1')}`],
  ['variables', `vars {\n${numbered((index) => `number $a${index}\n`, 60_000)}}\nprint 1`],
  ['faults of types', fill(send('5', '"x"'))],
  ['sends', fill(send('@a', '@b'))],
  ['sends of zero through an order', fill(send('@a', '{\nmax [COIN 0] to @x\nremaining kept\n}', '[COIN 0]'))],
  ['many sources', send(`{\n${numbered((index) => `@a${index}\n`, 60_000)}}`, '@x', '[COIN 99999]')],
  ['many capped sources', send(`{\n${numbered(() => 'max [COIN 1] from @a\n', 60_000)}}`, '@x', '[COIN 1]')],
  [
    'many capped unbounded sources',
    send(`{\n${numbered(() => 'max [COIN 1] from @world\n', 60_000)}}`, '@x', '[COIN 5]'),
  ],
  [
    'many caps of a destination',
    send(
      '@world',
      `{\n${numbered((index) => `max [COIN 1] to @a${index}\n`, 60_000)}remaining kept\n}`,
      '[COIN 99999]',
    ),
  ],
  [
    'many caps that are kept',
    send('@world', `{\n${numbered(() => 'max [COIN 1] kept\n', 60_000)}remaining kept\n}`, '[COIN 99999]'),
  ],
  [
    'many sources for many destinations',
    send(
      `{\n${numbered((index) => `@a${index}\n`, 30_000)}}`,
      `{\n${numbered((index) => `max [COIN 7] to @b${index}\n`, 30_000)}remaining kept\n}`,
      '[COIN 60000]',
    ),
  ],
  [
    'many sources for many shares that are kept',
    send(
      `{\n${numbered((index) => `@a${index}\n`, 30_000)}}`,
      `{\n${numbered(() => '0/1 kept\n', 30_000)}remaining kept\n}`,
      '[COIN 60000]',
    ),
  ],
  [
    'many portions with denominators of their own',
    send(
      '@world',
      `{\n${numbered((index) => `1/${10n ** 39n + BigInt(index * 2 + 1)} kept\n`, 60_000)}remaining kept\n}`,
    ),
  ],
  [
    'portions deep within portions',
    send(
      '@world',
      `${`{\n1/${'9'.repeat(40)} kept\nremaining to `.repeat(50)}@x${'\n}'.repeat(50)}`,
      `[COIN ${'9'.repeat(1_000)}]`,
    ),
  ],
])('a script of %s takes no more than its time', (_name, source) => {
  expect(source.length).toBeLessThanOrEqual(sourceBytesMax + 1);
  expect(faultsOf(source)).toEqual([]);
});

test('a script that is far too long is refused at once', () => {
  const startMs = performance.now();
  const compiled = compile('{\n'.repeat(20_000_000));
  expect(compiled).toMatchObject({ kind: 'errors', errors: [{ line: 1, column: 1 }] });
  expect(performance.now() - startMs).toBeLessThan(tookMsMax);
});
