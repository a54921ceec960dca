import type { StoredRow } from '@daybook/outbox';
import { createBackoff } from '@daybook/runtime';
import { expect, it } from 'vitest';
import { OwnedLane } from './owned-lane.ts';

const at = '2026-01-01 00:00:00+00';

const row = (seq: number): StoredRow => ({
  lane: 3,
  seq,
  at,
  eventId: `event ${seq}`,
  type: 'COMMITTED_TRANSACTIONS',
  ledger: 'books',
  eventSequence: seq,
  key: 'books',
  headers: null,
  body: '{}',
  bytes: 2,
});

it('a lane remembers of the rows that are left out only those that lie ahead', () => {
  const lane = new OwnedLane(
    { position: { lane: 3, seq: 0, at }, held: [], setAside: [], isPaused: false },
    createBackoff({ baseMs: 1, maxMs: 1 }),
  );
  for (let seq = 1; seq <= 5; seq += 1) {
    expect(lane.setAside(seq)).toBe(true);
    expect([1, 2, 3, 4, 5].filter((each) => lane.isSetAside(row(each)))).toEqual([seq]);
    const slice = lane.progress.take([row(seq)]);
    if (slice === 'hole') throw new Error('a hole');
    lane.progress.begin(slice);
    lane.progress.land(slice);
  }
});
