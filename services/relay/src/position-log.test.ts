import type { Position } from '@daybook/outbox';
import { describe, expect, it } from 'vitest';
import { PositionLog } from './position-log.ts';

const position = (lane: number, seq: number): Position => ({ lane, seq, at: '2026-01-01 00:00:00+00' });

/** A database that answers when told to. */
function stage() {
  const statements: { readonly positions: readonly Position[]; readonly answer: (isDone: true | undefined) => void }[] =
    [];
  const appended: Position[] = [];
  const log = new PositionLog({
    append: (positions) => new Promise((answer) => statements.push({ positions, answer })),
    onAppended: (positions) => appended.push(...positions),
  });
  return { statements, appended, log };
}

describe('PositionLog', () => {
  it('states the first at once, and together those of meanwhile, of each lane the greatest', async () => {
    const { statements, appended, log } = stage();
    log.state(position(1, 10));
    log.state(position(1, 20));
    log.state(position(2, 5));
    log.state(position(1, 15));
    expect(statements.map(({ positions }) => positions)).toEqual([[position(1, 10)]]);
    const stated = log.stated();
    statements[0]?.answer(true);
    await log.takenUp();
    expect(statements[1]?.positions).toEqual([position(1, 20), position(2, 5)]);
    expect(appended).toEqual([position(1, 10)]);
    statements[1]?.answer(true);
    await stated;
    expect(appended).toHaveLength(3);
  });

  it('lets go of what cannot be stated any more', async () => {
    const { statements, appended, log } = stage();
    log.state(position(1, 10));
    log.state(position(1, 20));
    statements[0]?.answer(undefined);
    await log.stated();
    expect(statements).toHaveLength(1);
    expect(appended).toEqual([]);
  });
});
