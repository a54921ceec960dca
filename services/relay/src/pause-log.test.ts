import type { Pause } from '@daybook/outbox';
import { createLogger } from '@daybook/runtime';
import { expect, it } from 'vitest';
import { PauseLog } from './pause-log.ts';

const pauseOf = (scope: Pause['scope'], target: string, pausedAt = '2026-11-24T09:30:00.000000Z'): Pause => ({
  scope,
  target,
  pausedBy: 'ada',
  why: 'to see',
  pausedAt,
});

function logs() {
  const lines: unknown[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
  return { lines, log: new PauseLog(createLogger({ service: 'relay', level: 'info', destination })) };
}

it('says once that something is paused, by whom and why, and once that it is over', () => {
  const { lines, log } = logs();
  const [all, lane] = [pauseOf('all', ''), pauseOf('lane', '7')];
  for (const pauses of [[], [all], [all], [all, lane], [lane], [lane], [], []]) log.note(pauses);
  const [paused, over] = ['operators paused publishing', 'operators ended pauses'];
  expect(lines).toMatchObject([
    { msg: paused, count: 1, pauses: [{ what: 'all', by: 'ada', why: 'to see' }] },
    { msg: paused, count: 1, pauses: [{ what: 'lane 7' }] },
    { msg: over, count: 1, pauses: ['all'] },
    { msg: over, count: 1, pauses: ['lane 7'] },
  ]);
});

it('says anew what is paused anew, and does not show thousands', () => {
  const { lines, log } = logs();
  const ledgers = Array.from({ length: 5_000 }, (_, index) => pauseOf('ledger', `ledger-${index}`));
  log.note(ledgers);
  log.note([...ledgers.slice(1), pauseOf('ledger', 'ledger-0', '2026-11-24T09:31:00.000000Z')]);
  expect(lines).toMatchObject([
    { count: 5_000, pauses: { length: 20 } },
    { count: 1, pauses: [{ what: 'ledger ledger-0' }] },
  ]);
});
