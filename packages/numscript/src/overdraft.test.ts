import { describe, expect, test } from 'vitest';
import { expectedOf, outcomeOf, type ScriptCase, send } from './testing/script-case.ts';

const upTo10 = '@a allowing overdraft up to [COIN 10]';
const unbounded = '@a allowing unbounded overdraft';

describe('an overdraft up to an amount', () => {
  test.each<ScriptCase>([
    {
      name: 'reaches to its last unit',
      script: send('[COIN 44]', upTo10, '@x'),
      balances: { 'a COIN': 34n },
      gives: ['a -> x 44 COIN'],
    },
    {
      name: 'reaches no further',
      script: send('[COIN 44]', upTo10, '@x'),
      balances: { 'a COIN': 33n },
      gives: 'INSUFFICIENT_FUND',
      says: 'account had insufficient funds',
    },
    {
      name: 'is there for an account that never had anything',
      script: send('[COIN 10]', upTo10, '@x'),
      gives: ['a -> x 10 COIN'],
    },
    {
      name: 'is what is left of it for an account in debt',
      script: send('[COIN 6]', upTo10, '@x'),
      balances: { 'a COIN': -4n },
      gives: ['a -> x 6 COIN'],
    },
    {
      name: 'is what is left of it to the unit',
      script: send('[COIN 7]', upTo10, '@x'),
      balances: { 'a COIN': -4n },
      gives: 'INSUFFICIENT_FUND',
    },
    {
      name: 'is nothing for an account that is deeper in debt',
      script: send('[COIN 7]', `{ ${upTo10}; @b }`, '@x'),
      balances: { 'a COIN': -15n, 'b COIN': 9n },
      gives: ['a -> x 0 COIN', 'b -> x 7 COIN'],
    },
    {
      name: 'of zero is none',
      script: send('[COIN 5]', '@a allowing overdraft up to [COIN 0]', '@x'),
      balances: { 'a COIN': 4n },
      gives: 'INSUFFICIENT_FUND',
    },
    {
      name: 'comes as a variable, and as a sum',
      script: [
        'vars { monetary $credit }',
        send(
          '[COIN 11]',
          '{ @a allowing overdraft up to $credit; @b allowing overdraft up to $credit + [COIN 4] }',
          '@x',
        ),
      ],
      vars: { credit: { asset: 'COIN', amount: 3 } },
      balances: { 'a COIN': 1n },
      gives: ['a -> x 4 COIN', 'b -> x 7 COIN'],
    },
    {
      name: 'of another asset',
      script: ['vars { monetary $credit }', send('[COIN 5]', '@a allowing overdraft up to $credit', '@x')],
      vars: { credit: { asset: 'GEM', amount: 30 } },
      balances: { 'a COIN': 50n },
      gives: 'VALIDATION',
    },
    {
      name: 'of another asset, as a literal',
      script: send('[COIN 5]', '@a allowing overdraft up to [GEM 30]', '@x'),
      balances: { 'a COIN': 50n, 'a GEM': 50n },
      gives: 'VALIDATION',
    },
    {
      name: 'is used up before the next source is asked',
      script: send('[COIN 21]', `{ ${upTo10}; @b }`, '@x'),
      balances: { 'a COIN': 2n, 'b COIN': 30n },
      gives: ['a -> x 12 COIN', 'b -> x 9 COIN'],
    },
    {
      name: 'of one account does not help another',
      script: send('[COIN 21]', `{ ${upTo10}; @b }`, '@x'),
      balances: { 'a COIN': 2n, 'b COIN': 8n },
      gives: 'INSUFFICIENT_FUND',
    },
  ])('$name', (one) => {
    expect(outcomeOf(one)).toEqual(expectedOf(one));
  });
});

