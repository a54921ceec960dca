import { describe, expect, test } from 'vitest';
import { compile, describeErrors } from './index.ts';
import { expectedOf, outcomeOf, type ScriptCase, send, written } from './testing/script-case.ts';

/** A script, and the text of it that its only error is about. */
type Fault = [name: string, script: string | readonly string[], about: string];

/** What stands where the errors of a script are, each as long as the text that is expected. */
function textsAtErrors(script: string | readonly string[], { length }: string): readonly string[] {
  const source = written(script);
  const compiled = compile(source);
  if (compiled.kind === 'program') return [];
  const lines = source.split('\n');
  return compiled.errors.map(({ line, column }) => lines[line - 1]?.slice(column - 1, column - 1 + length) ?? '');
}

test('a key that cannot be read back as JSON', () => {
  expect(textsAtErrors('set_tx_meta("__proto__", 1)', '"__proto__"')).toEqual(['"__proto__"']);
  expect(textsAtErrors('set_account_meta(@a, "__proto__", 1)', '"__proto__"')).toEqual(['"__proto__"']);
});

test('what a client sent is not repeated at length', () => {
  const name = 'x'.repeat(10_000);
  for (const source of [`print $${name}`, `vars {\nnumber $${name}\nnumber $${name}\n}\nprint 1`, `send @${name}`]) {
    const compiled = compile(source);
    expect(compiled.kind === 'errors' && describeErrors(source, compiled.errors).length).toBeLessThan(1_000);
  }
});

describe('types', () => {
  test.each<Fault>([
    ['what is sent', send('@b', '@a', '@x'), '@b'],
    ['a number is sent', send('30', '@a', '@x'), '30'],
    ['everything of what is no asset', send('[@b *]', '@a', '@x'), '@b'],
    ['everything of a variable that is no asset', ['vars { string $of }', send('[$of *]', '@a', '@x')], '$of'],
    ['an amount of what is no asset', send('["COIN" 5]', '@a', '@x'), '"COIN"'],
    ['an amount of a variable that is no asset', ['vars { string $of }', send('[$of 5]', '@a', '@x')], '$of 5'],
    ['a source', send('[COIN 5]', '200', '@x'), '200'],
    ['a source of a list', send('[COIN 5]', '{ @a; [GEM 2] }', '@x'), '[GEM 2]'],
    ['a source that is a variable', ['vars { asset $a }', send('[COIN 5]', '$a', '@x')], '$a'],
    ['a cap of a source', send('[COIN 5]', '{ max @b from @a; @world }', '@x'), '@b'],
    ['a cap of a source that is a number', send('[COIN 5]', '{ max 5 from @a; @world }', '@x'), '5 from'],
    ['an overdraft', send('[COIN 5]', '@a allowing overdraft up to @b', '@x'), '@b'],
    ['a destination', send('[COIN 5]', '@world', '[GEM 10]'), '[GEM 10]'],
    ['a destination of a share', send('[COIN 5]', '@world', '{ 2/3 to @x; 1/3 to [GEM 10] }'), '[GEM 10]'],
    ['a destination of an order', send('[COIN 5]', '@world', '{ max [COIN 2] to "x"; remaining to @y }'), '"x"'],
    ['what remains', send('[COIN 5]', '@world', '{ max [COIN 2] to @x; remaining to 15% }'), '15%'],
    ['a cap of a destination', send('[COIN 5]', '@a', '{ max @b to @x; remaining to @y }'), '@b'],
    [
      'a portion',
      ['vars { account $p }', send('[COIN 5]', '@world', '{ 10% to @x; $p to @y; remaining to @z }')],
      '$p to',
    ],
    [
      'a portion of a source',
      ['vars { number $p }', send('[COIN 5]', '{ $p from @a; remaining from @b }', '@x')],
      '$p from',
    ],
    ['an account that gets metadata', ['vars { portion $p }', 'set_account_meta($p, "k", 1%)'], '$p, '],
    ['a number added to money', send('[EUR 1] + 2', '@world', '@x'), '2 ('],
    ['a variable taken from money', ['vars { number $n }', send('[EUR 1] - $n', '@world', '@x')], '$n ('],
    ['money added to a number', 'print 1 + [EUR 2]', '[EUR 2]'],
    ['the account of balance()', ['vars { monetary $b = balance(USD, COIN) }', 'print 1'], 'USD'],
    ['the asset of balance()', ['vars { monetary $b = balance(@a, @b) }', 'print 1'], '@b'],
    ['the account of meta()', ['vars { account $b = meta(USD, "k") }', 'print 1'], 'USD'],
  ])('%s', (_name, script, about) => {
    expect(textsAtErrors(script, about)).toEqual([about]);
  });

  test.each<ScriptCase>([
    { name: 'accounts are not added', script: 'print @a + @b', gives: 'not compiled' },
    { name: 'strings are not added', script: 'print "a" + "b"', gives: 'not compiled' },
    { name: 'portions are not added', script: 'print 1/2 + 1/3', gives: 'not compiled' },
    { name: 'assets are not subtracted', script: 'print COIN - GEM', gives: 'not compiled' },
    {
      name: 'a balance is monetary',
      script: ['vars { account $b = balance(@a, COIN) }', 'print $b'],
      gives: 'not compiled',
    },
    {
      name: 'a balance is no number',
      script: ['vars { number $b = balance(@a, COIN) }', 'print $b'],
      gives: 'not compiled',
    },
  ])('$name', (one) => {
    expect(outcomeOf(one)).toEqual(expectedOf(one));
  });
});

