import { expect, it } from 'vitest';
import { amount, funds } from './request-body.ts';
import { answeredOf, nothingAnswered, requestsOf, sumOf } from './workload.ts';

it('prepares nothing for writes from world', () => {
  for (const workload of [{ kind: 'single' }, { kind: 'script' }, { kind: 'batch', transactions: 2 }] as const) {
    const requests = requestsOf(workload, 'bank');
    expect(requests.preparations).toBe(0);
    expect(requests.next().path).toMatch(/^\/bank\/transactions/);
  }
});

it('funds every account once before transfers, each from an account to another', () => {
  const requests = requestsOf({ kind: 'transfers', accounts: 1_001 }, 'bank');
  const funded = Array.from({ length: requests.preparations }, (_, index) => requests.preparation(index)).flatMap(
    ({ path, body }) => {
      expect(path).toBe('/bank/transactions/batch');
      const { transactions }: { transactions: { postings: { destination: string }[] }[] } = JSON.parse(body ?? '');
      return transactions.map(({ postings }) => postings[0]?.destination);
    },
  );
  expect(funded).toEqual(Array.from({ length: 1_001 }, (_, index) => `users:${index}`));
  for (let count = 0; count < 100; count += 1) {
    const [posting] = JSON.parse(requests.next().body ?? '').postings;
    expect(funded).toContain(posting.source);
    expect(funded).toContain(posting.destination);
    expect(posting.source).not.toBe(posting.destination);
  }
});

it('writes to every ledger once before it writes to any at random', () => {
  const requests = requestsOf({ kind: 'ledgers', ledgers: 3 }, 'many');
  const paths = [0, 1, 2].map((index) => requests.preparation(index).path);
  expect(paths).toEqual(['/many-0/transactions', '/many-1/transactions', '/many-2/transactions']);
  expect(requests.preparations).toBe(3);
  expect(paths).toContain(requests.next().path);
});

it('knows what answered requests leave', () => {
  const moved = BigInt(amount);
  expect(answeredOf({ kind: 'single' }, { prepared: 0, others: 2 })).toEqual({
    transactions: 2,
    events: 2,
    moved: 2n * moved,
    issued: 2n * moved,
  });
  expect(answeredOf({ kind: 'batch', transactions: 50 }, { prepared: 0, others: 2 })).toMatchObject({
    transactions: 100,
    events: 2,
  });
  expect(answeredOf({ kind: 'ledgers', ledgers: 3 }, { prepared: 3, others: 2 })).toMatchObject({
    transactions: 5,
    events: 5,
    issued: 5n * moved,
  });
  const funded = 1_000n * BigInt(funds);
  expect(answeredOf({ kind: 'transfers', accounts: 1_000 }, { prepared: 2, others: 7 })).toEqual({
    transactions: 1_007,
    events: 9,
    moved: funded + 7n * moved,
    issued: funded,
  });
});

it('asks for one and the same page', () => {
  const requests = requestsOf({ kind: 'page', page: 'logs?after=5' }, 'bank');
  expect(requests.preparations).toBe(0);
  expect([requests.next(), requests.next()]).toEqual([{ path: '/bank/logs?after=5' }, { path: '/bank/logs?after=5' }]);
  expect(answeredOf({ kind: 'page', page: 'logs' }, { prepared: 0, others: 3 })).toEqual(nothingAnswered);
});

it('adds up what several loads leave', () => {
  const one = answeredOf({ kind: 'single' }, { prepared: 0, others: 2 });
  expect(sumOf(nothingAnswered, one)).toEqual(one);
  expect(sumOf(one, one)).toEqual(answeredOf({ kind: 'single' }, { prepared: 0, others: 4 }));
});
