import type { PoisonPolicy } from '@daybook/outbox';
import { describe, expect, it } from 'vitest';
import { ModelWorld, noFaults, type Faults, type Mistake, type ModelRelay } from '../test-fixtures/model-world.ts';
import { Scheduler, settleMicrotasks } from '../test-fixtures/scheduler.ts';

/** Schedules are many rather than slow, but a busy machine takes its time. */
const timeout = 60_000;
const laneCount = 3;
const writes = 60;

interface Story {
  readonly seed: number;
  readonly faults: Faults;
  readonly mistake?: Mistake;
  /** How likely each turn kills, starts, or pauses a relay. */
  readonly unrest: number;
  readonly stepsMax?: number;
  readonly policies?: readonly PoisonPolicy[];
  /** How likely each turn crashes the database. */
  readonly crashes?: number;
}

interface Ending {
  readonly violations: readonly string[];
  readonly isDrained: boolean;
  readonly repeats: number;
  readonly haltedLanes: readonly number[];
  readonly released: number;
}

/** First faults in any order, then none, until all is published. */
async function play(story: Story): Promise<Ending> {
  const scheduler = new Scheduler(story.seed);
  const world = new ModelWorld(scheduler, { lanes: laneCount, mistake: story.mistake, policies: story.policies });
  const first = world.startRelay(world.lanes);
  const relays: ModelRelay[] = [first];
  const living = () => relays.filter((relay) => !relay.isDead);
  const ring = (lane: number) => {
    for (const relay of living()) if (scheduler.chance(0.8)) relay.relay.wake([lane]);
  };
  world.faults = story.faults;
  let written = 0;
  while (written < writes) {
    if (scheduler.chance(0.2)) {
      ring(world.write());
      written += 1;
    }
    if (scheduler.chance(story.unrest)) disturb(world, relays);
    if (scheduler.chance(story.unrest)) world.operate();
    if (scheduler.chance(story.crashes ?? 0)) {
      world.crash();
      for (const relay of living()) void scheduler.turn(() => relay.isDead).then(() => relay.relay.stateAgain());
    }
    await scheduler.step();
  }
  world.faults = noFaults;
  const last = story.unrest === 0 ? first : settleDown(world, relays);
  for (let steps = 0; steps < (story.stepsMax ?? 20_000) && !world.isDrained; steps += 1) {
    if (steps % 20 === 0) last.relay.wake();
    if (steps % 20 === 0) world.operateAll();
    await scheduler.step();
  }
  const isDrained = world.isDrained;
  for (const relay of relays) relay.kill();
  last.relay.stop();
  await settleMicrotasks();
  const { repeats, released } = world;
  return { violations: world.check(), isDrained, repeats, haltedLanes: last.halted, released };
}

/** Leaves one relay that is sure to have all lanes, of those that lived through the faults or a new one; others may go on beside it. */
function settleDown(world: ModelWorld, relays: ModelRelay[]): ModelRelay {
  const { scheduler } = world;
  const living = relays.filter((relay) => !relay.isDead);
  const survivor = living[scheduler.below(living.length + 1)];
  const last = survivor ?? world.startRelay(world.lanes);
  if (survivor === undefined) relays.push(last);
  for (const relay of living) if (relay !== last && scheduler.chance(0.5)) relay.kill();
  last.isShareValid = true;
  last.own(world.lanes);
  return last;
}

/** Kills a relay, starts another, moves lanes, or has one find its share lapsed and come back. */
function disturb(world: ModelWorld, relays: ModelRelay[]): void {
  const { scheduler } = world;
  const living = relays.filter((relay) => !relay.isDead);
  const relay = living[scheduler.below(living.length)];
  const lanes = world.lanes.filter(() => scheduler.chance(0.5));
  switch (scheduler.below(5)) {
    case 0:
      relay?.kill();
      return;
    case 1:
      if (living.length < 4) relays.push(world.startRelay(lanes));
      return;
    case 2:
      relay?.release(lanes);
      return;
    case 3:
      relay?.own(lanes);
      return;
    default:
      if (relay === undefined) return;
      relay.isShareValid = !relay.isShareValid;
      if (relay.isShareValid) {
        relay.release(world.lanes);
        relay.own(world.lanes);
      }
  }
}