describe('variables', () => {
  test.each<Fault>([
    ['is not declared', 'print $nope', '$nope'],
    ['is not declared, as a source', send('[COIN 5]', '{ @a; $nope }', '@x'), '$nope'],
    ['is not declared, as a portion', send('[COIN 5]', '@a', '{ $nope to @x; remaining to @y }'), '$nope'],
    ['is not declared, as an asset', send('[$nope 5]', '@a', '@x'), '$nope'],
    ['is declared later', ['vars { account $b = meta($a, "k"); account $a }', 'print 1'], '$a, '],
    ['is used in its own declaration', ['vars { account $a = meta($a, "k") }', 'print 1'], '$a, "k"'],
  ])('%s', (_name, script, about) => {
    expect(textsAtErrors(script, about)).toEqual([about]);
  });

  test.each<ScriptCase>([
    {
      name: 'is declared twice',
      script: ['vars { account $a; number $a }', 'print 1'],
      gives: 'not compiled',
      says: '$a',
    },
    {
      name: 'is declared twice, the second time with metadata',
      script: ['vars { account $a; account $a = meta(@b, "k") }', 'print 1'],
      gives: 'not compiled',
      says: '$a',
    },
  ])('$name', (one) => {
    expect(outcomeOf(one)).toEqual(expectedOf(one));
  });
});

describe('literals', () => {
  test.each<Fault>([
    ['an account with an empty segment', 'print @a::b', '@a::b'],
    ['an account that ends in a colon', 'print @a:', '@a:'],
    ['an account of 1,025 characters', `print @${'a'.repeat(1025)}`, '@aaa'],
    ['an asset with two scales', 'print [EUR/2/2 1]', 'EUR/2/2'],
    ['an asset without a code', 'print [/2 1]', '/2'],
    ['an asset of 18 letters', 'print [ABCDEFGHIJKLMNOPQR 1]', 'ABCDEFGHIJKLMNOPQR'],
    ['a portion above the whole', send('[COIN 5]', '@world', '{ 101% to @x; remaining to @y }'), '101%'],
    ['a fraction above the whole', 'print 3/2', '3/2'],
    ['a portion of zero parts', 'print 1/0', '1/0'],
  ])('%s', (_name, script, about) => {
    expect(textsAtErrors(script, about)).toEqual([about]);
  });
});

