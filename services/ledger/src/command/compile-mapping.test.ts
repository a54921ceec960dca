import { parseJson, type Json } from '@daybook/events';
import { describe, expect, test } from 'vitest';
import { allowsBalance, checkMapping } from './compile-mapping.ts';
import type { Metadata } from './metadata.ts';
import { contract } from './testing/commands.ts';
import { MemoryLedger } from './testing/memory-ledger.ts';
import type { Contract } from './mapping.ts';

function allows(contracts: readonly Contract[] | null, balance: bigint, metadata: Metadata = {}): boolean {
  const ledger = new MemoryLedger();
  ledger.mapping = { contracts };
  ledger.accounts.set('vip:1', metadata);
  return allowsBalance(ledger, 'vip:1', balance);
}

const always: Json = { $and: [] };
const never: Json = { $or: [] };

test.each<[string, readonly Contract[] | null, boolean]>([
  ['none', null, false],
  ['an empty list', [], false],
  ['one that does not match', [contract('banks', always)], false],
  ['one that matches', [contract('vip:*', always)], true],
  ['only the first that matches, when it holds', [contract('vip:*', always), contract('*', never)], true],
  ['only the first that matches, when it does not', [contract('vip:*', never), contract('*', always)], false],
  ['the first that matches behind others', [contract('banks', never), contract('1$', always)], true],
])('asks contracts in order: %s', (_name, contracts, isAllowed) => {
  expect(allows(contracts, -1n)).toBe(isAllowed);
});

test('without a matching contract the floor is zero', () => {
  expect(allows(null, 0n)).toBe(true);
  expect(allows([contract('banks', never)], 0n)).toBe(true);
});

describe('an expression', () => {
  const metadata: Metadata = { yes: true, text: 'gold', number: 5, list: ['a', 1], object: { b: 1, a: 2 } };

  test.each<[string, boolean]>([
    ['{"$and":[]}', true],
    ['{"$or":[]}', false],
    ['{"$and":[{"$and":[]},{"$or":[]}]}', false],
    ['{"$or":[{"$or":[]},{"$and":[]}]}', true],
    ['{"$eq":["$balance",-10]}', true],
    ['{"$eq":[-10,"$balance"]}', true],
    ['{"$gt":["$balance",-10]}', false],
    ['{"$gt":["$balance",-11]}', true],
    ['{"$gte":["$balance",-10]}', true],
    ['{"$gte":["$balance",-9]}', false],
    ['{"$lt":["$balance",-10]}', false],
    ['{"$lt":["$balance",-9]}', true],
    ['{"$lte":["$balance",-10]}', true],
    ['{"$lte":["$balance",-11]}', false],
    ['{"$gt":["$balance",-123456789012345678901234567890]}', true],
    ['{"$eq":[{"$meta":"text"},"gold"]}', true],
    ['{"$eq":[{"$meta":"text"},"silver"]}', false],
    ['{"$eq":[{"$meta":"yes"},true]}', true],
    ['{"$eq":[{"$meta":"absent"},null]}', true],
    ['{"$eq":[{"$meta":"toString"},null]}', true],
    ['{"$eq":[{"$meta":"list"},["a",1]]}', true],
    ['{"$eq":[{"$meta":"object"},{"$meta":"object"}]}', true],
    // A number in metadata is not a number of the ledger, as in v1.10.
    ['{"$eq":[{"$meta":"number"},5]}', false],
    ['{"$gte":[{"$meta":"number"},5]}', false],
    ['{"$gte":["$balance",{"$meta":"absent"}]}', false],
    ['{"$or":[{"$gte":["$balance",0]},{"$eq":[{"$meta":"yes"},true]}]}', true],
  ])('is judged: %s is %s', (expression, holds) => {
    expect(allows([contract('*', parseJson(expression))], -10n, metadata)).toBe(holds);
  });

  test.each([
    ['null', 'malformed expression'],
    ['true', 'malformed expression'],
    ['[]', 'malformed expression'],
    ['"$balance"', 'malformed expression'],
    ['{}', 'malformed expression'],
    ['{"$and":[],"$or":[]}', 'malformed expression'],
    ['{"$meta":"k"}', 'unknown operator "$meta"'],
    ['{"$ne":["$balance",0]}', 'unknown operator "$ne"'],
    ['{"toString":["$balance",0]}', 'unknown operator "toString"'],
    ['{"$and":{}}', '$and takes an array'],
    ['{"$and":[true]}', 'malformed expression'],
    ['{"$gte":"$balance"}', '$gte takes an array'],
    ['{"$gte":["$balance"]}', '$gte takes two values'],
    ['{"$eq":[1,2,3]}', '$eq takes two values'],
    ['{"$gte":["$amount",0]}', 'unknown variable "$amount"'],
    ['{"$eq":["$balance",1.5]}', 'only integer supported'],
    ['{"$gte":["$balance","0"]}', '"0" cannot be compared by order'],
    ['{"$gte":["$balance",null]}', 'null cannot be compared by order'],
    ['{"$eq":[{"$and":[]},true]}', 'a value is a scalar or {"$meta": "key"}'],
    ['{"$eq":[{"$meta":1},true]}', 'a value is a scalar or {"$meta": "key"}'],
  ])('is refused: %s', (expression, message) => {
    expect(checkMapping({ contracts: [contract('*', parseJson(expression))] })).toBe(
      `invalid mapping: contract 0: ${message}`,
    );
  });
});

test('a mapping is refused for a bad pattern, or for too many contracts', () => {
  expect(checkMapping({ contracts: [contract('*', always), contract('(', always)] })).toBe(
    'invalid mapping: contract 1: an account pattern does not close a group',
  );
  expect(checkMapping({ contracts: Array.from({ length: 257 }, () => contract('*', always)) })).toBe(
    'invalid mapping: it has more than 256 contracts',
  );
  expect(checkMapping({ contracts: Array.from({ length: 30 }, () => contract('^a{50}$', always)) })).toBe(
    'invalid mapping: its account patterns are too complex together',
  );
  const long: Json = { $or: Array.from({ length: 1_000 }, () => ({ $lt: ['$balance', -1] })) };
  expect(checkMapping({ contracts: [contract('*', long)] })).toBe(
    'invalid mapping: contract 0: its expression is longer than 16384 characters',
  );
  expect(checkMapping({ contracts: Array.from({ length: 256 }, () => contract('users:*', always)) })).toBeUndefined();
  expect(checkMapping({ contracts: null })).toBeUndefined();
});
