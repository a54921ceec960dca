import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { RecentMap } from './recent-map.ts';

/** What was done to a map, and to the model of it: the last turn at which each key was set or asked for. */
type Step = { readonly kind: 'set' | 'get' | 'has'; readonly key: number } | { readonly kind: 'turn' };

const key = fc.integer({ min: 0, max: 5 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('set', 'get', 'has'), key }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'turn' } as const) },
);

test('has what was set or asked for since the turn before the last, with the value that was set last', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const map = new RecentMap<number, number>();
      const model = new Map<number, { value: number; turn: number }>();
      let turn = 0;
      for (const [index, taken] of steps.entries()) {
        if (taken.kind === 'turn') {
          map.turn();
          turn += 1;
          continue;
        }
        if (taken.kind === 'set') {
          map.set(taken.key, index);
          model.set(taken.key, { value: index, turn });
          continue;
        }
        const known = model.get(taken.key);
        const expected = known !== undefined && known.turn >= turn - 1 ? known : undefined;
        const found = taken.kind === 'has' ? map.has(taken.key) : map.get(taken.key);
        expect(found).toBe(taken.kind === 'has' ? expected !== undefined : expected?.value);
        if (taken.kind === 'get' && expected !== undefined) expected.turn = turn;
      }
    }),
    { numRuns: 1_000 },
  );
});

test('keeps a value that is undefined for two turns, whether it is asked for or not', () => {
  const map = new RecentMap<string, number | undefined>();
  map.set('none', undefined);
  map.turn();
  expect(map.get('none')).toBeUndefined();
  expect(map.has('none')).toBe(true);
  map.turn();
  expect(map.has('none')).toBe(false);
});

test('counts what it holds in both generations, and what is written to', () => {
  const map = new RecentMap<string, number>();
  map.set('a', 1);
  map.set('b', 2);
  map.turn();
  map.set('c', 3);
  expect([map.size, map.youngSize]).toEqual([3, 1]);
});
