import { expect, test } from 'vitest';
import { balancesOf, balancesOfAnswer } from './topic-balances.ts';

function body(...postings: [source: string, destination: string, amount: string, asset: string][]): string {
  const texts = postings.map(
    ([source, destination, amount, asset]) =>
      `{"source":"${source}","destination":"${destination}","amount":${amount},"asset":"${asset}"}`,
  );
  return `{"type":"COMMITTED_TRANSACTIONS","payload":{"transactions":[{"postings":[${texts.join(',')}]}]}}`;
}

test('a balance is what came in minus what went out, by asset', () => {
  const balances = balancesOf([
    body(['world', 'a', '100', 'EUR'], ['a', 'b', '30', 'EUR']),
    body(['world', 'a', '5', 'USD'], ['a', 'a', '7', 'EUR']),
  ]);
  expect(balances.get('a')).toEqual(
    new Map([
      ['EUR', 70n],
      ['USD', 5n],
    ]),
  );
  expect(balances.get('b')).toEqual(new Map([['EUR', 30n]]));
  expect(balances.get('world')).toEqual(
    new Map([
      ['EUR', -100n],
      ['USD', -5n],
    ]),
  );
});

test('amounts of any size are exact', () => {
  const amount = '123456789012345678901234567890';
  expect(balancesOf([body(['world', 'a', amount, 'X'])]).get('a')).toEqual(new Map([['X', BigInt(amount)]]));
  expect(balancesOfAnswer(`{"data":{"balances":{"X":-${amount}}}}`)).toEqual(new Map([['X', -BigInt(amount)]]));
});

test.each([
  ['no payload', '{}'],
  ['a text for an amount', body(['world', 'a', '"1"', 'X'])],
  ['a fraction', body(['world', 'a', '1.5', 'X'])],
  ['postings that are no list', '{"payload":{"transactions":[{"postings":{}}]}}'],
])('%s is refused', (_what, text) => {
  expect(() => balancesOf([text])).toThrow(TypeError);
});