describe('unbounded sources', () => {
  test.each<ScriptCase>([
    { name: 'everything of world', script: send('[COIN *]', '@world', '@x'), gives: 'not compiled' },
    {
      name: 'everything of a list with world',
      script: send('[COIN *]', '{ @a; @world }', '@x'),
      gives: 'not compiled',
    },
    {
      name: 'everything of an account without bound',
      script: send('[COIN *]', '@a allowing unbounded overdraft', '@x'),
      gives: 'not compiled',
    },
    {
      name: 'everything of a list within a list',
      script: send('[COIN *]', '{ @a; { @b; @c allowing unbounded overdraft } }', '@x'),
      gives: 'not compiled',
    },
    {
      name: 'another source behind world',
      script: send('[COIN 5]', '{ @a; @world; @b }', '@x'),
      gives: 'not compiled',
    },
    {
      name: 'another source behind a list that ends in world',
      script: send('[COIN 5]', '{ { @a; @world }; { @b; @world } }', '@x'),
      gives: 'not compiled',
    },
    {
      name: 'another source behind an unbounded overdraft',
      script: send('[COIN 5]', '{ @a allowing unbounded overdraft; @b }', '@x'),
      gives: 'not compiled',
    },
    {
      name: 'another source behind it, below a cap',
      script: send('[COIN 5]', '{ max [COIN 9] from { @world; @a }; @b }', '@x'),
      gives: 'not compiled',
    },
    {
      name: 'another source behind it, within a share',
      script: send('[COIN 5]', '{ 50% from { @world; @a }; 50% from @b }', '@x'),
      gives: 'not compiled',
    },
    {
      name: 'an overdraft of world',
      script: send('[COIN 5]', '@world allowing overdraft up to [COIN 10]', '@x'),
      gives: 'not compiled',
    },
    {
      name: 'an unbounded overdraft of world',
      script: send('[COIN 5]', '@world allowing unbounded overdraft', '@x'),
      gives: 'not compiled',
    },
  ])('$name', (one) => {
    expect(outcomeOf(one)).toEqual(expectedOf(one));
  });
});

describe('a source that is empty already', () => {
  test.each<ScriptCase>([
    { name: 'twice in a list', script: send('[COIN 5]', '{ @a; @b; @a }', '@x'), gives: 'not compiled', says: 'a' },
    { name: 'in a list within a list', script: send('[COIN 5]', '{ { @a; @b }; @a }', '@x'), gives: 'not compiled' },
    { name: 'in two lists', script: send('[COIN 5]', '{ { @a; @b }; { @c; @a } }', '@x'), gives: 'not compiled' },
    {
      name: 'a variable twice',
      script: ['vars { account $a }', send('[COIN 5]', '{ $a; @b; $a }', '@x')],
      gives: 'not compiled',
    },
    {
      name: 'the second time with an overdraft',
      script: send('[COIN 5]', '{ @a; @a allowing overdraft up to [COIN 5] }', '@x'),
      gives: 'not compiled',
    },
    { name: 'of everything', script: send('[COIN *]', '{ @a; @a }', '@x'), gives: 'not compiled' },
    {
      name: 'within a share',
      script: send('[COIN 5]', '{ 50% from { @a; @a }; 50% from @b }', '@x'),
      gives: 'not compiled',
    },
    {
      name: 'within a cap',
      script: send('[COIN 5]', '{ max [COIN 5] from { @a; @a }; @b }', '@x'),
      gives: 'not compiled',
    },
    {
      name: 'is not so behind a cap',
      script: send('[COIN 5]', '{ max [COIN 5] from { @a; @b }; @b; @a }', '@x'),
      balances: { 'a COIN': 5n },
      gives: ['a -> x 5 COIN'],
    },
    {
      name: 'is not so in another share',
      script: send('[COIN 6]', '{ 50% from @a; 50% from @a }', '@x'),
      balances: { 'a COIN': 6n },
      gives: ['a -> x 6 COIN'],
    },
    {
      name: 'is not so in another send',
      script: [send('[COIN 5]', '@a', '@x'), send('[COIN 5]', '@a', '@x')],
      balances: { 'a COIN': 10n },
      gives: ['a -> x 5 COIN', 'a -> x 5 COIN'],
    },
  ])('$name', (one) => {
    expect(outcomeOf(one)).toEqual(expectedOf(one));
  });
});

