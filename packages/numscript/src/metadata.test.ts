import { parseJson } from '@daybook/events';
import { describe, expect, test } from 'vitest';
import { expectedOf, outcomeOf, type ScriptCase, send } from './testing/script-case.ts';

const paid = send('[COIN 1]', '@world', '@x');
const posted = 'world -> x 1 COIN';

describe('set_tx_meta', () => {
  test.each<ScriptCase>([
    {
      name: 'keeps each type with its value',
      script: [
        'set_tx_meta("a", @shop:1)',
        'set_tx_meta("b", EUR/2)',
        'set_tx_meta("c", 45)',
        'set_tx_meta("d", "hello you-2")',
        'set_tx_meta("e", [COIN 30])',
        'set_tx_meta("f", 30%)',
        paid,
      ],
      gives: [
        posted,
        'tx a {"type":"account","value":"shop:1"}',
        'tx b {"type":"asset","value":"EUR/2"}',
        'tx c {"type":"number","value":45}',
        'tx d {"type":"string","value":"hello you-2"}',
        'tx e {"type":"monetary","value":{"amount":30,"asset":"COIN"}}',
        'tx f {"type":"portion","value":{"remaining":false,"specific":"3/10"}}',
      ],
    },
    {
      name: 'keeps portions in lowest terms, the whole and nothing without a denominator',
      script: ['set_tx_meta("a", 6/8)', 'set_tx_meta("b", 100%)', 'set_tx_meta("c", 0%)', 'set_tx_meta("d", 0.50%)'],
      gives: [
        'tx a {"type":"portion","value":{"remaining":false,"specific":"3/4"}}',
        'tx b {"type":"portion","value":{"remaining":false,"specific":"1"}}',
        'tx c {"type":"portion","value":{"remaining":false,"specific":"0"}}',
        'tx d {"type":"portion","value":{"remaining":false,"specific":"1/200"}}',
      ],
    },
    {
      name: 'keeps amounts of any size exactly',
      script: [`set_tx_meta("a", ${10n ** 30n + 1n})`, `set_tx_meta("b", [COIN ${10n ** 30n + 3n}])`],
      gives: [
        `tx a {"type":"number","value":${10n ** 30n + 1n}}`,
        `tx b {"type":"monetary","value":{"amount":${10n ** 30n + 3n},"asset":"COIN"}}`,
      ],
    },
    {
      name: 'keeps the last value of a key',
      script: ['set_tx_meta("k", 1)', paid, 'set_tx_meta("k", "two")'],
      gives: [posted, 'tx k {"type":"string","value":"two"}'],
    },
    {
      name: 'takes any key that is a string',
      script: ['set_tx_meta("", 1)', 'set_tx_meta("constructor", 2)', 'set_tx_meta("a b-C_9", 3)'],
      gives: [
        'tx  {"type":"number","value":1}',
        'tx a b-C_9 {"type":"number","value":3}',
        'tx constructor {"type":"number","value":2}',
      ],
    },
  ])('$name', (one) => {
    expect(outcomeOf(one)).toEqual(expectedOf(one));
  });
});

describe('set_account_meta', () => {
  test.each<ScriptCase>([
    {
      name: 'keeps each type with its value',
      script: [
        'set_account_meta(@shop:1, "a", @shop:2)',
        'set_account_meta(@shop:1, "b", EUR/2)',
        'set_account_meta(@shop:1, "c", 45)',
        'set_account_meta(@shop:1, "d", "hello")',
        'set_account_meta(@shop:1, "e", [COIN 30])',
        'set_account_meta(@shop:1, "f", 1%)',
        paid,
      ],
      gives: [
        posted,
        '@shop:1 a {"type":"account","value":"shop:2"}',
        '@shop:1 b {"type":"asset","value":"EUR/2"}',
        '@shop:1 c {"type":"number","value":45}',
        '@shop:1 d {"type":"string","value":"hello"}',
        '@shop:1 e {"type":"monetary","value":{"amount":30,"asset":"COIN"}}',
        '@shop:1 f {"type":"portion","value":{"remaining":false,"specific":"1/100"}}',
      ],
    },
    {
      name: 'of several accounts, one of them a variable; the last value of a key counts',
      script: [
        'vars { account $to }',
        'set_account_meta(@a, "k", 1)',
        'set_account_meta($to, "k", 2)',
        send('[COIN 5]', '@world', '$to'),
        'set_account_meta(@a, "k", 3)',
      ],
      vars: { to: 'b' },
      gives: ['world -> b 5 COIN', '@a k {"type":"number","value":3}', '@b k {"type":"number","value":2}'],
    },
    {
      name: 'of one account by two names',
      script: ['vars { account $p }', 'set_account_meta(@a, "k", 1)', 'set_account_meta($p, "k", 2)'],
      vars: { p: 'a' },
      gives: ['@a k {"type":"number","value":2}'],
    },
    {
      name: 'alone posts nothing',
      script: 'set_account_meta(@a, "k", 1)',
      gives: ['@a k {"type":"number","value":1}'],
    },
    {
      name: 'of an account without a name',
      script: ['vars { account $none }', 'set_account_meta($none, "k", 1)', paid],
      vars: { none: '' },
      gives: 'VALIDATION',
    },
  ])('$name', (one) => {
    expect(outcomeOf(one)).toEqual(expectedOf(one));
  });
});

