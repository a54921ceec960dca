import type { LivingRelay } from '@daybook/outbox';
import { createLogger } from '@daybook/runtime';
import { describe, expect, it } from 'vitest';
import { settleMicrotasks } from '../test-fixtures/scheduler.ts';
import { Outage } from './outage.ts';
import type { LaneStart } from './owned-lane.ts';
import { ownerOf } from './rendezvous.ts';
import { Share, type ShareStore } from './share.ts';

const heartbeatMs = 2_000;
const deadAfterMs = 10_000;
const lanes = Array.from({ length: 16 }, (_, lane) => lane);
const logger = createLogger({ service: 'relay', level: 'silent' });

/** The relay table, with a clock that moves when told to. */
class Neighbourhood {
  nowMs = 0;
  readonly heartbeats = new Map<string, number>();
  isAway = false;
  /** The relays may not read what is held, say. */
  isBarred = false;
  startsAsked = 0;
  /** Nobody hears which lanes were handed over. */
  isDeaf = false;
  /** What the topics say. */
  look = async (starts: readonly LaneStart[]): Promise<readonly LaneStart[]> => starts;
  /** Lanes whose topics were looked into. */
  readonly takenOver: number[] = [];
  readonly #timers = new Set<{ readonly atMs: number; readonly ring: () => void }>();
  readonly #shares = new Map<string, Share>();

  store(id: string): ShareStore {
    const answer = async <Result>(work: () => Result): Promise<Result> => {
      if (this.isAway) throw Object.assign(new Error('connection refused'), { code: 'ECONNREFUSED' });
      return work();
    };
    const beat = () => {
      this.heartbeats.set(id, this.nowMs);
      return true;
    };
    return {
      join: async () => void (await answer(beat)),
      beat: async () => answer(beat),
      living: async () => answer(() => this.living()),
      lanes: async () => answer(() => lanes),
      starts: async (of) =>
        answer(() => {
          this.startsAsked += 1;
          if (this.startsAsked > 100) throw new Error('asked without a pause');
          if (this.isBarred) throw Object.assign(new Error('permission denied'), { code: '42501' });
          return of.map((lane): LaneStart => ({
            position: { lane, seq: this.nowMs, at: '-infinity' },
            held: [],
            setAside: [],
            isPaused: false,
          }));
        }),
      takeOver: async (starts) => {
        this.takenOver.push(...starts.map(({ position }) => position.lane));
        return await this.look(starts);
      },
      announce: async () => answer(() => this.announce()),
      handOver: async (handed) =>
        answer(() => {
          for (const share of this.#shares.values()) share.noteHandedOver(this.isDeaf ? [] : handed);
        }),
      leave: async () => void (await answer(() => this.heartbeats.delete(id))),
    };
  }

  living(): readonly LivingRelay[] {
    return [...this.heartbeats]
      .map(([id, atMs]) => ({ id, ageMs: this.nowMs - atMs }))
      .filter(({ ageMs }) => ageMs < deadAfterMs);
  }

  announce(): void {
    for (const share of this.#shares.values()) share.wake();
  }

  delay(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const timer = { atMs: this.nowMs + ms, ring: resolve };
      this.#timers.add(timer);
      signal.addEventListener(
        'abort',
        () => {
          this.#timers.delete(timer);
          resolve();
        },
        { once: true },
      );
    });
  }

  start(id: string): Member {
    const member = new Member(id, this);
    this.#shares.set(id, member.share);
    return member;
  }

  /** Moves the clock from timer to timer. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms;
    for (;;) {
      await settleMicrotasks();
      const next = [...this.#timers].sort((one, other) => one.atMs - other.atMs)[0];
      if (next === undefined || next.atMs > untilMs) break;
      this.nowMs = Math.max(this.nowMs, next.atMs);
      this.#timers.delete(next);
      next.ring();
    }
    this.nowMs = untilMs;
  }
}

class Member {
  readonly share: Share;
  readonly started: { readonly lane: number; readonly atMs: number }[] = [];
  readonly held = new Set<number>();
  /** Lanes that must not be begun without a look. */
  readonly doubted = new Set<number>();
  readonly running: Promise<void>;

  constructor(id: string, town: Neighbourhood) {
    const { held, doubted } = this;
    this.share = new Share({
      id,
      store: town.store(id),
      holder: {
        get lanes() {
          return [...held];
        },
        get lanesInOrder() {
          return [...held].filter((lane) => !doubted.has(lane));
        },
        own: (starts) => {
          for (const { position } of starts) {
            held.add(position.lane);
            this.started.push({ lane: position.lane, atMs: town.nowMs });
          }
        },
        release: async (released) => {
          for (const lane of released) held.delete(lane);
        },
      },
      heartbeatMs,
      deadAfterMs,
      observe: () => {},
      logger,
      outage: new Outage(logger, 'database'),
      delay: async (ms, signal) => town.delay(ms, signal),
      now: () => town.nowMs,
    });
    this.running = this.share.run();
  }

  async end(): Promise<void> {
    this.share.stop();
    await this.running;
  }
}

const sharedOut = (members: readonly Member[]) => members.flatMap(({ held }) => [...held]).sort((a, b) => a - b);

