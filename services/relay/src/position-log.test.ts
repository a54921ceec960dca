import type { Position } from '@daybook/outbox';
import { describe, expect, it } from 'vitest';
import { PositionLog, type Statement } from './position-log.ts';

const position = (lane: number, seq: number): Position => ({ lane, seq, at: '2026-01-01 00:00:00+00' });

const none = () => [];

/** A database that answers when told to. */
function stage() {
  const statements: (Statement & { readonly answer: (refused: readonly number[] | undefined) => void })[] = [];
  const refusals: (readonly number[])[] = [];
  const appended: Position[] = [];
  const log = new PositionLog({
    append: (statement) => new Promise((answer) => statements.push({ ...statement, answer })),
    onRefused: (lanes) => refusals.push(lanes),
    onAppended: (positions) => appended.push(...positions),
  });
  return { statements, appended, refusals, log };
}

describe('PositionLog', () => {
  it('states the first at once, and together those of meanwhile, of each lane the greatest', async () => {
    const { statements, appended, log } = stage();
    log.state(position(1, 10), none);
    log.state(position(1, 20), none);
    log.state(position(2, 5), none);
    log.state(position(1, 15), none);
    expect(statements.map(({ positions }) => positions)).toEqual([[position(1, 10)]]);
    const stated = log.stated();
    statements[0]?.answer([]);
    await log.takenUp();
    expect(statements[1]?.positions).toEqual([position(1, 20), position(2, 5)]);
    expect(appended).toEqual([position(1, 10)]);
    statements[1]?.answer([]);
    await stated;
    expect(appended).toHaveLength(3);
  });

  it('names the keys that are held by the time of the statement, and tells which lanes were refused', async () => {
    const { statements, appended, refusals, log } = stage();
    const held: string[] = [];
    log.state(position(1, 10), none);
    log.state(position(1, 20), () => held);
    log.state(position(2, 5), none, { mustExist: true });
    held.push('main');
    statements[0]?.answer([]);
    await log.takenUp();
    expect(statements[1]).toMatchObject({ held: [{ lane: 1, key: 'main' }], mustExist: true });
    statements[1]?.answer([1]);
    await log.stated();
    expect(refusals).toEqual([[1]]);
    expect(appended).toEqual([position(1, 10), position(2, 5)]);
  });

  it('asks that the row exists, also of a position that waits already', async () => {
    const { statements, log } = stage();
    log.state(position(1, 10), none);
    log.state(position(1, 20), none);
    log.state(position(1, 20), none, { mustExist: true });
    statements[0]?.answer([]);
    await log.takenUp();
    expect(statements[1]).toMatchObject({ positions: [position(1, 20)], mustExist: true });
  });

  it('lets go of what cannot be stated any more', async () => {
    const { statements, appended, log } = stage();
    log.state(position(1, 10), none);
    log.state(position(1, 20), none);
    statements[0]?.answer(undefined);
    await log.stated();
    expect(statements).toHaveLength(1);
    expect(appended).toEqual([]);
  });
});
