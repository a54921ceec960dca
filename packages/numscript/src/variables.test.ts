import { parseJson, type Json } from '@daybook/events';
import { describe, expect, test } from 'vitest';
import { bind, compile } from './index.ts';
import { expectedOf, outcomeOf, type ScriptCase, send, written } from './testing/script-case.ts';

/** A value of a variable as it comes: exact JSON. */
function json(text: string): Json {
  return parseJson(text);
}

describe('values that a variable takes', () => {
  test.each<[type: string, value: string, shown: string]>([
    ['account', '"shop:1:till"', '{"type":"account","value":"shop:1:till"}'],
    ['account', '"_x:Y_2"', '{"type":"account","value":"_x:Y_2"}'],
    ['account', '"24seven:01"', '{"type":"account","value":"24seven:01"}'],
    ['account', '"0"', '{"type":"account","value":"0"}'],
    ['account', '"world"', '{"type":"account","value":"world"}'],
    ['account', '""', '{"type":"account","value":""}'],
    ['asset', '"EUR/2"', '{"type":"asset","value":"EUR/2"}'],
    ['asset', '"F"', '{"type":"asset","value":"F"}'],
    ['asset', '"F9/123456"', '{"type":"asset","value":"F9/123456"}'],
    ['asset', '"ABCDEFGHIJKLMNOPQ"', '{"type":"asset","value":"ABCDEFGHIJKLMNOPQ"}'],
    ['number', '42', '{"type":"number","value":42}'],
    ['number', '0', '{"type":"number","value":0}'],
    ['number', '-7', '{"type":"number","value":-7}'],
    ['number', '9007199254740993', '{"type":"number","value":9007199254740993}'],
    ['string', '"late ride"', '{"type":"string","value":"late ride"}'],
    ['string', '""', '{"type":"string","value":""}'],
    ['string', '"\\"ü\\n€;{}\\""', '{"type":"string","value":"\\"ü\\n€;{}\\""}'],
    ['monetary', '{"asset":"EUR/2","amount":100}', '{"type":"monetary","value":{"amount":100,"asset":"EUR/2"}}'],
    ['monetary', '{"amount":0,"asset":"COIN"}', '{"type":"monetary","value":{"amount":0,"asset":"COIN"}}'],
    [
      'monetary',
      `{"asset":"COIN","amount":${10n ** 126n}}`,
      `{"type":"monetary","value":{"amount":${10n ** 126n},"asset":"COIN"}}`,
    ],
    ['portion', '"15%"', '{"type":"portion","value":{"remaining":false,"specific":"3/20"}}'],
    ['portion', '"2.50%"', '{"type":"portion","value":{"remaining":false,"specific":"1/40"}}'],
    ['portion', '"6/40"', '{"type":"portion","value":{"remaining":false,"specific":"3/20"}}'],
    ['portion', '"3 / 20"', '{"type":"portion","value":{"remaining":false,"specific":"3/20"}}'],
    ['portion', '"100%"', '{"type":"portion","value":{"remaining":false,"specific":"1"}}'],
    ['portion', '"7/7"', '{"type":"portion","value":{"remaining":false,"specific":"1"}}'],
    ['portion', '"0%"', '{"type":"portion","value":{"remaining":false,"specific":"0"}}'],
    ['portion', '"0/3"', '{"type":"portion","value":{"remaining":false,"specific":"0"}}'],
    [
      'portion',
      `"${'1'.repeat(40)}/${'9'.repeat(40)}"`,
      '{"type":"portion","value":{"remaining":false,"specific":"1/9"}}',
    ],
  ])('%s %s', (type, value, shown) => {
    const script = [`vars { ${type} $v }`, 'set_tx_meta("k", $v)'];
    const one = { name: value, script, vars: { v: json(value) }, gives: [`tx k ${shown}`] };
    expect(outcomeOf(one)).toEqual(expectedOf(one));
  });
});