describe('Share', () => {
  it('gives a relay alone all lanes at once', async () => {
    const town = new Neighbourhood();
    const one = town.start('one');
    await settleMicrotasks();
    await settleMicrotasks();
    expect(sharedOut([one])).toEqual(lanes);
    expect(town.nowMs).toBe(0);
    await one.end();
  });

  it('has a newcomer start at once on lanes that their living owner hands over', async () => {
    const town = new Neighbourhood();
    const one = town.start('one');
    await town.pass(500);
    const two = town.start('two');
    await town.pass(1);
    const moved = lanes.filter((lane) => ownerOf(lane, ['one', 'two']) === 'two');
    expect([...two.held].sort((a, b) => a - b)).toEqual(moved);
    expect(sharedOut([one, two])).toEqual(lanes);
    // Nothing is in flight, so there is nothing to look for.
    expect(town.takenOver).toEqual(lanes);
    await Promise.all([one.end(), two.end()]);
  });

  it('hands no lane over that the newcomer must look into', async () => {
    const town = new Neighbourhood();
    const one = town.start('one');
    await town.pass(500);
    const moved = lanes.filter((lane) => ownerOf(lane, ['one', 'two']) === 'two');
    const [doubted = -1, ...others] = moved;
    one.doubted.add(doubted);
    const two = town.start('two');
    await town.pass(1);
    expect([...two.held].sort((a, b) => a - b)).toEqual(others);
    await town.pass(2 * heartbeatMs);
    expect([...two.held].sort((a, b) => a - b)).toEqual(moved);
    expect(town.takenOver).toEqual([...lanes, doubted]);
    await Promise.all([one.end(), two.end()]);
  });

  it('has a newcomer wait one heartbeat when it does not hear of it', async () => {
    const town = new Neighbourhood();
    town.isDeaf = true;
    const one = town.start('one');
    await town.pass(500);
    const two = town.start('two');
    await town.pass(100);
    const moved = lanes.filter((lane) => ownerOf(lane, ['one', 'two']) === 'two');
    expect(moved.length).toBeGreaterThan(0);
    expect([...one.held]).toEqual(lanes.filter((lane) => !moved.includes(lane)));
    expect(two.held.size).toBe(0);
    await town.pass(2 * heartbeatMs);
    expect([...two.held].sort((a, b) => a - b)).toEqual(moved);
    expect(Math.min(...two.started.map(({ atMs }) => atMs))).toBe(500 + heartbeatMs);
    expect(sharedOut([one, two])).toEqual(lanes);
    await Promise.all([one.end(), two.end()]);
  });

  it('lets a takeover go that is under way when it is told to stop', async () => {
    const town = new Neighbourhood();
    const looked = Promise.withResolvers<readonly LaneStart[]>();
    town.look = async () => looked.promise;
    const one = town.start('one');
    await town.pass(1);
    await one.end();
    looked.reject(new Error('Cannot use a pool after calling end on the pool'));
    await town.pass(1);
    expect(one.held.size).toBe(0);
  });

  it('takes over at once from a relay that left, and after the bound from one that died', async () => {
    const town = new Neighbourhood();
    const [one, two, three] = [town.start('one'), town.start('two'), town.start('three')];
    await town.pass(3 * heartbeatMs);
    await two.end();
    const left = [...two.held];
    two.held.clear();
    town.takenOver.length = 0;
    await two.share.leave(left);
    await town.pass(1);
    expect(sharedOut([one, three])).toEqual(lanes);
    expect(town.takenOver).toEqual([]);
    const diedAtMs = town.nowMs;
    await three.end();
    three.held.clear();
    await town.pass(deadAfterMs + 2 * heartbeatMs);
    expect(sharedOut([one])).toEqual(lanes);
    expect(town.takenOver.length).toBeGreaterThan(0);
    expect(Math.max(...one.started.map(({ atMs }) => atMs))).toBeLessThanOrEqual(diedAtMs + deadAfterMs + 100);
    await one.end();
  });

  it('stops publishing when the database is away too long, and begins as a newcomer', async () => {
    const town = new Neighbourhood();
    const one = town.start('one');
    await town.pass(heartbeatMs);
    town.isAway = true;
    await town.pass(deadAfterMs - 2 * heartbeatMs);
    expect(one.share.isValid).toBe(true);
    expect(one.held.size).toBe(lanes.length);
    await town.pass(4 * heartbeatMs);
    expect(one.share.isValid).toBe(false);
    expect(one.held.size).toBe(0);
    town.isAway = false;
    await town.pass(2 * heartbeatMs);
    expect(one.share.isValid).toBe(true);
    expect(sharedOut([one])).toEqual(lanes);
    await one.end();
  });

  it('tries again with the next heartbeat when it cannot learn where its lanes stand', async () => {
    const town = new Neighbourhood();
    town.isBarred = true;
    const one = town.start('one');
    await town.pass(3 * heartbeatMs);
    // Once when it hears that it came itself.
    expect(town.startsAsked).toBe(1 + 1 + 3);
    town.isBarred = false;
    await town.pass(heartbeatMs);
    expect(sharedOut([one])).toEqual(lanes);
    await one.end();
  });
});
