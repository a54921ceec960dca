import type { Json } from '@daybook/events';
import { expect, test } from 'vitest';
import { bind, compile, describeErrors, needs } from './index.ts';
import { send, written } from './testing/script-case.ts';

interface NeedsCase {
  readonly name: string;
  readonly script: string | readonly string[];
  readonly vars?: Readonly<Record<string, Json>>;
  /** What is loaded already. */
  readonly metadata?: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  /** `account ASSET`, and `meta account`. */
  readonly asks: readonly string[];
}

const chain = [
  'vars { account $sale; account $seller = meta($sale, "seller"); asset $of = meta($seller, "of"); monetary $had = balance($seller, $of) }',
  send('$had', '{ @a; $seller }', '@x'),
];
const seller = { 'sale:1': { seller: { type: 'account', value: 'seller:7' } } };

test.each<NeedsCase>([
  {
    name: 'every source and destination, whether money will reach it or not',
    script: send('[COIN 5]', '{ max [COIN 1] from @a; { @b; @world } }', '{ max [COIN 9] to @x; remaining to @y }'),
    asks: ['a COIN', 'b COIN', 'world COIN', 'x COIN', 'y COIN'],
  },
  {
    name: 'of shares too, and nothing for what is kept',
    script: send('[COIN 5]', '{ 50% from @a; 50% from @b }', '{ 1/3 to @x; 1/3 kept; 1/3 to { 1/2 to @y; 1/2 kept } }'),
    asks: ['a COIN', 'b COIN', 'x COIN', 'y COIN'],
  },
  {
    name: 'each with the asset of its send, once',
    script: [send('[COIN 5]', '@a', '@b'), send('[GEM *]', '@a', '@b'), send('[COIN 6] - [COIN 1]', '@b', '@a')],
    asks: ['a COIN', 'a GEM', 'b COIN', 'b GEM'],
  },
  {
    name: 'by the values of variables',
    script: [
      'vars { account $from; account $unused; asset $of; monetary $m }',
      send('[$of 5]', '$from', '@x'),
      send('$m', '@x', '$from'),
    ],
    vars: { from: 'shop:1', unused: 'shop:2', of: 'EUR/2', m: { asset: 'GEM', amount: 5 } },
    asks: ['shop:1 EUR/2', 'shop:1 GEM', 'x EUR/2', 'x GEM'],
  },
  {
    name: 'what balance() asks',
    script: ['vars { monetary $had = balance(@a, COIN) }', 'set_tx_meta("had", $had)'],
    asks: ['a COIN'],
  },
  {
    name: 'nothing for metadata that is set, and nothing for nobody',
    script: ['vars { account $none }', 'set_account_meta(@a, "k", @b)', send('[COIN 5]', '{ $none; @c }', '@x')],
    vars: { none: '' },
    asks: ['c COIN', 'x COIN'],
  },
  {
    name: 'what meta() reads, while nothing is loaded',
    script: chain,
    vars: { sale: 'sale:1' },
    asks: ['meta sale:1'],
  },
  {
    name: 'what meta() reads of an account that meta() named',
    script: chain,
    vars: { sale: 'sale:1' },
    metadata: seller,
    asks: ['meta sale:1', 'meta seller:7'],
  },
  {
    name: 'everything, once all metadata is loaded',
    script: chain,
    vars: { sale: 'sale:1' },
    metadata: { ...seller, 'seller:7': { of: { type: 'asset', value: 'EUR/2' } } },
    asks: ['a EUR/2', 'meta sale:1', 'meta seller:7', 'seller:7 EUR/2', 'x EUR/2'],
  },
  {
    name: 'no more where the run will be refused for its metadata',
    script: chain,
    vars: { sale: 'sale:1' },
    metadata: { 'sale:1': { seller: { type: 'asset', value: 'EUR/2' } } },
    asks: ['meta sale:1'],
  },
])('a script needs $name', ({ script, vars = {}, metadata = {}, asks }) => {
  const source = written(script);
  const compiled = compile(source);
  if (compiled.kind === 'errors') throw new Error(describeErrors(source, compiled.errors));
  const bound = bind(compiled.program, vars);
  if (bound.kind === 'refused') throw new Error(bound.message);
  const found = needs(compiled.program, bound.variables, (address) => metadata[address]);
  const asked = [...found.pairs.map((pair) => pair.join(' ')), ...found.metadata.map((address) => `meta ${address}`)];
  expect(asked.toSorted()).toEqual(asks);
});
