import { describe, expect, test } from 'vitest';
import { expectedOf, outcomeOf, type ScriptCase, send } from './testing/script-case.ts';

describe('one account', () => {
  test.each<ScriptCase>([
    {
      name: 'gives a part of what it has',
      script: send('[COIN 41]', '@a', '@x'),
      balances: { 'a COIN': 90n },
      gives: ['a -> x 41 COIN'],
    },
    {
      name: 'gives the last unit',
      script: send('[COIN 41]', '@a', '@x'),
      balances: { 'a COIN': 41n },
      gives: ['a -> x 41 COIN'],
    },
    {
      name: 'is refused when one unit is missing',
      script: send('[COIN 41]', '@a', '@x'),
      balances: { 'a COIN': 40n },
      gives: 'INSUFFICIENT_FUND',
      says: 'account had insufficient funds',
    },
    {
      name: 'that nobody knows has nothing',
      script: send('[COIN 1]', '@nobody', '@x'),
      gives: 'INSUFFICIENT_FUND',
    },
    {
      name: 'below zero has nothing',
      script: send('[COIN 7]', '@a', '@x'),
      balances: { 'a COIN': -70n },
      gives: 'INSUFFICIENT_FUND',
    },
    {
      name: 'does not pay with another asset',
      script: send('[COIN 5]', '@a', '@x'),
      balances: { 'a COIN': 4n, 'a COIN/2': 500n, 'a GEM': 50n },
      gives: 'INSUFFICIENT_FUND',
    },
    {
      name: 'pays amounts of any size exactly',
      script: send(`[COIN ${10n ** 40n + 7n}]`, '@a', '@x'),
      balances: { 'a COIN': 10n ** 40n + 7n },
      gives: [`a -> x ${10n ** 40n + 7n} COIN`],
    },
  ])('$name', (one) => {
    expect(outcomeOf(one)).toEqual(expectedOf(one));
  });
});

describe('sources in order', () => {
  test.each<ScriptCase>([
    {
      name: 'the next gives what the first lacks',
      script: send('[COIN 19]', '{ @a; @b }', '@x'),
      balances: { 'a COIN': 7n, 'b COIN': 30n },
      gives: ['a -> x 7 COIN', 'b -> x 12 COIN'],
    },
    {
      name: 'together they give the last unit',
      script: send('[COIN 19]', '{ @a; @b }', '@x'),
      balances: { 'a COIN': 7n, 'b COIN': 12n },
      gives: ['a -> x 7 COIN', 'b -> x 12 COIN'],
    },
    {
      name: 'together they lack one unit',
      script: send('[COIN 19]', '{ @a; @b }', '@x'),
      balances: { 'a COIN': 7n, 'b COIN': 11n },
      gives: 'INSUFFICIENT_FUND',
      says: 'account had insufficient funds',
    },
    {
      name: 'what is covered leaves the next alone',
      script: send('[COIN 19]', '{ @a; @b }', '@x'),
      balances: { 'a COIN': 19n, 'b COIN': 30n },
      gives: ['a -> x 19 COIN'],
    },
    {
      name: 'they are asked in the order that is written, not by name or balance',
      script: send('[COIN 60]', '{ @c; @a; @d; @b }', '@x'),
      balances: { 'a COIN': 21n, 'b COIN': 100n, 'c COIN': 2n, 'd COIN': 13n },
      gives: ['c -> x 2 COIN', 'a -> x 21 COIN', 'd -> x 13 COIN', 'b -> x 24 COIN'],
    },
    {
      name: 'lists within lists are one list',
      script: send('[COIN 40]', '{ @a; { @b; { @c } }; @d }', '@x'),
      balances: { 'a COIN': 3n, 'b COIN': 5n, 'c COIN': 11n, 'd COIN': 50n },
      gives: ['a -> x 3 COIN', 'b -> x 5 COIN', 'c -> x 11 COIN', 'd -> x 21 COIN'],
    },
    {
      name: 'debts of the one do not lessen what the other gives',
      script: send('[COIN 9]', '{ @a; @b }', '@x'),
      balances: { 'a COIN': -5n, 'b COIN': 9n },
      gives: ['a -> x 0 COIN', 'b -> x 9 COIN'],
    },
    {
      name: 'variables name accounts as literals do',
      script: ['vars { account $first; account $second }', send('[COIN 15]', '{ $first; $second }', '@x')],
      vars: { first: 'shop:1', second: 'shop:2' },
      balances: { 'shop:1 COIN': 4n, 'shop:2 COIN': 12n },
      gives: ['shop:1 -> x 4 COIN', 'shop:2 -> x 11 COIN'],
    },
  ])('$name', (one) => {
    expect(outcomeOf(one)).toEqual(expectedOf(one));
  });
});

