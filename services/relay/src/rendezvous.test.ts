import { assert, property, string, uniqueArray } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ownerOf } from './rendezvous.ts';

const members = uniqueArray(string({ minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 8 });
const lanes = Array.from({ length: 64 }, (_, lane) => lane);

describe('ownerOf', () => {
  it('gives every lane to exactly one member, whatever the order they are listed in', () => {
    assert(
      property(members, (living) => {
        for (const lane of lanes) {
          const owner = ownerOf(lane, living);
          expect(living).toContain(owner);
          expect(ownerOf(lane, living.toReversed())).toBe(owner);
        }
      }),
    );
  });

  it('moves lanes only to a newcomer, and only from one who left', () => {
    assert(
      property(members, string({ minLength: 13, maxLength: 16 }), (living, newcomer) => {
        for (const lane of lanes) {
          const before = ownerOf(lane, living);
          const after = ownerOf(lane, [...living, newcomer]);
          expect([before, newcomer]).toContain(after);
        }
      }),
    );
  });

  it('gives nobody a lane when nobody lives', () => {
    expect(ownerOf(0, [])).toBeUndefined();
  });

  it('spreads lanes fairly', () => {
    const many = Array.from({ length: 4_000 }, (_, lane) => lane);
    const counts = Object.values(Object.groupBy(many, (lane) => ownerOf(lane, ['a', 'b', 'c', 'd']) ?? ''));
    for (const count of counts) expect(Math.abs((count?.length ?? 0) - 1_000)).toBeLessThan(150);
  });
});
