import { describe, expect, test } from 'vitest';
import { expectedOf, outcomeOf, type ScriptCase, send } from './testing/script-case.ts';

describe('shares of a destination: floors, then one unit more from the first on', () => {
  test.each<[string, bigint, string[], bigint[]]>([
    ['fractions of a unit add up to one unit', 15n, ['80%', '8%', '12%'], [13n, 1n, 1n]],
    ['nothing is left over', 200n, ['80%', '8%', '12%'], [160n, 16n, 24n]],
    ['thirds of 9', 9n, ['1/3', '1/3', '1/3'], [3n, 3n, 3n]],
    ['thirds of 10', 10n, ['1/3', '1/3', '1/3'], [4n, 3n, 3n]],
    ['thirds of 11', 11n, ['1/3', '1/3', '1/3'], [4n, 4n, 3n]],
    ['the first gets the unit though its fraction is the smaller', 11n, ['10%', '90%'], [2n, 9n]],
    ['a decimal percentage', 1000n, ['0.3%', '99.7%'], [3n, 997n]],
    ['a decimal percentage with many digits', 10n ** 12n, ['0.0000000003%', '99.9999999997%'], [3n, 10n ** 12n - 3n]],
    ['sevenths', 100n, ['1/7', '2/7', '4/7'], [15n, 28n, 57n]],
    ['portions written in different ways', 97n, ['25%', '1/4', '2/ 4'], [25n, 24n, 48n]],
    ['remaining is last', 15n, ['60%', 'remaining'], [9n, 6n]],
    ['remaining is first, and gets the first unit', 16n, ['remaining', '1/3', '1/3'], [6n, 5n, 5n]],
    ['remaining is in the middle', 16n, ['1/3', 'remaining', '1/3'], [6n, 5n, 5n]],
    ['remaining alone', 16n, ['remaining'], [16n]],
    ['the whole in one share', 16n, ['100%'], [16n]],
    ['an amount beyond 64 bits', 10n ** 40n + 1n, ['1/2', '1/2'], [5n * 10n ** 39n + 1n, 5n * 10n ** 39n]],
    [
      'portions of 40 digits',
      10n ** 40n,
      [`1/${'9'.repeat(40)}`, 'remaining'],
      // 10^40 / (10^40 - 1) is one and a little, and the unit left over goes to the first.
      [2n, 10n ** 40n - 2n],
    ],
  ])('%s', (name, amount, portions, shares) => {
    const into = portions.map((portion, index) => `${portion} to @d${index}`).join('; ');
    const gives = shares.map((share, index) => `world -> d${index} ${share} COIN`);
    const one = { name, script: send(`[COIN ${amount}]`, '@world', `{ ${into} }`), gives };
    expect(outcomeOf(one)).toEqual(expectedOf(one));
  });
});

describe('shares of nothing', () => {
  test.each<ScriptCase>([
    {
      name: 'no posting once the money is given out',
      script: send('[COIN 2]', '@world', '{ 90% to @x; 10% to @y }'),
      gives: ['world -> x 2 COIN'],
    },
    {
      name: 'one unit for five',
      script: send('[COIN 1]', '@world', '{ 1/5 to @v; 1/5 to @w; 1/5 to @x; 1/5 to @y; 1/5 to @z }'),
      gives: ['world -> v 1 COIN'],
    },
    {
      name: 'no share of a first one, while money is there',
      script: send('[COIN 6]', '{ @a; @b }', '{ 0% to @x; 100% to @y }'),
      balances: { 'a COIN': 4n, 'b COIN': 4n },
      gives: ['a -> x 0 COIN', 'a -> y 4 COIN', 'b -> y 2 COIN'],
    },
    {
      name: 'nothing remains in the end',
      script: ['vars { portion $p }', send('[COIN 20]', '@world', '{ 60% to @x; $p to @y; remaining to @z }')],
      vars: { p: '2/5' },
      gives: ['world -> x 12 COIN', 'world -> y 8 COIN'],
    },
    {
      name: 'nothing remains for the first one',
      script: ['vars { portion $p }', send('[COIN 20]', '@world', '{ remaining to @x; 60% to @y; $p to @z }')],
      vars: { p: '40%' },
      gives: ['world -> x 0 COIN', 'world -> y 12 COIN', 'world -> z 8 COIN'],
    },
    {
      name: 'of zero units',
      script: send('[COIN 0]', '@a', '{ 1/2 to @x; remaining kept }'),
      balances: { 'a COIN': 4n },
      gives: ['a -> x 0 COIN'],
    },
  ])('$name', (one) => {
    expect(outcomeOf(one)).toEqual(expectedOf(one));
  });
});

