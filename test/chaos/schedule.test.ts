import { expect, test } from 'vitest';
import { faultKinds, faultRules } from './fault-kind.ts';
import { claimsOf, places, planSchedule, planShort, type Schedule } from './schedule.ts';

function plan(count: number, seed = 5): Schedule[] {
  return Array.from({ length: count }, (_, number) => planSchedule(seed, number));
}

test('a schedule follows from seed and number alone', () => {
  expect(plan(30)).toEqual(plan(30));
  expect(planSchedule(5, 17)).toEqual(plan(18).at(-1));
  expect(plan(30, 5)).not.toEqual(plan(30, 6));
});

test('as many schedules in a row as there are kinds have each kind, whatever the seed', () => {
  for (const seed of [0, 1, 2 ** 32 - 1]) {
    for (const from of [0, faultKinds.length]) {
      const schedules = faultKinds.map((_, index) => planSchedule(seed, from + index));
      const kinds = new Set(schedules.flatMap(({ steps }) => steps.map(({ kind }) => kind)));
      expect([...kinds].sort()).toEqual([...faultKinds].sort());
    }
  }
});

test('the short set has every kind but the disk, follows from its seed, and kills often', () => {
  const kinds = planShort(3, 4).flatMap(({ steps }) => steps.map(({ kind }) => kind));
  expect([...new Set(kinds)].sort()).toEqual(faultKinds.filter((kind) => kind !== 'disk-read-only').toSorted());
  expect(kinds.filter((kind) => /killed|quit/.test(kind)).length).toBeGreaterThanOrEqual(15);
  expect(planShort(3, 4)).toEqual(planShort(3, 4));
  expect(planShort(3, 4)).not.toEqual(planShort(4, 4));
});

test('every step is within the bounds of its kind', () => {
  for (const { steps } of plan(200)) {
    expect(steps.length).toBeGreaterThanOrEqual(2);
    expect(steps.length).toBeLessThanOrEqual(5);
    for (const { kind, place, durationMs, pauseMs, delayMs } of steps) {
      const [least, most] = faultRules[kind].durationMs;
      expect(durationMs).toBeGreaterThanOrEqual(least);
      expect(durationMs).toBeLessThanOrEqual(most);
      expect(place).toBeLessThan(faultRules[kind].place === 'none' ? 1 : places[faultRules[kind].place]);
      expect(pauseMs).toBeLessThanOrEqual(900);
      expect(delayMs > 0).toBe(kind.endsWith('-slow'));
    }
  }
});

test('a schedule has one long fault at most besides the one that leads it', () => {
  for (const { steps } of plan(200)) {
    expect(steps.filter(({ kind }) => faultRules[kind].isLong).length).toBeLessThanOrEqual(2);
  }
});

test('no two schedules write to the same ledger', () => {
  const ledgers = plan(100).flatMap((schedule) => schedule.ledgers);
  expect(new Set(ledgers).size).toBe(ledgers.length);
});

test.for([
  { kind: 'relay-killed', place: 1, other: 'relay-paused', otherPlace: 1, meet: true },
  { kind: 'relay-killed', place: 1, other: 'relay-paused', otherPlace: 2, meet: false },
  { kind: 'relay-killed', place: 1, other: 'relay-kafka-cut', otherPlace: 1, meet: false },
  { kind: 'relay-kafka-cut', place: 1, other: 'relay-kafka-slow', otherPlace: 1, meet: true },
  { kind: 'relay-kafka-cut', place: 1, other: 'relay-postgres-cut', otherPlace: 1, meet: false },
  { kind: 'relay-overslept', place: 0, other: 'relay-killed', otherPlace: 2, meet: true },
  { kind: 'topic-recreated', place: 0, other: 'kafka-killed', otherPlace: 0, meet: true },
  { kind: 'postgres-killed', place: 0, other: 'kafka-killed', otherPlace: 0, meet: false },
] as const)('$kind of $place and $other of $otherPlace are in each other’s way: $meet', (row) => {
  const step = { pauseMs: 0, durationMs: 0, delayMs: 0 };
  const one = claimsOf({ ...step, kind: row.kind, place: row.place });
  const two = claimsOf({ ...step, kind: row.other, place: row.otherPlace });
  expect(one.some((claim) => two.includes(claim))).toBe(row.meet);
});