describe('amounts of zero (v1.11 and later keep their postings)', () => {
  test.each<ScriptCase>([
    {
      name: 'zero from an account that has something',
      script: send('[COIN 0]', '@a', '@x'),
      balances: { 'a COIN': 5n },
      gives: ['a -> x 0 COIN'],
    },
    {
      name: 'zero from an account that has nothing',
      script: send('[COIN 0]', '@a', '@x'),
      gives: ['a -> x 0 COIN'],
    },
    { name: 'zero from world', script: send('[COIN 0]', '@world', '@x'), gives: ['world -> x 0 COIN'] },
    {
      name: 'zero from a list is of its first account',
      script: send('[COIN 0]', '{ @a; @b }', '@x'),
      balances: { 'a COIN': 5n, 'b COIN': 6n },
      gives: ['a -> x 0 COIN'],
    },
    { name: 'all of an empty account', script: send('[COIN *]', '@a', '@x'), gives: ['a -> x 0 COIN'] },
    {
      name: 'all of an account in debt',
      script: send('[COIN *]', '@a', '@x'),
      balances: { 'a COIN': -3n },
      gives: ['a -> x 0 COIN'],
    },
    {
      name: 'all of two empty accounts is of the first',
      script: send('[COIN *]', '{ @a; @b }', '@x'),
      gives: ['a -> x 0 COIN'],
    },
    {
      name: 'an empty account before the one that pays',
      script: send('[COIN 5]', '{ @empty; @world }', '@x'),
      gives: ['empty -> x 0 COIN', 'world -> x 5 COIN'],
    },
    {
      name: 'an empty account between two that pay',
      script: send('[COIN 8]', '{ @a; @empty; @b }', '@x'),
      balances: { 'a COIN': 3n, 'b COIN': 6n },
      gives: ['a -> x 3 COIN', 'empty -> x 0 COIN', 'b -> x 5 COIN'],
    },
    {
      name: 'no posting for empty accounts behind the one that pays',
      script: send('[COIN 3]', '{ @a; @empty; @world }', '@x'),
      balances: { 'a COIN': 3n },
      gives: ['a -> x 3 COIN'],
    },
    {
      name: 'no posting for empty accounts behind the last that has something, of all',
      script: send('[COIN *]', '{ @empty; @a; @void }', '@x'),
      balances: { 'a COIN': 3n },
      gives: ['empty -> x 0 COIN', 'a -> x 3 COIN'],
    },
    {
      name: 'an empty account under a cap',
      script: send('[COIN 4]', '{ max [COIN 9] from @empty; @a }', '@x'),
      balances: { 'a COIN': 5n },
      gives: ['empty -> x 0 COIN', 'a -> x 4 COIN'],
    },
    {
      name: 'a cap of zero takes no part at all',
      script: send('[COIN 4]', '{ max [COIN 0] from @a; @b }', '@x'),
      balances: { 'a COIN': 5n, 'b COIN': 5n },
      gives: ['b -> x 4 COIN'],
    },
    {
      name: 'a difference of zero',
      script: send('[COIN 7] - [COIN 7]', '@a', '@x'),
      balances: { 'a COIN': 5n },
      gives: ['a -> x 0 COIN'],
    },
    {
      name: 'beside another send',
      script: [send('[COIN *]', '@a', '@x'), send('[COIN 2]', '@world', '@x')],
      gives: ['a -> x 0 COIN', 'world -> x 2 COIN'],
    },
  ])('$name', (one) => {
    expect(outcomeOf(one)).toEqual(expectedOf(one));
  });
});

