import { expect, test } from 'vitest';
import { isAddress } from '@daybook/events';
import { checkBatch, checkDraft, checkPosting } from './posting-form.ts';
import { draft, posting } from './testing/commands.ts';

test.each([
  ['world', true],
  ['users:001', true],
  ['a:b_c:9', true],
  ['_', true],
  ['a'.repeat(1024), true],
  ['a'.repeat(1025), false],
  ['', false],
  ['a:', false],
  [':a', false],
  ['a::b', false],
  ['a-b', false],
  ['a b', false],
  ['é', false],
  ['a\n', false],
])('knows whether %.20j is an address: %s', (address, isOne) => {
  expect(isAddress(address)).toBe(isOne);
});

test.each([
  ['negative before all else', { source: '', destination: '', amount: -1n, asset: '' }, 'negative amount'],
  ['source before destination', { source: 'a-b', destination: '', amount: 0n, asset: '' }, 'invalid source address'],
  [
    'destination before asset',
    { source: 'a', destination: 'a:', amount: 0n, asset: '' },
    'invalid destination address',
  ],
  ['asset', { source: 'a', destination: 'b', amount: 0n, asset: '' }, 'invalid asset'],
  ['digits', posting('a -> b', 10n ** 1000n), 'amount of more than 1000 digits'],
  ['length', posting(`${'a'.repeat(1025)} -> b`), 'invalid source address: it is longer than 1024 characters'],
  ['nothing', posting('a -> b', 10n ** 1000n - 1n), undefined],
])('checks a posting: %s', (_name, checked, message) => {
  expect(checkPosting(checked)).toBe(message);
});

test.each([
  ['A', true],
  ['EUR/2', true],
  ['F9', true],
  ['AAAAAAAAAAAAAAAAA/123456', true],
  ['AAAAAAAAAAAAAAAAAA', false],
  ['USD/1234567', false],
  ['USD/', false],
  ['9A', false],
  ['usd', false],
])('knows whether %s is an asset: %s', (asset, isOne) => {
  expect(checkPosting(posting('a -> b', 1, asset)) === undefined).toBe(isOne);
});

const bad = posting('a -> b', -1);
const long = 'é'.repeat(513);

test('names what is wrong with a draft as v1 does', () => {
  expect(checkDraft(draft([posting('a -> b'), bad]))).toBe('invalid posting 1: negative amount');
  expect(checkDraft(draft(posting('a -> b'), { reference: long }))).toBe(
    'invalid reference: it is 1026 bytes long, the limit is 1024',
  );
  expect(checkDraft(draft(posting('a -> b'), { reference: 'r' }))).toBeUndefined();
});

test('names what is wrong with a batch as v1 does', () => {
  expect(checkBatch([])).toBe('no transaction to insert');
  expect(checkBatch([draft(posting('a -> b')), draft([])])).toBe('invalid transaction 1: no postings');
  expect(checkBatch([draft([posting('a -> b'), bad])])).toBe('invalid transaction 0: posting 1: negative amount');
  expect(checkBatch([draft(posting('a -> b'), { reference: long })])).toBe(
    'invalid transaction 0: invalid reference: it is 1026 bytes long, the limit is 1024',
  );
  expect(checkBatch([draft(posting('a -> b'))])).toBeUndefined();
});
