import { expect, test } from 'vitest';
import { difference, Matching } from './difference.ts';

const evenText = new Matching('an even text', { example: 'ab', accepts: (text) => String(text).length % 2 === 0 });

test.for([
  [1n, 1n],
  [
    { a: 1n, b: [null, { c: 'x' }] },
    { b: [null, { c: 'x' }], a: 1n },
  ],
  [
    [evenText, evenText],
    ['ab', ''],
  ],
  [undefined, undefined],
])('%o is as expected', ([expected, actual]) => {
  expect(difference(expected, actual)).toBeUndefined();
});

test.for([
  [1n, 2n, 'the value should be 1n and is 2n'],
  [1n, 1, 'the value should be 1n and is 1'],
  [1n, '1', "the value should be 1n and is '1'"],
  [10n ** 30n, 10n ** 30n + 1n, 'and is 1000000000000000000000000000001n'],
  [{ a: 1n }, {}, 'a should be 1n and is nothing'],
  [{}, { a: null }, 'a should be nothing and is null'],
  [{ a: undefined }, {}, 'a should be undefined and is nothing'],
  [{ a: { b: [1n, 2n] } }, { a: { b: [1n, 3n] } }, 'a.b[1] should be 2n and is 3n'],
  [[1n], [1n, 2n], '[1] should be nothing and is 2n'],
  [[1n, 2n], [1n], '[1] should be 2n and is nothing'],
  [[], {}, 'the value should be [] and is {}'],
  [{}, null, 'the value should be {} and is null'],
  [{ a: evenText }, { a: 'abc' }, "a should be an even text and is 'abc'"],
])('%o is not %o: %s', ([expected, actual, told]) => {
  expect(difference(expected, actual)).toContain(told);
});
