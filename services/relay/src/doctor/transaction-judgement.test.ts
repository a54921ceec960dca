import { describe, expect, it } from 'vitest';
import type { OpenTransaction } from './catalog.ts';
import { judgePrepared, judgeSlots, judgeTransactions } from './transaction-judgement.ts';

const transaction = (changes: Partial<OpenTransaction>): OpenTransaction => ({
  pid: 4_711,
  role: 'someone',
  application: 'psql',
  address: '10.0.0.1/32',
  state: 'active',
  ageSeconds: 1,
  ...changes,
});

const all = { ageMaxSeconds: 300, canSeeAll: true };
const own = { ageMaxSeconds: 300, canSeeAll: false };
const idle = 'idle in transaction';
const aborted = 'idle in transaction (aborted)';

describe('old snapshots', () => {
  it.each([
    ['none', [], all, 'ok', 'no transaction is open'],
    ['a young one', [transaction({})], all, 'ok', 'is active, its transaction open for 1 s'],
    ['a young idle one', [transaction({ state: idle })], all, 'ok', 'pid 4711'],
    ['a statement at work', [transaction({ ageSeconds: 100 })], all, 'ok', 'pid 4711'],
    [
      'an idle one',
      [transaction({ state: idle, ageSeconds: 7 })],
      all,
      'warn',
      'pid 4711 (role someone, application psql',
    ],
    ['an idle one that failed', [transaction({ state: aborted, ageSeconds: 7 })], all, 'warn', aborted],
    ['an old one', [transaction({ ageSeconds: 301 })], all, 'fail', '301 s'],
    ['an old idle one', [transaction({ state: idle, ageSeconds: 9_000 })], all, 'fail', '9000 s'],
    ['none of its own', [], own, 'skipped', 'hidden'],
    ['an old one of its own', [transaction({ ageSeconds: 301 })], own, 'fail', '301 s'],
  ])('%s', (_, transactions, limits, status, found) => {
    expect(judgeTransactions(transactions, limits)).toMatchObject({ status, found: expect.stringContaining(found) });
  });

  it('are mended by a statement that names the session', () => {
    const finding = judgeTransactions([transaction({ state: idle, ageSeconds: 7 })], all);
    expect(finding).toHaveProperty('mend', expect.stringContaining('select pg_terminate_backend(4711);'));
  });

  it.each([
    ['none prepared', judgePrepared([], 300), 'ok', 'no transaction'],
    ['one prepared', judgePrepared([{ gid: 'g', owner: 'o', ageSeconds: 1 }], 300), 'warn', 'g of o'],
    ['one forgotten', judgePrepared([{ gid: 'g', owner: 'o', ageSeconds: 400 }], 300), 'fail', '400 s ago'],
    ['no slot', judgeSlots([]), 'ok', 'no replication slot'],
    ['a slot that is read', judgeSlots([{ name: 's', isActive: true, keptBytes: 0 }]), 'ok', '1 slots'],
    ['a slot that is not', judgeSlots([{ name: 's', isActive: false, keptBytes: 0 }]), 'warn', 'read by nobody'],
    ['a slot far behind', judgeSlots([{ name: 's', isActive: true, keptBytes: 3e9 }]), 'warn', 'read slowly'],
  ])('%s', (_, finding, status, found) => {
    expect(finding).toMatchObject({ status, found: expect.stringContaining(found) });
  });
});
