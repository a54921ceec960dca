import { describe, expect, test } from 'vitest';
import { expectedOf, outcomeOf, type ScriptCase, send } from './testing/script-case.ts';

describe('everything that the sources have', () => {
  test.each<ScriptCase>([
    {
      name: 'of one account',
      script: send('[COIN *]', '@a', '@x'),
      balances: { 'a COIN': 17n, 'a GEM': 40n },
      gives: ['a -> x 17 COIN'],
    },
    {
      name: 'of several',
      script: send('[COIN *]', '{ @a; @b }', '@x'),
      balances: { 'a COIN': 17n, 'b COIN': 26n },
      gives: ['a -> x 17 COIN', 'b -> x 26 COIN'],
    },
    {
      name: 'of an asset that comes as a variable',
      script: ['vars { asset $of }', send('[$of *]', '@a', '@x')],
      vars: { of: 'EUR/2' },
      balances: { 'a EUR/2': 17n, 'a COIN': 3n },
      gives: ['a -> x 17 EUR/2'],
    },
    {
      name: 'below a cap',
      script: send('[COIN *]', '{ max [COIN 5] from @a; @b }', '@x'),
      balances: { 'a COIN': 17n, 'b COIN': 26n },
      gives: ['a -> x 5 COIN', 'b -> x 26 COIN'],
    },
    {
      name: 'of world below a cap',
      script: send('[COIN *]', '{ max [COIN 5] from @world; @b }', '@x'),
      balances: { 'b COIN': 26n },
      gives: ['world -> x 5 COIN', 'b -> x 26 COIN'],
    },
    {
      name: 'with an overdraft',
      script: send('[COIN *]', '{ @a allowing overdraft up to [COIN 10]; @b }', '@x'),
      balances: { 'a COIN': -4n, 'b COIN': 26n },
      gives: ['a -> x 6 COIN', 'b -> x 26 COIN'],
    },
    {
      name: 'leaves nothing for the next send',
      script: [send('[COIN *]', '@a', '@x'), send('[COIN 1]', '@a', '@y')],
      balances: { 'a COIN': 17n },
      gives: 'INSUFFICIENT_FUND',
    },
    {
      name: 'counts what came in before',
      script: [send('[COIN 6]', '@world', '@a'), send('[COIN *]', '@a', '@x')],
      balances: { 'a COIN': 17n },
      gives: ['world -> a 6 COIN', 'a -> x 23 COIN'],
    },
    {
      name: 'split among destinations',
      script: send('[COIN *]', '{ @a; @b }', '{ max [COIN 20] to @x; remaining to @y }'),
      balances: { 'a COIN': 17n, 'b COIN': 26n },
      gives: ['a -> x 17 COIN', 'b -> x 3 COIN', 'b -> y 23 COIN'],
    },
  ])('$name', (one) => {
    expect(outcomeOf(one)).toEqual(expectedOf(one));
  });
});