describe('unbounded sources', () => {
  test.each<ScriptCase>([
    { name: 'world gives anything', script: send('[COIN 77]', '@world', '@x'), gives: ['world -> x 77 COIN'] },
    {
      name: 'world gives anything again',
      script: [send('[COIN 77]', '@world', '@x'), send('[COIN 88]', '@world', '@y')],
      gives: ['world -> x 77 COIN', 'world -> y 88 COIN'],
    },
    {
      name: 'a balance of world does not matter',
      script: send('[COIN 30]', '@world', '@x'),
      balances: { 'world COIN': 4n },
      gives: ['world -> x 30 COIN'],
    },
    {
      name: 'world gives what the others lack',
      script: send('[COIN 15]', '{ @a; @b; @world }', '@x'),
      balances: { 'a COIN': 2n, 'b COIN': 3n },
      gives: ['a -> x 2 COIN', 'b -> x 3 COIN', 'world -> x 10 COIN'],
    },
    {
      name: 'world at the end of a list within',
      script: send('[COIN 15]', '{ @a; { @b; @world } }', '@x'),
      balances: { 'a COIN': 2n, 'b COIN': 3n },
      gives: ['a -> x 2 COIN', 'b -> x 3 COIN', 'world -> x 10 COIN'],
    },
    {
      name: 'a variable that holds world is not unbounded',
      script: ['vars { account $w }', send('[COIN 1]', '$w', '@x')],
      vars: { w: 'world' },
      gives: 'INSUFFICIENT_FUND',
    },
    {
      name: 'a variable that holds world has nothing, whatever the balance of world',
      script: ['vars { account $w }', send('[COIN 8]', '{ $w; @a }', '@x')],
      vars: { w: 'world' },
      balances: { 'world COIN': 50n, 'a COIN': 8n },
      gives: ['world -> x 0 COIN', 'a -> x 8 COIN'],
    },
    {
      name: 'what world received is not there for a variable that holds world',
      script: ['vars { account $w }', send('[COIN 5]', '@a', '@world'), send('[COIN 1]', '$w', '@x')],
      vars: { w: 'world' },
      balances: { 'a COIN': 5n },
      gives: 'INSUFFICIENT_FUND',
    },
    {
      name: 'a variable that holds world is unbounded where the script says so',
      script: ['vars { account $w }', send('[COIN 8]', '$w allowing unbounded overdraft', '@x')],
      vars: { w: 'world' },
      gives: ['world -> x 8 COIN'],
    },
    {
      name: 'the debt of a variable that holds world is counted',
      script: [
        'vars { account $w }',
        send('[COIN 10]', '$w allowing overdraft up to [COIN 10]', '@x'),
        send('[COIN 1]', '$w allowing overdraft up to [COIN 10]', '@x'),
      ],
      vars: { w: 'world' },
      gives: 'INSUFFICIENT_FUND',
    },
    {
      name: 'an account without a name is in no posting',
      script: ['vars { account $none }', send('[COIN 4]', '{ $none; @a }', '@x')],
      vars: { none: '' },
      balances: { 'a COIN': 4n },
      gives: ['a -> x 4 COIN'],
    },
    {
      name: 'an account without a name has nothing',
      script: ['vars { account $none }', send('[COIN 4]', '{ @a; $none }', '@x')],
      vars: { none: '' },
      balances: { 'a COIN': 4n },
      gives: ['a -> x 4 COIN'],
    },
    {
      name: 'an account without a name does not pay',
      script: ['vars { account $none }', send('[COIN 4]', '{ @a; $none }', '@x')],
      vars: { none: '' },
      balances: { 'a COIN': 3n },
      gives: 'INSUFFICIENT_FUND',
    },
  ])('$name', (one) => {
    expect(outcomeOf(one)).toEqual(expectedOf(one));
  });
});