describe('values that a variable does not take', () => {
  test.each<[type: string, values: string]>([
    ['account', '"a-b"|"a::b"|"a:"|":a"|":"|"a b"|" "|"a."|"@a"|"é"|"a\\n"|5|null|true|["a"]|{"a":1}'],
    ['asset', '"USD-2"|"usd"|"USD/"|"/2"|"2USD"|"USD/1234567"|"USD/x"|"ABCDEFGHIJKLMNOPQR"|""|"USD "|5|null'],
    ['number', '"5"|"x"|1.5|1.0|1e3|null|true|[]|{}'],
    ['string', '5|null|true|["a"]|{"a":1}'],
    ['monetary', '{"asset":"EUR/2","amount":-1}|{"asset":"eur","amount":1}|{"asset":"EUR/2","amount":null}'],
    ['monetary', '{"asset":"EUR/2","amount":"1"}|{"asset":"EUR/2","amount":1.5}|{"asset":"EUR/2"}|{"amount":1}|{}'],
    ['monetary', '"EUR/2 1"|"[EUR/2 1]"|5|null|[]|["EUR/2",1]'],
    ['portion', '"3/2"|"200%"|"100.1%"|""|"x"|"1/0"|"0/0"|"-5%"|"-1/2"|"1/-2"|"5"|"5 %"|"%"|"1/"|".5%"|"5.%"|"1//2"'],
    ['portion', '"remaining"|0.5|1|null|{"remaining":false,"specific":"1/2"}|" 5%"|"5%\\n"'],
    ['portion', `"1/${'9'.repeat(41)}"|"0.${'1'.repeat(40)}%"`],
  ])('%s: %s', (type, values) => {
    const compiled = compile(written([`vars { ${type} $v }`, 'set_tx_meta("k", $v)']));
    if (compiled.kind === 'errors') throw new Error('the script is well formed');
    for (const value of values.split('|')) {
      const message: unknown = expect.stringContaining(`invalid JSON value for variable $v of type ${type}: `);
      const bound = bind(compiled.program, { v: json(value) });
      expect({ value, ...bound }).toEqual({ value, kind: 'refused', message });
    }
  });
});

describe('bounds of values', () => {
  const longest = '9'.repeat(1000);
  const tooLong = JSON.rawJSON(`1${'0'.repeat(1000)}`);
  test.each<ScriptCase>([
    {
      name: 'an account has 1,024 characters',
      script: ['vars { account $a }', send('[COIN 1]', '@world', '$a')],
      vars: { a: 'a'.repeat(1024) },
      gives: [`world -> ${'a'.repeat(1024)} 1 COIN`],
    },
    {
      name: 'an account has no more',
      script: ['vars { account $a }', send('[COIN 1]', '@world', '$a')],
      vars: { a: 'a'.repeat(1025) },
      gives: 'not bound',
    },
    {
      name: 'a number has 1,000 digits',
      script: ['vars { number $n }', 'print $n'],
      vars: { n: JSON.rawJSON(longest) },
      gives: [`prints ${longest}`],
    },
    {
      name: 'a number has no more, wherever it was read',
      script: ['vars { number $n }', 'print $n'],
      vars: { n: tooLong },
      gives: 'not bound',
    },
    {
      name: 'an amount has no more digits, wherever it was read',
      script: ['vars { monetary $m }', 'print $m'],
      vars: { m: { asset: 'COIN', amount: tooLong } },
      gives: 'not bound',
    },
    // Stored JSON has at most 1,000 digits a number: what has more could not be read again.
    {
      name: 'a number that grew is not kept as metadata of a transaction',
      script: `set_tx_meta("k", ${longest} + 1)`,
      gives: 'VALIDATION',
    },
    {
      name: 'an amount that grew is not kept as metadata of an account',
      script: `set_account_meta(@a, "k", [COIN ${longest}] + [COIN 1])`,
      gives: 'VALIDATION',
    },
  ])('$name', (one) => {
    expect(outcomeOf(one)).toEqual(expectedOf(one));
  });
});

describe('which variables come', () => {
  const script = ['vars { account $to; number $n }', 'set_tx_meta("n", $n)', send('[COIN 3]', '@world', '$to')];
  test.each<ScriptCase>([
    {
      name: 'all that are declared',
      script,
      vars: { n: 4, to: 'x' },
      gives: ['world -> x 3 COIN', 'tx n {"type":"number","value":4}'],
    },
    { name: 'not one', script, gives: 'not bound', says: 'missing variable $to' },
    { name: 'one is missing', script, vars: { to: 'x' }, gives: 'not bound', says: 'missing variable $n' },
    {
      name: 'one that is not used is missing',
      script: ['vars { account $unused }', 'print 1'],
      gives: 'not bound',
      says: 'missing variable $unused',
    },
    {
      name: 'one too many',
      script,
      vars: { to: 'x', n: 4, more: 5 },
      gives: 'not bound',
      says: 'extraneous variable $more',
    },
    {
      name: 'one for a script without variables',
      script: 'print 1',
      vars: { n: 5 },
      gives: 'not bound',
      says: 'extraneous variable $n',
    },
    {
      name: 'one that the script takes from a balance',
      script: ['vars { monetary $had = balance(@a, COIN) }', send('$had', '@a', '@x')],
      vars: { had: { asset: 'COIN', amount: 5 } },
      gives: 'not bound',
      says: 'extraneous variable $had',
    },
    {
      name: 'names that an object has anyway are names like any other',
      script: ['vars { number $constructor; number $to_string }', 'print $constructor + $to_string'],
      vars: { constructor: 4, to_string: 5 },
      gives: ['prints 9'],
    },
    {
      name: 'a name that an object has anyway is missing all the same',
      script: ['vars { string $constructor }', 'set_tx_meta("k", $constructor)'],
      gives: 'not bound',
      says: 'missing variable $constructor',
    },
  ])('$name', (one) => {
    expect(outcomeOf(one)).toEqual(expectedOf(one));
  });
});

