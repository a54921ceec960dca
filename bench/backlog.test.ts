import { committedTransactions, writeVolumes } from '@daybook/events';
import { expect, it } from 'vitest';
import { Backlog, eventBody } from './backlog.ts';

it('rounds the rows up so that every lane has as many', () => {
  expect(new Backlog({ rows: 8_001, lanes: 64 }).rows).toBe(16_000);
  expect(new Backlog({ rows: 1_000_000, lanes: 1 }).rows).toBe(1_000_000);
});

it.each([1, 64])('numbers the events of each ledger from 1, without gaps, over %i lanes', (lanes) => {
  const backlog = new Backlog({ rows: 16_000, lanes });
  const last = new Map<string, number>();
  let rows = 0;
  let gaps = 0;
  for (const slice of backlog.slices()) {
    for (const { ledger, eventSequence } of slice.rows) {
      if (eventSequence !== (last.get(ledger) ?? 0) + 1) gaps += 1;
      last.set(ledger, eventSequence);
      rows += 1;
    }
  }
  expect(gaps).toBe(0);
  expect(rows).toBe(16_000);
  expect(last).toEqual(backlog.eventsByLedger);
});

it('writes the body that the ledger would write', () => {
  const pair = (account: string, after: { input: bigint; output: bigint }) => ({
    account,
    asset: 'EUR/2',
    before: { input: 0n, output: 0n },
    after,
  });
  const written = committedTransactions(
    { format: 'v1.4', ledger: 'bench-3-1', date: '2026-01-01T00:00:00.123456Z' },
    [
      {
        txid: 4,
        postings: '[{"source":"world","destination":"users:31676","amount":100,"asset":"EUR/2"}]',
        reference: '"order-4"',
        metadata: '{"channel":"web"}',
        preCommitVolumes: '{}',
        postCommitVolumes: '{}',
        timestamp: '2026-01-01T00:00:00Z',
      },
    ],
    writeVolumes([pair('world', { input: 0n, output: 500n }), pair('users:31676', { input: 100n, output: 0n })]),
  );
  expect(eventBody('bench-3-1', 5)).toBe(written.body);
  expect(Buffer.byteLength(written.body)).toBeGreaterThan(380);
  expect(Buffer.byteLength(written.body)).toBeLessThan(420);
});
