import { describe, expect, test } from 'vitest';
import { compile } from './index.ts';
import { programOf } from './testing/program-of.ts';
import { expectedOf, outcomeOf, type ScriptCase, send, written } from './testing/script-case.ts';

const paid = written(send('[COIN 5]', '@a', '@x'));

describe('what makes no difference', () => {
  const plain = 'vars {\naccount $a\n}\nprint 1\nsend [COIN 5] (\nsource = {\n$a\n@b\n}\ndestination = @x\n)';
  test.each<[string, string]>([
    ['line breaks before and behind', `\n\n${plain}\n\n\n`],
    ['CRLF', plain.replaceAll('\n', '\r\n')],
    ['CR', plain.replaceAll('\n', '\r')],
    ['blank lines', plain.replaceAll('\n', '\n\n\n')],
    ['lines of blanks', plain.replaceAll('\n', '\n \t \n')],
    ['blanks at the ends of lines', plain.replaceAll('\n', ' \t\n')],
    ['indentation', plain.replaceAll('\n', '\n\t  ')],
    ['no blanks', plain.replaceAll(/ (?=[(={@])|(?<=[=]) /g, '')],
    ['blanks between everything', plain.replaceAll(/(?<=[[{(=\]@\n])(?<!@)|(?=[\]=)])/g, '  ')],
    ['comments at the ends of lines', plain.replaceAll('\n', ' // }{ "send\n')],
    ['comments at the ends of lines, with CRLF', plain.replaceAll('\n', ' // ]\r\n')],
    ['lines of comments', plain.replaceAll('\n', '\n// send fail\n  // again\n')],
    ['a comment at the end', `${plain} // the end`],
    ['a comment on the last line', `${plain}\n// the end`],
    ['comments between words', plain.replaceAll(' ', ' /* fail */ ')],
    ['comments over lines', plain.replaceAll('\n', '\n/* one\n two */\n')],
    ['comments within comments', plain.replaceAll('\n', ' /* a /* b /* c */ */ /**/ // */\n')],
    ['comments with anything in them', `/* "€ 😀 \u0000 $ @ ' ; \\ // \n*/${plain}`],
  ])('%s', (_name, source) => {
    expect(programOf(source)).toEqual(programOf(plain));
  });
});

describe('what is written in more than one way', () => {
  test.each<ScriptCase>([
    {
      name: 'the destination before the source',
      script: 'send [COIN 5] (; destination = { max [COIN 2] to @x; remaining to @y }; source = { @a; @world }; )',
      balances: { 'a COIN': 3n },
      gives: ['a -> x 2 COIN', 'a -> y 1 COIN', 'world -> y 2 COIN'],
    },
    {
      name: 'zeros before a number',
      script: ['print 0042', send('[COIN 005]', '@world', '{ 050% to @x; 0001/02 to @y }')],
      gives: ['world -> x 3 COIN', 'world -> y 2 COIN', 'prints 42'],
    },
    {
      name: 'accounts that begin with a digit or end in one',
      script: send('[COIN 5]', '{ @0; @1234:a_; @world }', '@_9:8z'),
      balances: { '0 COIN': 1n, '1234:a_ COIN': 3n },
      gives: ['0 -> _9:8z 1 COIN', '1234:a_ -> _9:8z 3 COIN', 'world -> _9:8z 1 COIN'],
    },
    {
      name: 'accounts that are words of the language',
      script: send('[COIN 5]', '{ @max; @from; @world }', '@kept:to:remaining'),
      balances: { 'max COIN': 1n, 'from COIN': 3n },
      gives: [
        'max -> kept:to:remaining 1 COIN',
        'from -> kept:to:remaining 3 COIN',
        'world -> kept:to:remaining 1 COIN',
      ],
    },
    {
      name: 'variables that are words of the language',
      script: [
        'vars { account $max; account $from; portion $remaining; monetary $send; number $_1 }',
        send('$send', '{ max [COIN 3] from $max; $from }', '{ $remaining to @x; remaining to @y }'),
        'print $_1',
      ],
      vars: { max: 'a', from: 'b', remaining: '50%', send: { asset: 'COIN', amount: 8 }, _1: 6 },
      balances: { 'a COIN': 9n, 'b COIN': 9n },
      gives: ['a -> x 3 COIN', 'b -> x 1 COIN', 'b -> y 4 COIN', 'prints 6'],
    },
    {
      name: 'assets with digits and a scale',
      script: [send('[F9/3 5]', '@world', '@x'), send('[A 6]', '@world', '@x'), send('[EUR/123456 7]', '@world', '@x')],
      gives: ['world -> x 5 F9/3', 'world -> x 6 A', 'world -> x 7 EUR/123456'],
    },
    {
      name: 'a variable may begin an ordered list as well as shares',
      script: [
        'vars { account $first }',
        send('[COIN 5]', '{ $first allowing overdraft up to [COIN 1]; @world }', '@x'),
      ],
      vars: { first: 'a' },
      balances: { 'a COIN': 3n },
      gives: ['a -> x 4 COIN', 'world -> x 1 COIN'],
    },
    {
      name: 'print shows in order',
      script: ['print 3', send('[COIN 1]', '@world', '@x'), 'print 1', 'print 2'],
      gives: ['world -> x 1 COIN', 'prints 3', 'prints 1', 'prints 2'],
    },
  ])('$name', (one) => {
    expect(outcomeOf(one)).toEqual(expectedOf(one));
  });
});

describe('fail', () => {
  test.each<ScriptCase>([
    { name: 'alone', script: 'fail', gives: 'VALIDATION' },
    { name: 'behind a send undoes it', script: [send('[COIN 1]', '@world', '@x'), 'fail'], gives: 'VALIDATION' },
    {
      name: 'counts before what is behind it',
      script: ['fail', send('[COIN 1]', '@nobody', '@x')],
      gives: 'VALIDATION',
    },
    {
      name: 'counts behind what is before it',
      script: [send('[COIN 1]', '@nobody', '@x'), 'fail'],
      gives: 'INSUFFICIENT_FUND',
    },
  ])('$name', (one) => {
    expect(outcomeOf(one)).toEqual(expectedOf(one));
  });
});

describe('what is no script', () => {
  test.each<[string, string]>([
    ['nothing', ''],
    ['blanks', '  \n\t\n'],
    ['a comment', '// send\n/* fail */'],
    ['a word', 'willnotcompile'],
    ['only variables', 'vars {\naccount $a\n}\n'],
    ['no variables within vars', 'vars {\n}\nprint 1'],
    ['two statements on a line', 'print 1 print 2'],
    ['a statement on the line of the variables', 'vars {\naccount $a\n} print 1'],
    ['variables behind a statement', 'print 1\nvars {\naccount $a\n}'],
    ['two lists of variables', 'vars {\naccount $a\n}\nvars {\naccount $b\n}\nprint 1'],
    ['a list on one line', paid.replace('@a', '{ @a }')],
    ['a send on one line', 'send [COIN 5] (source = @a destination = @x)'],
    ['a send without a source', 'send [COIN 5] (\ndestination = @x\n)'],
    ['a send without a destination', 'send [COIN 5] (\nsource = @a\n)'],
    ['a send with two sources', 'send [COIN 5] (\nsource = @a\nsource = @b\n)'],
    ['a send that does not end', paid.slice(0, -1)],
    ['a send with more behind it', `${paid} )`],
    ['an empty list of sources', paid.replace('@a', '{\n}')],
    ['an empty list of destinations', paid.replace('@x', '{\n}')],
    ['an order without remaining', paid.replace('@x', '{\nmax [COIN 1] to @x\n}')],
    [
      'an order with something behind remaining',
      paid.replace('@x', '{\nmax [COIN 1] to @x\nremaining kept\nmax [COIN 1] to @y\n}'),
    ],
    ['shares and caps together', paid.replace('@x', '{\n50% to @x\nmax [COIN 1] to @y\nremaining to @z\n}')],
    ['shares within an order of sources', paid.replace('@a', '{\n@a\n{\n50% from @b\n50% from @c\n}\n}')],
    ['shares under a cap', paid.replace('@a', 'max [COIN 1] from {\n50% from @b\n50% from @c\n}')],
    ['a source that is kept', paid.replace('@a', 'kept')],
    ['a destination that is kept', paid.replace('@x', 'kept')],
    ['an overdraft of a list', paid.replace('@a', '{\n@a\n} allowing unbounded overdraft')],
    ['a comment that does not end', `${paid}\n/* /* */`],
    ['a string that does not end', 'set_tx_meta("k, 1)\nprint 1'],
    ['a string over two lines', 'set_tx_meta("k\n", 1)'],
    ['a string with a character that it cannot hold', 'set_tx_meta("k.1", 1)'],
    ['a character of no token', 'print 1;'],
    ['an account without a name', 'print @'],
    ['a variable with a capital', 'vars {\nnumber $Upper\n}\nprint $Upper'],
    ['a variable that begins with a digit', 'vars {\nnumber $1a\n}\nprint $1a'],
    ['a number with a sign', 'print -1'],
    ['brackets in arithmetic', 'print (1 + 2)'],
    ['an operator at the end', 'print 1 +'],
    ['an expression over two lines', 'print 1 +\n2'],
    ['a word where a value stands', 'print fail'],
    ['an amount that is an expression', 'print [COIN 1 + 1]'],
    ['an amount that is a variable', 'vars {\nnumber $n\n}\nprint [COIN $n]'],
    ['an asset without an amount', 'print [COIN]'],
    ['everything where a value stands', 'print [COIN *]'],
    ['too few values for metadata of an account', 'set_account_meta(@a, "k")'],
    ['one value for metadata of an account', 'set_account_meta("k")'],
    ['too many values for metadata of an account', 'set_account_meta(@a, "k", 1, 2)'],
    ['a key that is a variable', 'vars {\nstring $k\n}\nset_tx_meta($k, 1)'],
    ['too few values for metadata', 'set_tx_meta("k")'],
    ['balance() of an account only', 'vars {\nmonetary $b = balance(@a)\n}\nprint $b'],
    ['balance() with more', 'vars {\nmonetary $b = balance(@a, USD, COIN)\n}\nprint $b'],
    ['balance() that is no variable', 'send balance(@a, COIN) (\nsource = @a\ndestination = @x\n)'],
    ['meta() that is no variable', 'print meta(@a, "k")'],
    ['meta() without a key', 'vars {\naccount $b = meta(@a)\n}\nprint $b'],
    ['a variable without a type', 'vars {\n$a\n}\nprint 1'],
    ['a variable of no known type', 'vars {\nbool $a\n}\nprint 1'],
    ['a variable with a value', 'vars {\nnumber $a = 5\n}\nprint $a'],
    ['upper case', 'PRINT 1'],
  ])('%s', (_name, source) => {
    const compiled = compile(source);
    expect(compiled.kind).toBe('errors');
  });
});
