import { expect, it } from 'vitest';
import { amount, requestBody, singleBody } from './request-body.ts';

it('writes postings, alone and in a batch', () => {
  const transaction = {
    postings: [{ source: 'world', destination: expect.stringMatching(/^users:\d+$/), amount, asset: 'EUR/2' }],
  };
  expect(JSON.parse(requestBody(1, 'postings'))).toEqual(transaction);
  expect(JSON.parse(requestBody(2, 'postings'))).toEqual({ transactions: [transaction, transaction] });
});

it('writes scripts of one text, whose variables say what is moved to whom', () => {
  const scripts = [1, 2].map((user) => JSON.parse(singleBody('script', user)).script);
  expect(scripts.map(({ vars }) => vars)).toEqual([
    { user: 'users:1', sum: { asset: 'EUR/2', amount } },
    { user: 'users:2', sum: { asset: 'EUR/2', amount } },
  ]);
  expect(scripts[0].plain).toBe(scripts[1].plain);
  expect(JSON.parse(requestBody(1, 'script')).script.plain).toBe(scripts[0].plain);
});