describe('shares of several sources', () => {
  test.each<ScriptCase>([
    {
      name: 'are cut from the sources in order, and no more than was asked for',
      script: send('[COIN 210]', '{ @a; @b }', '{ 2/3 to @x; 1/3 to @y }'),
      balances: { 'a COIN': 100n, 'b COIN': 150n },
      gives: ['a -> x 100 COIN', 'b -> x 40 COIN', 'b -> y 70 COIN'],
    },
    {
      name: 'meet where a source ends',
      script: send('[COIN 200]', '{ @a; @b }', '{ 1/2 to @x; 1/2 to @y }'),
      balances: { 'a COIN': 100n, 'b COIN': 150n },
      gives: ['a -> x 100 COIN', 'b -> y 100 COIN'],
    },
    {
      name: 'are split again',
      script: send(
        '[COIN 100]',
        '{ @a; @b }',
        '{ 30% to { 1/4 to @w; 3/4 to @x }; remaining to { 1/2 to @y; 1/2 to @z } }',
      ),
      balances: { 'a COIN': 20n, 'b COIN': 90n },
      gives: ['a -> w 8 COIN', 'a -> x 12 COIN', 'b -> x 10 COIN', 'b -> y 35 COIN', 'b -> z 35 COIN'],
    },
    {
      name: 'of everything',
      script: send('[COIN *]', '{ @a; @b }', '{ 25% to @x; remaining to @y }'),
      balances: { 'a COIN': 9n, 'b COIN': 2n },
      gives: ['a -> x 3 COIN', 'a -> y 6 COIN', 'b -> y 2 COIN'],
    },
  ])('$name', (one) => {
    expect(outcomeOf(one)).toEqual(expectedOf(one));
  });
});

describe('portions that come as variables', () => {
  const split = '{ 70% to @x; $p to @y; remaining to @z }';
  test.each<ScriptCase>([
    {
      name: 'as a percentage',
      script: ['vars { portion $p }', send('[COIN 15]', '@world', split)],
      vars: { p: '15%' },
      gives: ['world -> x 11 COIN', 'world -> y 2 COIN', 'world -> z 2 COIN'],
    },
    {
      name: 'as a fraction',
      script: ['vars { portion $p }', send('[COIN 15]', '@world', split)],
      vars: { p: '1/15' },
      gives: ['world -> x 11 COIN', 'world -> y 1 COIN', 'world -> z 3 COIN'],
    },
    {
      name: 'as decimals',
      script: ['vars { portion $p }', send('[COIN 1000]', '@world', split)],
      vars: { p: '0.7%' },
      gives: ['world -> x 700 COIN', 'world -> y 7 COIN', 'world -> z 293 COIN'],
    },
    {
      name: 'that reach beyond the whole',
      script: ['vars { portion $p }', send('[COIN 1000]', '@world', split)],
      vars: { p: '30.01%' },
      gives: 'VALIDATION',
    },
    {
      name: 'that reach beyond the whole together',
      script: [
        'vars { portion $p; portion $q }',
        send('[COIN 9]', '@world', '{ $p to @x; $q to @y; remaining to @z }'),
      ],
      vars: { p: '1/2', q: '51%' },
      gives: 'VALIDATION',
    },
    {
      name: 'of sources, that reach beyond the whole',
      script: [
        'vars { portion $p }',
        send('[COIN 9]', '{ 70% from @world; $p from @world; remaining from @world }', '@x'),
      ],
      vars: { p: '1/3' },
      gives: 'VALIDATION',
    },
  ])('$name', (one) => {
    expect(outcomeOf(one)).toEqual(expectedOf(one));
  });
});

