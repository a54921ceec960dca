import { describe, expect, test } from 'vitest';
import { expectedOf, outcomeOf, type ScriptCase, send } from './testing/script-case.ts';

describe('destinations in order', () => {
  test.each<ScriptCase>([
    {
      name: 'the first up to its cap, the last the rest',
      script: send('[COIN 50]', '@world', '{ max [COIN 12] to @x; remaining to @y }'),
      gives: ['world -> x 12 COIN', 'world -> y 38 COIN'],
    },
    {
      name: 'a cap that is just reached leaves nothing, and no posting',
      script: send('[COIN 50]', '@a', '{ max [COIN 50] to @x; remaining to @y }'),
      balances: { 'a COIN': 90n },
      gives: ['a -> x 50 COIN'],
    },
    {
      name: 'a cap above the amount',
      script: send('[COIN 50]', '@a', '{ max [COIN 51] to @x; remaining to @y }'),
      balances: { 'a COIN': 90n },
      gives: ['a -> x 50 COIN'],
    },
    {
      name: 'a cap one unit below the amount',
      script: send('[COIN 50]', '@a', '{ max [COIN 49] to @x; remaining to @y }'),
      balances: { 'a COIN': 90n },
      gives: ['a -> x 49 COIN', 'a -> y 1 COIN'],
    },
    {
      name: 'a cap of zero gives nothing, and no posting',
      script: send('[COIN 50]', '@a', '{ max [COIN 0] to @x; remaining to @y }'),
      balances: { 'a COIN': 90n },
      gives: ['a -> y 50 COIN'],
    },
    {
      name: 'several caps, cut from several sources',
      script: send('[COIN 50]', '{ @a; @b }', '{ max [COIN 12] to @x; max [COIN 20] to @y; remaining to @z }'),
      balances: { 'a COIN': 25n, 'b COIN': 90n },
      gives: ['a -> x 12 COIN', 'a -> y 13 COIN', 'b -> y 7 COIN', 'b -> z 18 COIN'],
    },
    {
      name: 'the same destination more than once',
      script: send('[COIN 50]', '@world', '{ max [COIN 12] to @x; max [COIN 20] to @y; remaining to @x }'),
      gives: ['world -> x 12 COIN', 'world -> y 20 COIN', 'world -> x 18 COIN'],
    },
    {
      name: 'caps that come as a variable, a sum and a balance',
      script: [
        'vars { monetary $cap; monetary $had = balance(@x, COIN) }',
        send('[COIN 50]', '@world', '{ max $cap to @w; max $cap + [COIN 1] to @x; max $had to @y; remaining to @z }'),
      ],
      vars: { cap: { asset: 'COIN', amount: 8 } },
      balances: { 'x COIN': 13n },
      gives: ['world -> w 8 COIN', 'world -> x 9 COIN', 'world -> y 13 COIN', 'world -> z 20 COIN'],
    },
    {
      name: 'a cap below zero',
      script: send('[COIN 50]', '@world', '{ max [COIN 8] - [COIN 9] to @x; remaining to @y }'),
      gives: 'VALIDATION',
    },
    {
      name: 'a cap of another asset',
      script: ['vars { monetary $cap }', send('[COIN 50]', '@world', '{ max $cap to @x; remaining to @y }')],
      vars: { cap: { asset: 'GEM', amount: 8 } },
      gives: 'VALIDATION',
    },
    {
      name: 'a cap of another asset, as a literal',
      script: send('[COIN 50]', '@world', '{ max [GEM 8] to @x; remaining to @y }'),
      gives: 'VALIDATION',
    },
    {
      name: 'an order within an order',
      script: send(
        '[COIN 50]',
        '@world',
        '{ max [COIN 30] to { max [COIN 7] to @w; remaining to @x }; remaining to { max [COIN 90] to @y; remaining to @z } }',
      ),
      gives: ['world -> w 7 COIN', 'world -> x 23 COIN', 'world -> y 20 COIN'],
    },
    {
      name: 'shares within an order, and an order within shares',
      script: send(
        '[COIN 90]',
        '@world',
        '{ max [COIN 40] to { 25% to @v; remaining to @w }; remaining to { 1/5 to { max [COIN 3] to @x; remaining to @y }; 4/5 to @z } }',
      ),
      gives: [
        'world -> v 10 COIN',
        'world -> w 30 COIN',
        'world -> x 3 COIN',
        'world -> y 7 COIN',
        'world -> z 40 COIN',
      ],
    },
    {
      name: 'world and the source itself are destinations like any other',
      script: send('[COIN 50]', '@a', '{ max [COIN 12] to @world; remaining to @a }'),
      balances: { 'a COIN': 50n },
      gives: ['a -> world 12 COIN', 'a -> a 38 COIN'],
    },
    {
      name: 'a variable',
      script: ['vars { account $to }', send('[COIN 5]', '@world', '{ max [COIN 2] to $to; remaining to @y }')],
      vars: { to: '7eleven:till' },
      gives: ['world -> 7eleven:till 2 COIN', 'world -> y 3 COIN'],
    },
  ])('$name', (one) => {
    expect(outcomeOf(one)).toEqual(expectedOf(one));
  });
});