const seeds = Array.from({ length: 300 }, (_, index) => index + 1);
const storms: Faults = { refusal: 0.15, lostAnswer: 0.15, lateArrival: 0.15, slowness: 0.3, poison: 0.05 };

describe('any schedule of relays, faults and crashes', { timeout }, () => {
  it('loses nothing, keeps the order of first appearance, and states no position before the acknowledgement', async () => {
    let repeats = 0;
    let released = 0;
    for (const seed of seeds) {
      const ending = await play({ seed, faults: storms, unrest: 0.05 });
      expect({ seed, violations: ending.violations, isDrained: ending.isDrained }).toEqual({
        seed,
        violations: [],
        isDrained: true,
      });
      repeats += ending.repeats;
      released += ending.released;
    }
    // Otherwise the storms did not reach the relays.
    expect(repeats).toBeGreaterThan(seeds.length);
    expect(released).toBeGreaterThan(seeds.length);
  });

  it.each<{ readonly policies: readonly PoisonPolicy[]; readonly crashes: number }>([
    { policies: ['hold-key'], crashes: 0.02 },
    { policies: ['halt'], crashes: 0 },
    { policies: ['halt', 'hold-key'], crashes: 0 },
    { policies: ['pass'], crashes: 0 },
    { policies: ['pass', 'hold-key'], crashes: 0.02 },
    { policies: ['halt', 'pass'], crashes: 0.02 },
  ])('does so with the policies $policies and $crashes crashes of the database', async ({ policies, crashes }) => {
    const wrong = [];
    for (const seed of seeds) {
      const { violations, isDrained } = await play({ seed, faults: storms, unrest: 0.05, policies, crashes });
      if (violations.length > 0 || !isDrained) wrong.push({ seed, violations, isDrained });
    }
    expect({ wrong: wrong.length, some: wrong.slice(0, 4) }).toEqual({ wrong: 0, some: [] });
  });

  it('repeats nothing while nothing goes wrong', async () => {
    for (const seed of seeds.slice(0, 30)) {
      const ending = await play({ seed, faults: noFaults, unrest: 0 });
      expect(ending).toMatchObject({ violations: [], isDrained: true, repeats: 0 });
    }
  });
});

describe('the checks of the model', { timeout }, () => {
  it('find a position that is stated before the acknowledgement', async () => {
    const endings = [];
    for (const seed of seeds.slice(0, 20)) {
      endings.push(await play({ seed, faults: noFaults, unrest: 0.05, mistake: 'acknowledges-before-storing' }));
    }
    expect(endings.some(({ violations }) => violations.some((violation) => violation.includes('was stored')))).toBe(
      true,
    );
    expect(endings.some(({ violations }) => violations.some((violation) => violation.startsWith('lost')))).toBe(true);
  });

  it.each(['releases-behind-a-position', 'states-without-the-hold'] as const)(
    'find a hold that %s, by which rows of its key are lost',
    async (mistake) => {
      const endings = [];
      for (const seed of seeds) endings.push(await play({ seed, faults: storms, unrest: 0.05, mistake }));
      expect(endings.some(({ violations }) => violations.length > 0)).toBe(true);
    },
  );
});

describe('a hole in the outbox', { timeout }, () => {
  it('halts the lane, and no position moves over it', async () => {
    for (const seed of seeds.slice(0, 20)) {
      const ending = await play({ seed, faults: noFaults, unrest: 0, stepsMax: 500, mistake: 'keeps-a-row-back' });
      expect(ending.violations.filter((violation) => !violation.startsWith('lost'))).toEqual([]);
      expect(ending.isDrained).toBe(false);
      expect(ending.haltedLanes.length).toBeGreaterThan(0);
    }
  });
});