describe('shares of a source', () => {
  test.each<ScriptCase>([
    {
      name: 'each account gives its own, the left-over unit comes from the first',
      script: send('[COIN 100]', '{ 50% from @a; 33.3% from @b; 16.7% from @c }', '@x'),
      balances: { 'a COIN': 51n, 'b COIN': 33n, 'c COIN': 16n },
      gives: ['a -> x 51 COIN', 'b -> x 33 COIN', 'c -> x 16 COIN'],
    },
    {
      name: 'one that lacks a unit is not helped by the others',
      script: send('[COIN 100]', '{ 50% from @a; 33.3% from @b; 16.7% from @c }', '@x'),
      balances: { 'a COIN': 500n, 'b COIN': 32n, 'c COIN': 500n },
      gives: 'INSUFFICIENT_FUND',
    },
    {
      name: 'no share at all of a first account',
      script: send('[COIN 7]', '{ 0% from @a; 100% from @b }', '@x'),
      balances: { 'a COIN': 5n, 'b COIN': 8n },
      gives: ['a -> x 0 COIN', 'b -> x 7 COIN'],
    },
    {
      name: 'an account in several shares gives one posting where they meet',
      script: send('[COIN 47]', '{ 20% from { @b; @a }; 50% from @a; remaining from @a }', '@world'),
      balances: { 'a COIN': 43n, 'b COIN': 4n },
      gives: ['b -> world 4 COIN', 'a -> world 43 COIN'],
    },
    {
      name: 'an account in several shares gives no unit twice',
      script: send('[COIN 47]', '{ 20% from { @b; @a }; 50% from @a; remaining from @a }', '@world'),
      balances: { 'a COIN': 42n, 'b COIN': 4n },
      gives: 'INSUFFICIENT_FUND',
    },
    {
      name: 'world in several shares',
      script: send('[COIN 47]', '{ 20% from { @b; @world }; remaining from @world }', '@x'),
      balances: { 'b COIN': 4n },
      gives: ['b -> x 4 COIN', 'world -> x 43 COIN'],
    },
    {
      name: 'of lists and caps',
      script: [
        'vars { monetary $cap }',
        send('[COIN 200]', '{ 40% from { max [COIN 6] from @a; @b; @c }; remaining from max $cap from @d }', '@x'),
      ],
      vars: { cap: { asset: 'COIN', amount: 120 } },
      balances: { 'a COIN': 900n, 'b COIN': 50n, 'c COIN': 900n, 'd COIN': 900n },
      gives: ['a -> x 6 COIN', 'b -> x 50 COIN', 'c -> x 24 COIN', 'd -> x 120 COIN'],
    },
    {
      name: 'of a cap that is a unit too low',
      script: [
        'vars { monetary $cap }',
        send('[COIN 200]', '{ 40% from { max [COIN 6] from @a; @b; @c }; remaining from max $cap from @d }', '@x'),
      ],
      vars: { cap: { asset: 'COIN', amount: 119 } },
      balances: { 'a COIN': 900n, 'b COIN': 50n, 'c COIN': 900n, 'd COIN': 900n },
      gives: 'INSUFFICIENT_FUND',
    },
    {
      name: 'against shares of a destination',
      script: send('[COIN 30]', '{ 1/3 from @a; 2/3 from @b }', '{ 1/2 to @x; 1/2 to @y }'),
      balances: { 'a COIN': 90n, 'b COIN': 90n },
      gives: ['a -> x 10 COIN', 'b -> x 5 COIN', 'b -> y 15 COIN'],
    },
  ])('$name', (one) => {
    expect(outcomeOf(one)).toEqual(expectedOf(one));
  });
});