describe('a cap', () => {
  test.each<ScriptCase>([
    {
      name: 'below the balance',
      script: send('[COIN 20]', '{ max [COIN 6] from @a; @b }', '@x'),
      balances: { 'a COIN': 7n, 'b COIN': 50n },
      gives: ['a -> x 6 COIN', 'b -> x 14 COIN'],
    },
    {
      name: 'equal to the balance',
      script: send('[COIN 20]', '{ max [COIN 7] from @a; @b }', '@x'),
      balances: { 'a COIN': 7n, 'b COIN': 50n },
      gives: ['a -> x 7 COIN', 'b -> x 13 COIN'],
    },
    {
      name: 'above the balance',
      script: send('[COIN 20]', '{ max [COIN 8] from @a; @b }', '@x'),
      balances: { 'a COIN': 7n, 'b COIN': 50n },
      gives: ['a -> x 7 COIN', 'b -> x 13 COIN'],
    },
    {
      name: 'above what is asked for',
      script: send('[COIN 20]', '{ max [COIN 30] from @a; @b }', '@x'),
      balances: { 'a COIN': 40n, 'b COIN': 50n },
      gives: ['a -> x 20 COIN'],
    },
    {
      name: 'as the only source, one unit too low',
      script: send('[COIN 20]', 'max [COIN 19] from @a', '@x'),
      balances: { 'a COIN': 40n },
      gives: 'INSUFFICIENT_FUND',
    },
    {
      name: 'as the only source, just enough',
      script: send('[COIN 20]', 'max [COIN 20] from @a', '@x'),
      balances: { 'a COIN': 40n },
      gives: ['a -> x 20 COIN'],
    },
    {
      name: 'gives back what is above it to the same account further on',
      script: send('[COIN 12]', '{ max [COIN 5] from @a; @a }', '@x'),
      balances: { 'a COIN': 12n },
      gives: ['a -> x 12 COIN'],
    },
    {
      name: 'counts for the same account further on',
      script: send('[COIN 12]', '{ max [COIN 5] from @a; @b; @a }', '@x'),
      balances: { 'a COIN': 9n, 'b COIN': 2n },
      gives: 'INSUFFICIENT_FUND',
    },
    {
      name: 'parts of one account with another between them stay apart',
      script: send('[COIN 12]', '{ max [COIN 5] from @a; @b; @a }', '@x'),
      balances: { 'a COIN': 10n, 'b COIN': 2n },
      gives: ['a -> x 5 COIN', 'b -> x 2 COIN', 'a -> x 5 COIN'],
    },
    {
      name: 'over a list',
      script: send('[COIN 30]', '{ max [COIN 10] from { @a; @b }; @c }', '@x'),
      balances: { 'a COIN': 7n, 'b COIN': 8n, 'c COIN': 20n },
      gives: ['a -> x 7 COIN', 'b -> x 3 COIN', 'c -> x 20 COIN'],
    },
    {
      name: 'over another cap: the lower counts',
      script: send(
        '[COIN 12]',
        '{ max [COIN 9] from max [COIN 4] from @a; max [COIN 3] from max [COIN 5] from @b; @c }',
        '@x',
      ),
      balances: { 'a COIN': 50n, 'b COIN': 50n, 'c COIN': 50n },
      gives: ['a -> x 4 COIN', 'b -> x 3 COIN', 'c -> x 5 COIN'],
    },
    {
      name: 'that comes as a variable, and as a sum',
      script: [
        'vars { monetary $cap }',
        send('[COIN 40]', '{ max $cap from @a; max [COIN 4] + $cap from @b; @c }', '@x'),
      ],
      vars: { cap: { asset: 'COIN', amount: 11 } },
      balances: { 'a COIN': 50n, 'b COIN': 50n, 'c COIN': 50n },
      gives: ['a -> x 11 COIN', 'b -> x 15 COIN', 'c -> x 14 COIN'],
    },
    {
      name: 'below zero',
      script: send('[COIN 2]', '{ max [COIN 3] - [COIN 4] from @a; @b }', '@x'),
      balances: { 'a COIN': 5n, 'b COIN': 5n },
      gives: 'VALIDATION',
    },
    {
      name: 'of another asset',
      script: ['vars { monetary $cap }', send('[COIN 2]', '{ max $cap from @a; @b }', '@x')],
      vars: { cap: { asset: 'GEM', amount: 4 } },
      balances: { 'a COIN': 5n, 'a GEM': 5n, 'b COIN': 5n },
      gives: 'VALIDATION',
    },
  ])('$name', (one) => {
    expect(outcomeOf(one)).toEqual(expectedOf(one));
  });
});