describe('meta()', () => {
  const sale = [
    'vars { account $sale; account $seller = meta($sale, "seller"); portion $fee = meta($seller, "fee") }',
    send('[EUR/2 *]', '$sale', '{ remaining to $seller; $fee to @fees }'),
  ];
  const saleMetadata = {
    'sale:1': { seller: { type: 'account', value: 'seller:7' } },
    'seller:7': { fee: { type: 'portion', value: '12.5%' } },
  };
  test.each<ScriptCase>([
    {
      name: 'reads an account, and of that account a portion',
      script: sale,
      vars: { sale: 'sale:1' },
      balances: { 'sale:1 EUR/2': 90n, 'seller:7 EUR/2': 500n },
      metadata: saleMetadata,
      gives: ['sale:1 -> seller:7 79 EUR/2', 'sale:1 -> fees 11 EUR/2'],
    },
    { name: 'of an account that nobody knows', script: sale, vars: { sale: 'sale:2' }, gives: 'COMPILATION_FAILED' },
    {
      name: 'of a key that is not there',
      script: sale,
      vars: { sale: 'sale:1' },
      metadata: { 'sale:1': { selller: { type: 'account', value: 'seller:7' } } },
      gives: 'COMPILATION_FAILED',
    },
    ...['1e2', '100.0', '1.0e2', '10000e-2'].map((written) => ({
      name: `takes ${written} for the integer that it is, as it is stored`,
      script: [
        'vars { monetary $m = meta(@a, "m"); number $n = meta(@a, "n") }',
        'print $n',
        send('$m', '@world', '@x'),
      ],
      metadata: {
        a: {
          m: { type: 'monetary', value: parseJson(`{"asset":"COIN","amount":${written}}`) },
          n: { type: 'number', value: parseJson(written) },
        },
      },
      gives: ['world -> x 100 COIN', 'prints 100'],
    })),
    {
      name: 'of a fraction',
      script: ['vars { number $n = meta(@a, "n") }', 'print $n'],
      metadata: { a: { n: { type: 'number', value: 1.5 } } },
      gives: 'COMPILATION_FAILED',
    },
    {
      name: 'of a key that every object has',
      script: ['vars { account $a = meta(@a, "constructor") }', send('[COIN 1]', '@world', '$a')],
      gives: 'COMPILATION_FAILED',
    },
    {
      name: 'does not see what the script itself sets',
      script: ['vars { number $n = meta(@a, "n") }', 'set_account_meta(@a, "n", 2)', 'print $n'],
      metadata: { a: { n: { type: 'number', value: 1 } } },
      gives: ['@a n {"type":"number","value":2}', 'prints 1'],
    },
  ])('$name', (one) => {
    expect(outcomeOf(one)).toEqual(expectedOf(one));
  });

  test.each<[type: string, stored: string, shown: string]>([
    ['account', '{"type":"account","value":"24seven:01"}', '"24seven:01"'],
    ['asset', '{"type":"asset","value":"F9/3"}', '"F9/3"'],
    ['number', `{"type":"number","value":${10n ** 99n + 1n}}`, `${10n ** 99n + 1n}`],
    ['monetary', '{"type":"monetary","value":{"asset":"EUR/2","amount":123456}}', '{"amount":123456,"asset":"EUR/2"}'],
    ['portion', '{"type":"portion","value":"90%"}', '{"remaining":false,"specific":"9/10"}'],
    ['portion', '{"type":"portion","value":"4/6"}', '{"remaining":false,"specific":"2/3"}'],
  ])('reads %s %s', (type, stored, shown) => {
    const one: ScriptCase = {
      name: stored,
      script: [`vars { ${type} $v = meta(@a, "k") }`, 'set_tx_meta("read", $v)'],
      metadata: { a: { k: parseJson(stored) } },
      gives: [`tx read {"type":"${type}","value":${shown}}`],
    };
    expect(outcomeOf(one)).toEqual(expectedOf(one));
  });

  test.each<[type: string, stored: string]>([
    ['string', '{"type":"string","value":"text"}'],
    ['account', '"a"'],
    ['account', '{"value":"a"}'],
    ['account', '{"type":"account"}'],
    ['account', '{"type":"account","value":"a::b"}'],
    ['account', '{"type":"account","value":5}'],
    ['account', '{"type":"asset","value":"A"}'],
    ['account', '{"type":"nothing","value":"a"}'],
    ['account', 'null'],
    ['account', '["account","a"]'],
    ['asset', '{"type":"asset","value":"eur"}'],
    ['number', '{"type":"number","value":"5"}'],
    ['number', '{"type":"number","value":5.5}'],
    ['number', '5'],
    ['monetary', '{"type":"monetary","value":{"asset":"EUR/2"}}'],
    ['monetary', '{"type":"monetary","value":"[EUR/2 5]"}'],
    ['monetary', '{"type":"number","value":5}'],
    ['monetary', '{"asset":"EUR/2","amount":5}'],
    ['portion', '{"type":"portion","value":"3/2"}'],
    ['portion', '{"type":"portion","value":0.5}'],
    ['portion', '{"type":"portion","value":{"remaining":false,"specific":"3/20"}}'],
  ])('does not read %s %s', (type, stored) => {
    const one: ScriptCase = {
      name: stored,
      script: [`vars { ${type} $v = meta(@a, "k") }`, 'set_tx_meta("read", $v)'],
      metadata: { a: { k: parseJson(stored) } },
      gives: 'COMPILATION_FAILED',
    };
    expect(outcomeOf(one)).toEqual(expectedOf(one));
  });
});