describe('shares that do not add up', () => {
  const into = (shares: string) => ['vars { portion $p }', send('[COIN 5]', '@world', shares)];
  const from = (shares: string) => ['vars { portion $p }', send('[COIN 5]', shares, '@x')];
  test.each<[string, readonly string[]]>([
    ['more than the whole', into('{ 2/3 to @x; 2/3 to @y }')],
    ['a little more than the whole', into('{ 50% to @x; 50.0001% to @y }')],
    ['less than the whole', into('{ 1/3 to @x; 1/3 to @y }')],
    ['a little less than the whole', into('{ 50% to @x; 49.9999% to @y }')],
    ['the whole, and what remains', into('{ 1/2 to @x; 1/2 to @y; remaining to @z }')],
    ['more than the whole, and what remains', into('{ 2/3 to @x; 1/2 to @y; remaining to @z }')],
    ['what remains, twice', into('{ 2/3 to @x; remaining to @y; remaining to @z }')],
    ['what remains, twice, with a variable', into('{ $p to @x; remaining to @y; remaining kept }')],
    ['more than the whole, with a variable', into('{ 1/2 to @x; 2/3 to @y; remaining to @z; $p to @d }')],
    ['the whole, with a variable', into('{ 1/2 to @x; 1/2 to @y; $p to @z }')],
    ['the whole, with a variable and what remains', into('{ 100% to @x; $p to @y; remaining to @z }')],
    ['a variable, and nothing remains', into('{ 2/3 to @x; $p to @y }')],
    ['a variable alone', into('{ $p to @x }')],
    ['of sources, more than the whole', from('{ 2/3 from @a; 2/3 from @b }')],
    ['of sources, less than the whole', from('{ 1/3 from @a; 1/3 from @b }')],
    ['of sources, the whole and what remains', from('{ 1/2 from @a; 1/2 from @b; remaining from @c }')],
    ['of sources, what remains twice', from('{ 1/2 from @a; remaining from @b; remaining from @c }')],
    ['of sources, a variable, and nothing remains', from('{ 1/2 from @a; $p from @b }')],
    ['on a level within', into('{ max [COIN 2] to { 1/3 to @x; 1/3 to @y }; remaining to @z }')],
  ])('%s', (name, script) => {
    const one: ScriptCase = { name, script, gives: 'not compiled' };
    expect(outcomeOf(one)).toEqual(expectedOf(one));
  });

  test('everything cannot come in shares', () => {
    const script = send('[COIN *]', '{ 50% from @a; 50% from @b }', '@x');
    const one: ScriptCase = { name: 'shares', script, gives: 'not compiled' };
    expect(outcomeOf(one)).toEqual(expectedOf(one));
  });
});

describe('where an error is', () => {
  test.each<[string, source: string, line: number, column: number]>([
    ['on the first line', 'print $nope', 1, 7],
    ['behind lines that end in CRLF', 'print 1\r\n\r\n  print $nope', 3, 9],
    ['behind lines that end in CR', 'print 1\rprint $nope', 2, 7],
    ['behind a comment of several lines', '/* 1\n2\n3 */ print $nope', 3, 12],
    ['behind characters of two UTF-16 units', '/* 😀 */ print $nope', 1, 16],
    ['at a character of no token', 'print 1\nprint ?', 2, 7],
    ['at the end', 'print', 1, 6],
    ['at the end of the line', 'print\nfail', 1, 6],
  ])('%s', (_name, source, line, column) => {
    expect(compile(source)).toMatchObject({ kind: 'errors', errors: [{ line, column }] });
  });

  test('every error of the types is listed, in order', () => {
    const source = written([send('@b', '@a', '@x'), send('[COIN 5]', '@a', '5'), 'print $nope']);
    const compiled = compile(source);
    if (compiled.kind === 'program') throw new Error('compiled');
    expect(compiled.errors.map(({ line, column }) => [line, column])).toEqual([
      [1, 6],
      [7, 15],
      [9, 7],
    ]);
  });

  test('a description shows the line of each', () => {
    const source = 'print 1\n\tprint $nope // here';
    const compiled = compile(source);
    if (compiled.kind === 'program') throw new Error('compiled');
    expect(describeErrors(source, compiled.errors)).toContain('\tprint $nope // here');
  });
});