describe('a cap over an unbounded source', () => {
  test.each<ScriptCase>([
    {
      name: 'holds for world',
      script: send('[COIN 25]', '{ max [COIN 10] from @world; @a }', '@x'),
      balances: { 'a COIN': 15n },
      gives: ['world -> x 10 COIN', 'a -> x 15 COIN'],
    },
    {
      name: 'holds for world to the unit',
      script: send('[COIN 25]', '{ max [COIN 10] from @world; @a }', '@x'),
      balances: { 'a COIN': 14n },
      gives: 'INSUFFICIENT_FUND',
    },
    {
      name: 'holds for an account below the cap',
      script: send('[COIN 25]', '{ max [COIN 10] from @a allowing unbounded overdraft; @b }', '@x'),
      balances: { 'a COIN': 4n, 'b COIN': 40n },
      gives: ['a -> x 10 COIN', 'b -> x 15 COIN'],
    },
    {
      name: 'holds for an account above the cap',
      script: send('[COIN 25]', '{ max [COIN 10] from @a allowing unbounded overdraft; @b }', '@x'),
      balances: { 'a COIN': 14n, 'b COIN': 40n },
      gives: ['a -> x 10 COIN', 'b -> x 15 COIN'],
    },
    {
      name: 'holds for an account in debt',
      script: send('[COIN 25]', '{ max [COIN 10] from @a allowing unbounded overdraft; @b }', '@x'),
      balances: { 'a COIN': -3n, 'b COIN': 40n },
      gives: ['a -> x 10 COIN', 'b -> x 15 COIN'],
    },
    {
      name: 'is all there is',
      script: send('[COIN 11]', 'max [COIN 10] from @a allowing unbounded overdraft', '@x'),
      balances: { 'a COIN': 4n },
      gives: 'INSUFFICIENT_FUND',
    },
    {
      name: 'leaves the debt to the next send',
      script: [
        send('[COIN 10]', 'max [COIN 10] from @a allowing unbounded overdraft', '@x'),
        send('[COIN 5]', '@a allowing overdraft up to [COIN 11]', '@y'),
      ],
      balances: { 'a COIN': 4n },
      gives: ['a -> x 10 COIN', 'a -> y 5 COIN'],
    },
    {
      name: 'over a list that ends in world',
      script: send('[COIN 25]', '{ max [COIN 10] from { @a; @world }; @b }', '@x'),
      balances: { 'a COIN': 4n, 'b COIN': 40n },
      gives: ['a -> x 4 COIN', 'world -> x 6 COIN', 'b -> x 15 COIN'],
    },
  ])('$name', (one) => {
    expect(outcomeOf(one)).toEqual(expectedOf(one));
  });
});

describe('balances during a run', () => {
  test.each<ScriptCase>([
    {
      name: 'what came in can be spent',
      script: [send('[COIN 50]', '@world', '@a'), send('[COIN 61]', '@a', '@b')],
      balances: { 'a COIN': 11n },
      gives: ['world -> a 50 COIN', 'a -> b 61 COIN'],
    },
    {
      name: 'what came in can be spent to the unit',
      script: [send('[COIN 50]', '@world', '@a'), send('[COIN 62]', '@a', '@b')],
      balances: { 'a COIN': 11n },
      gives: 'INSUFFICIENT_FUND',
    },
    {
      name: 'what comes in later cannot be spent before',
      script: [send('[COIN 61]', '@a', '@b'), send('[COIN 50]', '@world', '@a')],
      balances: { 'a COIN': 11n },
      gives: 'INSUFFICIENT_FUND',
    },
    {
      name: 'what is spent is spent',
      script: [send('[COIN 35]', '@a', '@x'), send('[COIN 26]', '@a', '@x')],
      balances: { 'a COIN': 60n },
      gives: 'INSUFFICIENT_FUND',
    },
    {
      name: 'the rest can be spent',
      script: [send('[COIN 35]', '@a', '@x'), send('[COIN 25]', '@a', '@x')],
      balances: { 'a COIN': 60n },
      gives: ['a -> x 35 COIN', 'a -> x 25 COIN'],
    },
    {
      name: 'each asset is counted for itself',
      script: [send('[COIN 35]', '@a', '@x'), send('[GEM 26]', '@a', '@x'), send('[COIN 5]', '@a', '@x')],
      balances: { 'a COIN': 40n, 'a GEM': 26n },
      gives: ['a -> x 35 COIN', 'a -> x 26 GEM', 'a -> x 5 COIN'],
    },
    {
      name: 'what pays a debt cannot be spent',
      script: [send('[COIN 50]', '@world', '@a'), send('[COIN 42]', '@a', '@b')],
      balances: { 'a COIN': -9n },
      gives: 'INSUFFICIENT_FUND',
    },
    {
      name: 'to itself changes nothing',
      script: [send('[COIN 7]', '@a', '@a'), send('[COIN 8]', '@a', '@x')],
      balances: { 'a COIN': 8n },
      gives: ['a -> a 7 COIN', 'a -> x 8 COIN'],
    },
    {
      name: 'through an account between, and back to whoever gave',
      script: [
        'vars { asset $of; monetary $gave = balance(@a, $of) }',
        send('[$of 15]', '{ @a; @b }', '@pot'),
        send('[$of *]', '@pot', '{ max $gave to @a2; remaining to @b2 }'),
      ],
      vars: { of: 'GEM' },
      balances: { 'a GEM': 9n, 'b GEM': 11n },
      gives: ['a -> pot 9 GEM', 'b -> pot 6 GEM', 'pot -> a2 9 GEM', 'pot -> b2 6 GEM'],
    },
  ])('$name', (one) => {
    expect(outcomeOf(one)).toEqual(expectedOf(one));
  });
});
