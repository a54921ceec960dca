import { parseJson } from '@daybook/events';
import { describe, expect, it } from 'vitest';
import { givenState } from './given-state.ts';

const fee = { type: 'portion', value: '90%' };

describe('givenState', () => {
  it.each([
    { account: 'alice', asset: 'USD/2', balance: 100n },
    { account: 'alice', asset: 'EUR', balance: -123456789012345678901234567890n },
    { account: 'alice', asset: 'GBP', balance: 0n },
    { account: 'bob', asset: 'USD/2', balance: 0n },
  ])('has $balance as the balance of $account in $asset', ({ account, asset, balance }) => {
    const balances = { alice: { 'USD/2': 100, EUR: parseJson('-123456789012345678901234567890') } };
    expect(givenState({ balances, metadata: {} }).balance(account, asset)).toBe(balance);
  });

  it('has metadata by account', () => {
    const given = givenState({ balances: {}, metadata: { alice: { fee } } });
    expect([given.metadata('alice'), given.metadata('bob')]).toEqual([{ fee }, {}]);
  });

  it.each([
    {
      given: { balances: { 'a b': {} } },
      message: '--balances: "a b" is not the address of an account',
    },
    { given: { balances: { alice: 100 } }, message: '--balances: the value of alice must be a JSON object' },
    { given: { balances: { alice: { usd: 1 } } }, message: '--balances: "usd" of alice is not an asset' },
    { given: { balances: { alice: { USD: 1.5 } } }, message: '--balances: USD of alice must be an integer' },
    { given: { balances: { alice: { USD: '1' } } }, message: '--balances: USD of alice must be an integer' },
    { given: { metadata: { '': {} } }, message: '--metadata: "" is not the address of an account' },
    { given: { metadata: { alice: [] } }, message: '--metadata: the value of alice must be a JSON object' },
  ])('says "$message"', ({ given, message }) => {
    expect(() => givenState({ balances: {}, metadata: {}, ...given })).toThrow(message);
  });
});
