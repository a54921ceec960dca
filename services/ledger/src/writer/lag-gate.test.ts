import type { LaneLag } from '@daybook/outbox';
import { expect, it } from 'vitest';
import { LagGate } from './lag-gate.ts';

/** A gate whose lanes have these lags, look after look; an error is a look that fails. */
function gateOver(...looks: readonly (readonly number[] | Error)[]) {
  const said: string[] = [];
  const left = [...looks];
  let nowMs = 0;
  const gate = new LagGate({
    lagSecondsMax: 5,
    lags: () => {
      const next = left.shift() ?? [];
      if (next instanceof Error) return Promise.reject(next);
      return Promise.resolve(next.map((lagSeconds, lane): LaneLag => ({ lane, position: 0, head: 0, lagSeconds })));
    },
    observer: {
      lagGateMoved: ({ lanes, lagSeconds }) => said.push(`${lanes.join(' ')} at ${lagSeconds}`),
      lagUnknown: () => said.push('unknown'),
    },
    now: () => nowMs,
  });
  return { gate, said, pass: (ms: number) => (nowMs += ms) };
}

it('closes lanes past the limit, each for itself, and opens them again', async () => {
  const { gate, said } = gateOver([5, 5.1, 0], [9, 9, 0], [9, 9, 0], [0, 5, 0]);
  expect(gate.isClosed(1)).toBe(false);
  await gate.look();
  expect([0, 1, 2].map((lane) => gate.isClosed(lane))).toEqual([false, true, false]);
  await gate.look();
  await gate.look();
  expect([0, 1, 2].map((lane) => gate.isClosed(lane))).toEqual([true, true, false]);
  await gate.look();
  expect([0, 1, 2].map((lane) => gate.isClosed(lane))).toEqual([false, false, false]);
  expect(said).toEqual(['1 at 5.1', '0 1 at 9', ' at 5']);
});

it('keeps its last answer for some seconds when it cannot look, says so once, and then lets writes pass', async () => {
  const absent = new Error('away');
  const { gate, said, pass } = gateOver([9], absent, absent, [9]);
  await gate.look();
  pass(9_000);
  await gate.look();
  expect(gate.isClosed(0)).toBe(true);
  pass(2_000);
  await gate.look();
  expect(gate.isClosed(0)).toBe(false);
  await gate.look();
  expect(gate.isClosed(0)).toBe(true);
  expect(said).toEqual(['0 at 9', 'unknown']);
});

it('looks once at a time', async () => {
  const waiting = Promise.withResolvers<readonly LaneLag[]>();
  let looks = 0;
  const gate = new LagGate({
    lagSecondsMax: 5,
    lags: async () => {
      looks += 1;
      return await waiting.promise;
    },
    observer: {},
  });
  const both = [gate.look(), gate.look()];
  waiting.resolve([]);
  await Promise.all(both);
  expect(looks).toBe(1);
});

it('fails its start when the first look fails', async () => {
  await expect(gateOver(new Error('permission denied')).gate.start()).rejects.toThrow('permission denied');
});