describe('balance()', () => {
  test.each<ScriptCase>([
    {
      name: 'is what the account has before the script',
      script: [
        'vars { monetary $had = balance(@a, COIN) }',
        send('[COIN 4]', '@world', '@a'),
        send('$had', '@a', '@x'),
      ],
      balances: { 'a COIN': 9n, 'a GEM': 700n },
      gives: ['world -> a 4 COIN', 'a -> x 9 COIN'],
    },
    {
      name: 'is not there twice',
      script: ['vars { monetary $had = balance(@a, COIN) }', send('$had', '@a', '@x'), send('$had', '@a', '@x')],
      balances: { 'a COIN': 9n },
      gives: 'INSUFFICIENT_FUND',
    },
    {
      name: 'caps a destination',
      script: [
        'vars { account $of; monetary $had = balance($of, COIN) }',
        send('[COIN 70]', '{ $of; @b }', '{ max $had to @x; remaining to @y }'),
      ],
      vars: { of: 'a' },
      balances: { 'a COIN': 30n, 'b COIN': 90n },
      gives: ['a -> x 30 COIN', 'b -> y 40 COIN'],
    },
    {
      name: 'caps a destination above what is sent',
      script: [
        'vars { account $of; monetary $had = balance($of, COIN) }',
        send('[COIN 70]', '{ $of; @b }', '{ max $had to @x; remaining to @y }'),
      ],
      vars: { of: 'a' },
      balances: { 'a COIN': 300n, 'b COIN': 90n },
      gives: ['a -> x 70 COIN'],
    },
    {
      name: 'caps a source',
      script: ['vars { monetary $cap = balance(@limit, COIN) }', send('[COIN 20]', '{ max $cap from @a; @b }', '@x')],
      balances: { 'limit COIN': 12n, 'a COIN': 90n, 'b COIN': 90n },
      gives: ['a -> x 12 COIN', 'b -> x 8 COIN'],
    },
    {
      name: 'of an asset that comes as a variable, of an account that comes from metadata',
      script: [
        'vars { asset $of; account $who = meta(@a, "who"); monetary $had = balance($who, $of) }',
        send('$had', '$who', '@x'),
      ],
      vars: { of: 'EUR/2' },
      metadata: { a: { who: { type: 'account', value: 'b' } } },
      balances: { 'b EUR/2': 6n, 'b COIN': 7n, 'a EUR/2': 8n },
      gives: ['b -> x 6 EUR/2'],
    },
    {
      name: 'of an account that nobody knows is zero',
      script: ['vars { monetary $had = balance(@nobody, COIN) }', 'set_tx_meta("had", $had)'],
      gives: ['tx had {"type":"monetary","value":{"amount":0,"asset":"COIN"}}'],
    },
    {
      name: 'of two accounts and two assets at once',
      script: [
        'vars { monetary $p = balance(@a, COIN); monetary $q = balance(@b, COIN); monetary $r = balance(@a, GEM) }',
        send('$p + $q', '{ @b; @a }', '@x'),
        send('$r', '@a', '@x'),
      ],
      balances: { 'a COIN': 2n, 'b COIN': 3n, 'a GEM': 4n },
      gives: ['b -> x 3 COIN', 'a -> x 2 COIN', 'a -> x 4 GEM'],
    },
    {
      name: 'below zero',
      script: ['vars { monetary $had = balance(@a, COIN) }', send('$had', '@world', '@x')],
      balances: { 'a COIN': -1n },
      gives: 'COMPILATION_FAILED',
    },
    {
      name: 'of world, which is below zero',
      script: ['vars { monetary $had = balance(@world, COIN) }', send('$had', '@a', '@x')],
      balances: { 'world COIN': -40n, 'a COIN': 90n },
      gives: 'COMPILATION_FAILED',
    },
  ])('$name', (one) => {
    expect(outcomeOf(one)).toEqual(expectedOf(one));
  });
});