describe('an unbounded overdraft', () => {
  test.each<ScriptCase>([
    {
      name: 'goes below the balance, in one posting',
      script: send('[COIN 900]', unbounded, '@x'),
      balances: { 'a COIN': 80n },
      gives: ['a -> x 900 COIN'],
    },
    {
      name: 'goes deeper into debt',
      script: send('[COIN 900]', unbounded, '@x'),
      balances: { 'a COIN': -80n },
      gives: ['a -> x 900 COIN'],
    },
    {
      name: 'is not touched while the balance lasts',
      script: [send('[COIN 70]', unbounded, '@x'), send('[COIN 10]', '@a', '@y')],
      balances: { 'a COIN': 80n },
      gives: ['a -> x 70 COIN', 'a -> y 10 COIN'],
    },
    {
      name: 'gives what the others lack',
      script: send('[COIN 20]', `{ @b; ${unbounded} }`, '@x'),
      balances: { 'a COIN': 1n, 'b COIN': 7n },
      gives: ['b -> x 7 COIN', 'a -> x 13 COIN'],
    },
    {
      name: 'of an account that comes as a variable',
      script: ['vars { account $payer }', send('[COIN 20]', '$payer allowing unbounded overdraft', '@x')],
      vars: { payer: 'shop:7' },
      gives: ['shop:7 -> x 20 COIN'],
    },
  ])('$name', (one) => {
    expect(outcomeOf(one)).toEqual(expectedOf(one));
  });
});

describe('overdrafts among other sources', () => {
  const halves = (second: string) =>
    send('[COIN 80]', `{ 50% from @a allowing overdraft up to [COIN 10]; 50% from ${second} }`, '@world');
  test.each<ScriptCase>([
    {
      name: 'in shares, each in its bounds',
      script: halves('{ @b allowing overdraft up to [COIN 15]; @c allowing unbounded overdraft }'),
      balances: { 'a COIN': 30n, 'b COIN': 12n },
      gives: ['a -> world 40 COIN', 'b -> world 27 COIN', 'c -> world 13 COIN'],
    },
    {
      name: 'in shares, one of which is not covered',
      script: halves('{ @b allowing overdraft up to [COIN 15]; @c }'),
      balances: { 'a COIN': 100n, 'b COIN': 12n, 'c COIN': 12n },
      gives: 'INSUFFICIENT_FUND',
    },
    {
      name: 'in shares, one of which lacks a unit beyond its overdraft',
      script: halves('@world'),
      balances: { 'a COIN': 29n },
      gives: 'INSUFFICIENT_FUND',
    },
    {
      name: 'in a capped list, then another account without bound',
      script: send(
        '[COIN 90]',
        '{ max [COIN 40] from { @a allowing overdraft up to [COIN 11]; @b allowing overdraft up to [COIN 17]; @c allowing unbounded overdraft }; @d allowing unbounded overdraft }',
        '@world',
      ),
      gives: ['a -> world 11 COIN', 'b -> world 17 COIN', 'c -> world 12 COIN', 'd -> world 50 COIN'],
    },
  ])('$name', (one) => {
    expect(outcomeOf(one)).toEqual(expectedOf(one));
  });
});

describe('debts during a run', () => {
  test.each<ScriptCase>([
    {
      name: 'are counted from send to send',
      script: [
        send('[COIN 90]', unbounded, '@x'),
        send('[COIN 200]', '@a allowing overdraft up to [COIN 290]', '@y'),
        send('[COIN 310]', unbounded, '@z'),
      ],
      gives: ['a -> x 90 COIN', 'a -> y 200 COIN', 'a -> z 310 COIN'],
    },
    {
      name: 'are counted from send to send, to the unit',
      script: [send('[COIN 90]', unbounded, '@x'), send('[COIN 200]', '@a allowing overdraft up to [COIN 289]', '@y')],
      gives: 'INSUFFICIENT_FUND',
    },
    {
      name: 'an overdraft is for the send that states it',
      script: [send('[COIN 8]', upTo10, '@x'), send('[COIN 1]', '@a', '@y')],
      gives: 'INSUFFICIENT_FUND',
    },
    {
      name: 'what was not used of an overdraft comes back',
      script: [send('[COIN 8]', upTo10, '@x'), send('[COIN 2]', upTo10, '@y')],
      gives: ['a -> x 8 COIN', 'a -> y 2 COIN'],
    },
    {
      name: 'an overdraft is not there twice',
      script: [send('[COIN 8]', upTo10, '@x'), send('[COIN 3]', upTo10, '@y')],
      gives: 'INSUFFICIENT_FUND',
    },
    {
      name: 'are paid by what comes in',
      script: [send('[COIN 8]', upTo10, '@x'), send('[COIN 9]', '@world', '@a'), send('[COIN 1]', '@a', '@y')],
      gives: ['a -> x 8 COIN', 'world -> a 9 COIN', 'a -> y 1 COIN'],
    },
  ])('$name', (one) => {
    expect(outcomeOf(one)).toEqual(expectedOf(one));
  });
});