describe('arithmetic', () => {
  test.each<ScriptCase>([
    { name: 'from left to right', script: 'print 31 + 17 - 5', gives: ['prints 43'] },
    { name: 'subtracts from the left', script: 'print 10 - 3 - 2', gives: ['prints 5'] },
    { name: 'may end below zero', script: 'print 3 - 10 + 2', gives: ['prints -5'] },
    { name: 'of one term', script: 'print 1', gives: ['prints 1'] },
    {
      name: 'beyond 64 bits',
      script: 'print 99999999999999999999999999999999999999 + 1',
      gives: ['prints 100000000000000000000000000000000000000'],
    },
    {
      name: 'with variables',
      script: ['vars { number $n }', 'set_tx_meta("sum", 100 - $n + $n + $n)'],
      vars: { n: 7 },
      gives: ['tx sum {"type":"number","value":107}'],
    },
    {
      name: 'of monetary values, to be sent',
      script: ['vars { asset $of; monetary $m }', send('[EUR 20] + $m + [$of 3] - [EUR 4]', '@a', '@x')],
      vars: { of: 'EUR', m: { asset: 'EUR', amount: 2 } },
      balances: { 'a EUR': 21n },
      gives: ['a -> x 21 EUR'],
    },
    {
      name: 'of monetary values, one unit short',
      script: send('[EUR 20] + [EUR 3] - [EUR 1]', '@a', '@x'),
      balances: { 'a EUR': 21n },
      gives: 'INSUFFICIENT_FUND',
    },
    {
      name: 'of monetary values, kept as metadata',
      script: 'set_tx_meta("left", [EUR/2 10] - [EUR/2 4])',
      gives: ['tx left {"type":"monetary","value":{"amount":6,"asset":"EUR/2"}}'],
    },
    {
      name: 'of two assets, added',
      script: ['vars { monetary $m }', send('[EUR 1] + $m', '@world', '@x')],
      vars: { m: { asset: 'USD', amount: 2 } },
      gives: 'VALIDATION',
    },
    {
      name: 'of two assets, subtracted',
      script: ['vars { asset $of }', send('[EUR 5] - [$of 2]', '@world', '@x')],
      vars: { of: 'USD' },
      gives: 'VALIDATION',
    },
    {
      name: 'that ends below zero cannot be sent',
      script: send('[EUR 5] - [EUR 6]', '@a', '@x'),
      balances: { 'a EUR': 50n },
      gives: 'VALIDATION',
    },
    {
      name: 'that ends below zero cannot be sent from world',
      script: send('[EUR 5] - [EUR 6]', '@world', '@x'),
      gives: 'VALIDATION',
    },
    {
      name: 'that ends below zero cannot be split',
      script: send('[EUR 5] - [EUR 6]', '{ 1/2 from @a; 1/2 from @world }', '@x'),
      balances: { 'a EUR': 50n },
      gives: 'VALIDATION',
    },
    {
      name: 'below zero in between does no harm',
      script: send('[EUR 5] - [EUR 6] + [EUR 3]', '@world', '@x'),
      gives: ['world -> x 2 EUR'],
    },
  ])('$name', (one) => {
    expect(outcomeOf(one)).toEqual(expectedOf(one));
  });
});

describe('variables in their places', () => {
  test.each<ScriptCase>([
    {
      name: 'the amount to send',
      script: ['vars { monetary $m }', send('$m', '@a', '@x')],
      vars: { m: { asset: 'EUR/2', amount: 12 } },
      balances: { 'a EUR/2': 13n },
      gives: ['a -> x 12 EUR/2'],
    },
    {
      name: 'of every type at once',
      script: [
        'vars { account $from; account $to; asset $of; number $n; string $text; portion $fee }',
        send('[$of 1000]', '$from', '{ $fee to @fees; remaining to $to }'),
        'set_tx_meta("n", $n)',
        'set_tx_meta("text", $text)',
      ],
      vars: { from: 'shop:1', to: 'shop:2', of: 'EUR/2', n: 1, text: 'at night', fee: '1.5%' },
      balances: { 'shop:1 EUR/2': 1001n },
      gives: [
        'shop:1 -> fees 15 EUR/2',
        'shop:1 -> shop:2 985 EUR/2',
        'tx n {"type":"number","value":1}',
        'tx text {"type":"string","value":"at night"}',
      ],
    },
    {
      name: 'two names for one account in a list: the second has nothing left',
      script: ['vars { account $p; account $q }', send('[COIN 9]', '{ $p; $q }', '@x')],
      vars: { p: 'a', q: 'a' },
      balances: { 'a COIN': 8n },
      gives: 'INSUFFICIENT_FUND',
    },
  ])('$name', (one) => {
    expect(outcomeOf(one)).toEqual(expectedOf(one));
  });
});