describe('kept money of an order', () => {
  test.each<ScriptCase>([
    {
      name: 'is what remains',
      script: send('[COIN 50]', '{ @a; @world }', '{ max [COIN 8] to @x; remaining kept }'),
      balances: { 'a COIN': 3n },
      gives: ['a -> x 3 COIN', 'world -> x 5 COIN'],
    },
    {
      name: 'is that of the last sources',
      script: send('[COIN 20]', '{ @a; @b }', '{ max [COIN 5] kept; max [COIN 7] to @x; remaining to @y }'),
      balances: { 'a COIN': 10n, 'b COIN': 10n },
      gives: ['a -> x 7 COIN', 'a -> y 3 COIN', 'b -> y 5 COIN'],
    },
    {
      name: 'is not there for the caps that follow',
      script: send('[COIN 10]', '@a', '{ max [COIN 8] kept; max [COIN 8] to @x; remaining kept }'),
      balances: { 'a COIN': 10n },
      gives: ['a -> x 2 COIN'],
    },
    {
      name: 'may be everything: nothing is posted',
      script: send('[COIN 10]', '@a', '{ max [COIN 3] kept; remaining kept }'),
      balances: { 'a COIN': 10n },
      gives: [],
    },
    {
      name: 'must be there all the same',
      script: send('[COIN 10]', '@a', '{ max [COIN 3] to @x; remaining kept }'),
      balances: { 'a COIN': 9n },
      gives: 'INSUFFICIENT_FUND',
    },
    {
      name: 'can be sent later, all of it',
      script: [send('[COIN *]', '@a', '{ max [COIN 60] to @x; remaining kept }'), send('[COIN *]', '@a', '@y')],
      balances: { 'a COIN': 100n },
      gives: ['a -> x 60 COIN', 'a -> y 40 COIN'],
    },
    {
      name: 'can be sent later, and no more than that',
      script: [send('[COIN 100]', '@a', '{ max [COIN 60] to @x; remaining kept }'), send('[COIN 41]', '@a', '@y')],
      balances: { 'a COIN': 100n },
      gives: 'INSUFFICIENT_FUND',
    },
    {
      name: 'goes back to each source',
      script: [
        send('[COIN 30]', '{ @a; @b; @c }', '{ max [COIN 4] to @x; remaining kept }'),
        send('[COIN 7]', '@a', '@y'),
        send('[COIN 12]', '@b', '@y'),
        send('[COIN 9]', '@c', '@y'),
      ],
      balances: { 'a COIN': 11n, 'b COIN': 12n, 'c COIN': 9n },
      gives: ['a -> x 4 COIN', 'a -> y 7 COIN', 'b -> y 12 COIN', 'c -> y 9 COIN'],
    },
    {
      name: 'of an overdraft is no debt',
      script: [
        send('[COIN 30]', '@a allowing unbounded overdraft', '{ max [COIN 4] to @x; remaining kept }'),
        send('[COIN 6]', '@a allowing overdraft up to [COIN 5]', '@y'),
      ],
      balances: { 'a COIN': 5n },
      gives: ['a -> x 4 COIN', 'a -> y 6 COIN'],
    },
  ])('$name', (one) => {
    expect(outcomeOf(one)).toEqual(expectedOf(one));
  });
});

describe('kept money of shares', () => {
  test.each<ScriptCase>([
    {
      name: 'comes first, and is still that of the last sources',
      script: send('[COIN 80]', '{ @a; @world }', '{ 50% kept; 30% to @x; 20% to @y }'),
      balances: { 'a COIN': 3n },
      gives: ['a -> x 3 COIN', 'world -> x 21 COIN', 'world -> y 16 COIN'],
    },
    {
      name: 'between others',
      script: send('[COIN 80]', '{ @a; @b }', '{ 30% to @x; 50% kept; 20% to @y }'),
      balances: { 'a COIN': 30n, 'b COIN': 50n },
      gives: ['a -> x 24 COIN', 'a -> y 6 COIN', 'b -> y 10 COIN'],
    },
    {
      name: 'is what remains',
      script: send('[COIN 11]', '@world', '{ 1/3 to @x; remaining kept }'),
      gives: ['world -> x 4 COIN'],
    },
    {
      name: 'beside an order within shares',
      script: send('[COIN 80]', '@world', '{ 20% to @x; 25% kept; 55% to { max [COIN 13] to @y; remaining to @z } }'),
      gives: ['world -> x 16 COIN', 'world -> y 13 COIN', 'world -> z 31 COIN'],
    },
    {
      name: 'on every level',
      script: send(
        '[COIN 100]',
        '{ @a; @b; @c }',
        '{ 40% to { max [COIN 10] to { 50% kept; 30% to @p; 20% kept }; remaining to @q }; 30% to @r; 10% kept; remaining to @s }',
      ),
      balances: { 'a COIN': 30n, 'b COIN': 25n, 'c COIN': 45n },
      gives: ['a -> p 3 COIN', 'a -> q 27 COIN', 'b -> q 3 COIN', 'b -> r 22 COIN', 'c -> r 8 COIN', 'c -> s 20 COIN'],
    },
    {
      name: 'can be sent later',
      script: [
        send('[COIN 80]', '{ @a; @b }', '{ 50% kept; remaining to @x }'),
        send('[COIN 40]', '@b', '@y'),
        send('[COIN 1]', '@a', '@y'),
      ],
      balances: { 'a COIN': 41n, 'b COIN': 39n },
      gives: 'INSUFFICIENT_FUND',
    },
    {
      name: 'can be sent later by those who kept it',
      script: [
        send('[COIN 80]', '{ @a; @b }', '{ 50% kept; remaining to @x }'),
        send('[COIN 39]', '@b', '@y'),
        send('[COIN 1]', '@a', '@y'),
      ],
      balances: { 'a COIN': 41n, 'b COIN': 39n },
      gives: ['a -> x 40 COIN', 'b -> y 39 COIN', 'a -> y 1 COIN'],
    },
  ])('$name', (one) => {
    expect(outcomeOf(one)).toEqual(expectedOf(one));
  });
});
