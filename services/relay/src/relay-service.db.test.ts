import {
  announceMembership,
  decideParked,
  Doorbell,
  endPause,
  latestPositions,
  listParked,
  setPause,
  type PoisonPolicy,
} from '@daybook/outbox';
import { OutboxDatabase } from '@daybook/outbox/testing';
import { createPool, type Pool } from '@daybook/postgres';
import { createLogger, createRegistry, Health } from '@daybook/runtime';
import { createDatabase, eventually, TcpProxy } from '@daybook/stack/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryPublisher } from '../test-fixtures/memory-publisher.ts';
import type { Signal } from './observer.ts';
import { RelayService } from './relay-service.ts';
import type { TopicTail } from './takeover.ts';
import { readTopicMapping } from './topic-mapping.ts';

let database: OutboxDatabase;
const closing: (() => Promise<void>)[] = [];

beforeEach(async () => {
  database = await OutboxDatabase.create();
});

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
  await database.drop();
});

interface RunningRelay {
  readonly service: RelayService;
  readonly publisher: MemoryPublisher;
  readonly health: Health;
  readonly signals: Signal[];
  readonly lines: string[];
  readonly defects: unknown[];
  readonly metrics: () => Promise<string>;
  readonly stop: () => Promise<void>;
}

const times = {
  batchRows: 50,
  batchBytes: 100_000,
  pollIntervalMs: 100,
  heartbeatMs: 100,
  deadAfterMs: 1_000,
  retryBaseMs: 10,
  retryMaxMs: 50,
  poisonAttempts: 2,
  dedupeOnTakeover: true,
  poisonPolicy: 'hold-key' as PoisonPolicy,
  shutdownTimeoutMs: 5_000,
  outboxRetentionDays: 7,
};

function startRelay(
  id: string,
  options: {
    readonly databaseUrl?: string;
    readonly publisher?: MemoryPublisher;
    readonly mapping?: readonly string[];
    readonly settings?: Partial<typeof times>;
    readonly tail?: TopicTail;
  } = {},
): RunningRelay {
  const pool: Pool = createPool(options.databaseUrl ?? database.relayUrl, { size: 5, applicationName: id });
  const publisher = options.publisher ?? new MemoryPublisher();
  const health = new Health();
  const registry = createRegistry('relay');
  const signals: Signal[] = [];
  const lines: string[] = [];
  const defects: unknown[] = [];
  const service = new RelayService({
    id,
    settings: { ...times, ...options.settings },
    pool,
    publisher,
    tail: options.tail,
    mapping: readTopicMapping(options.mapping ?? ['*:default'], 'skip'),
    logger: createLogger({ service: 'relay', level: 'info', destination: { write: (line) => void lines.push(line) } }),
    health,
    registry,
    observe: (signal) => signals.push(signal),
    onDefect: (error) => defects.push(error),
  });
  let stopped: Promise<void> | undefined;
  const stop = async () => {
    stopped ??= service.stop(AbortSignal.timeout(10_000)).then(async () => pool.end());
    await stopped;
  };
  closing.push(async () => {
    await stop();
    expect(defects).toEqual([]);
  });
  service.start();
  return { service, publisher, health, signals, lines, defects, metrics: async () => registry.metrics(), stop };
}

const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, index) => first + index);

async function positionReaches(lane: number, seq: number): Promise<void> {
  await eventually(async () => (await latestPositions(database.relayPool, [lane]))[0]?.seq === seq, {
    what: `position ${seq} of lane ${lane}`,
    withinMs: 20_000,
  });
}

const sawSignal = (relay: RunningRelay, kind: Signal['kind']) =>
  eventually(() => relay.signals.some((signal) => signal.kind === kind), { what: kind, withinMs: 20_000 });

const lanesOf = (relay: RunningRelay) => {
  const lanes = new Set<number>();
  for (const signal of relay.signals) {
    if (signal.kind === 'lane-started') lanes.add(signal.position.lane);
    if (signal.kind === 'lane-released') lanes.delete(signal.lane);
  }
  return lanes;
};

const isPositionOf = (signal: Signal, lane: number) =>
  signal.kind === 'position-appended' && signal.positions.some((position) => position.lane === lane);

describe('a relay alone', () => {
  it('publishes all lanes in order, and states how far', async () => {
    await database.write(0, 120);
    await database.write(1, 3);
    await database.write(7, 1);
    const { publisher } = startRelay('one');
    await positionReaches(0, 120);
    await positionReaches(7, 1);
    expect(publisher.sequencesOf(0)).toEqual(upTo(120));
    expect(publisher.sequencesOf(1)).toEqual(upTo(3));
    expect(publisher.records[0]?.headers).toMatchObject({
      type: 'COMMITTED_TRANSACTIONS',
      'content-type': 'application/json',
    });
  });

  it('goes on from the position where another stopped', async () => {
    await database.write(2, 10);
    const first = startRelay('one');
    await positionReaches(2, 10);
    await first.stop();
    await database.write(2, 5);
    const second = startRelay('two');
    await positionReaches(2, 15);
    expect(second.publisher.sequencesOf(2)).toEqual(upTo(15, 11));
  });

  it('moves over types without a topic, and counts them', async () => {
    await database.write(3, 2);
    await database.write(3, 4, { type: 'SAVED_METADATA' });
    await database.write(3, 1);
    const relay = startRelay('one', { mapping: ['COMMITTED_TRANSACTIONS:money'] });
    await positionReaches(3, 7);
    expect(relay.publisher.sequencesOf(3)).toEqual([1, 2, 7]);
    expect(await relay.metrics()).toMatch(
      /daybook_relay_rows_skipped_total\{type="SAVED_METADATA",service="relay"\} 4/,
    );
  });

  it('reads what does not fit one batch in several', async () => {
    await database.write(4, 30, { padding: 20_000 });
    const { publisher } = startRelay('one');
    await positionReaches(4, 30);
    expect(publisher.sequencesOf(4)).toEqual(upTo(30));
  });

  it('takes its heartbeat away when it stops', async () => {
    const relay = startRelay('one');
    await sawSignal(relay, 'lane-started');
    expect((await database.pool.query('select id from relay')).rows).toEqual([{ id: 'one' }]);
    await relay.stop();
    expect((await database.pool.query('select id from relay')).rows).toEqual([]);
  });

  it('is ready, and shows position, head and lag of its lanes', async () => {
    await database.write(5, 4);
    const relay = startRelay('one');
    await positionReaches(5, 4);
    expect(await relay.health.examine('ready')).toMatchObject({ ok: true });
    const metrics = await relay.metrics();
    expect(metrics).toMatch(/daybook_relay_lane_position\{lane="5",service="relay"\} 4/);
    expect(metrics).toMatch(/daybook_relay_lane_head\{lane="5",service="relay"\} 4/);
    expect(metrics).toMatch(/daybook_relay_lane_lag_seconds\{lane="5",service="relay"\} 0/);
    expect(metrics).toMatch(/daybook_relay_records_acknowledged_total\{topic="default",service="relay"\} 4/);
    expect(metrics).toMatch(/daybook_relay_listening\{service="relay"\} 1/);
    expect(metrics).toMatch(/daybook_relay_lanes\{service="relay"\} 8/);
  });
});

describe('what wakes a relay', () => {
  it('is the doorbell', async () => {
    const relay = startRelay('one', { settings: { pollIntervalMs: 60_000 } });
    await sawSignal(relay, 'lane-started');
    await eventually(async () => (await relay.metrics()).includes('daybook_relay_listening{service="relay"} 1'), {
      what: 'listening',
    });
    await database.write(6, 2);
    const doorbell = new Doorbell(database.relayPool);
    doorbell.ring(6);
    await positionReaches(6, 2);
    doorbell.stop();
    expect(relay.publisher.sequencesOf(6)).toEqual([1, 2]);
  });

  it('is a poll, when a ring is lost', async () => {
    const relay = startRelay('one');
    await sawSignal(relay, 'lane-started');
    await database.write(6, 2);
    await positionReaches(6, 2);
    expect(relay.publisher.sequencesOf(6)).toEqual([1, 2]);
  });
});

describe('a lane that cannot go on', () => {
  it('with a poison row halts loudly under that policy, and the others go on; it goes on once the row passes', async () => {
    await database.write(0, 10);
    await database.write(1, 10);
    const publisher = new MemoryPublisher();
    publisher.refuse = ({ value }) =>
      value.includes('"lane" : 0, "seq" : 4')
        ? { kind: 'poison', error: new Error('refused for what it is') }
        : undefined;
    const relay = startRelay('one', { publisher, settings: { poisonPolicy: 'halt' } });
    await positionReaches(1, 10);
    await positionReaches(0, 3);
    await sawSignal(relay, 'lane-halted');
    const report = await relay.health.examine('ready');
    expect(report.ok).toBe(false);
    expect(report.checks['lanes']?.message).toBe('lane 0 poison at 4: refused for what it is');
    expect(relay.lines.join('')).toContain('lane halted');
    expect(await parked()).toMatchObject([{ lane: 0, seq: 4, state: 'parked', policy: 'halt', attempts: 2 }]);
    publisher.refuse = () => undefined;
    await positionReaches(0, 10);
    // What passed meanwhile was not sent again.
    expect(publisher.sequencesOf(0).toSorted((one, other) => one - other)).toEqual(upTo(10));
    await eventually(async () => (await relay.health.examine('ready')).ok, { what: 'readiness' });
    await eventually(async () => (await parked())[0]?.state === 'published', { what: 'the row published' });
  });

  it('with a poison row under `halt` goes on without it when someone says so', async () => {
    await database.write(0, 10);
    const publisher = new MemoryPublisher();
    publisher.refuse = refusing(0, 4);
    const relay = startRelay('one', { publisher, settings: { poisonPolicy: 'halt' } });
    await sawSignal(relay, 'lane-halted');
    await decideParked(database.relayPool, { lane: 0, seq: 4, state: 'discarded' }, decision);
    await announceMembership(database.relayPool);
    await positionReaches(0, 10);
    expect(publisher.sequencesOf(0).toSorted((one, other) => one - other)).toEqual([...upTo(3), ...upTo(10, 5)]);
  });

  it('with a hole halts loudly, and no position moves over it', async () => {
    await database.write(2, 10);
    await database.pool.query('delete from outbox where lane = 2 and seq = 6');
    await database.write(3, 4);
    const relay = startRelay('one');
    await sawSignal(relay, 'lane-halted');
    await database.write(2, 5);
    await database.write(3, 4);
    await positionReaches(3, 8);
    await positionReaches(2, 5);
    expect(relay.publisher.sequencesOf(2)).toEqual(upTo(5));
    const report = await relay.health.examine('ready');
    expect(report.checks['lanes']?.message).toContain(
      'no outbox row of lane 2 has sequence 6, though later ones exist',
    );
  });

  it('is held with backoff while its topic is at fault, not ready, and says so once', async () => {
    await database.write(4, 5);
    await database.write(5, 5);
    const publisher = new MemoryPublisher();
    publisher.refuse = ({ value }) =>
      value.includes('"lane" : 4') ? { kind: 'retry', reason: 'topic', error: new Error('not authorized') } : undefined;
    const relay = startRelay('one', { publisher });
    await positionReaches(5, 5);
    await eventually(() => relay.signals.some((signal) => signal.kind === 'lane-held' && signal.attempt > 3), {
      what: 'tries',
    });
    expect((await relay.health.examine('ready')).checks['lanes']?.message).toContain(
      'lane 4 held at 1: not authorized',
    );
    expect(relay.lines.filter((line) => line.includes('publishing held back'))).toHaveLength(1);
    publisher.refuse = () => undefined;
    await positionReaches(4, 5);
    await eventually(() => relay.lines.some((line) => line.includes('publishing goes on')), { what: 'the good news' });
  });
});

const decision = { by: 'an operator', why: 'to see' };

const parked = async () =>
  listParked(database.relayPool, { states: ['parked', 'retry', 'discarded', 'published'], limit: 10 });

/** Refuses one row for what it is. */
function refusing(lane: number, seq: number): MemoryPublisher['refuse'] {
  return ({ value }) =>
    value.includes(`"lane" : ${lane}, "seq" : ${seq},`)
      ? { kind: 'poison', error: new Error('refused for what it is') }
      : undefined;
}

/** Which ledger of its lane a row belongs to: `write` takes four in turn. */
const sameLedger = (seq: number) => (other: number) => other % 4 === seq % 4;

describe('a poison row under `hold-key`', () => {
  /** A relay that has parked row 5 of 20 of lane 0, and passed all others. */
  async function parkFive() {
    const publisher = new MemoryPublisher();
    publisher.refuse = refusing(0, 5);
    await database.write(0, 20);
    const relay = startRelay('one', { publisher });
    await positionReaches(0, 20);
    expect(await parked()).toMatchObject([
      { lane: 0, seq: 5, key: 'ledger-0-1', topic: 'default', error: 'refused for what it is', parkedBy: 'one' },
    ]);
    expect(publisher.sequencesOf(0).filter(sameLedger(5))).toEqual([1]);
    expect(publisher.sequencesOf(0)).toHaveLength(16);
    return { relay, publisher };
  }

  it('is parked: later rows of its key wait, all other keys flow; sent again, it and its followers arrive in order', async () => {
    const { relay, publisher } = await parkFive();
    await database.write(0, 8);
    await positionReaches(0, 28);
    expect(publisher.sequencesOf(0).filter(sameLedger(5))).toEqual([1]);
    expect((await relay.health.examine('ready')).ok).toBe(true);
    publisher.refuse = () => undefined;
    await decideParked(database.relayPool, { lane: 0, seq: 5, state: 'retry' }, decision);
    await announceMembership(database.relayPool);
    await sawSignal(relay, 'key-released');
    await database.write(0, 4);
    await positionReaches(0, 32);
    expect(publisher.sequencesOf(0).filter(sameLedger(5))).toEqual(upTo(32).filter(sameLedger(5)));
    expect(await parked()).toMatchObject([
      { state: 'published', decidedBy: 'an operator', decidedWhy: 'to see', attempts: 2 },
    ]);
  });

  it('is left out when someone discards it, and its followers arrive in order', async () => {
    const { relay, publisher } = await parkFive();
    await decideParked(database.relayPool, { lane: 0, seq: 5, state: 'discarded' }, decision);
    await announceMembership(database.relayPool);
    await sawSignal(relay, 'key-released');
    expect(publisher.sequencesOf(0).filter(sameLedger(5))).toEqual([1, 9, 13, 17]);
    expect(await parked()).toMatchObject([{ state: 'discarded' }]);
  });

  it('is parked again when it is still refused', async () => {
    const { publisher } = await parkFive();
    await decideParked(database.relayPool, { lane: 0, seq: 5, state: 'retry' }, decision);
    await eventually(async () => (await parked())[0]?.attempts === 4, { what: 'parked again' });
    expect(await parked()).toMatchObject([{ state: 'parked' }]);
    expect(publisher.sequencesOf(0).filter(sameLedger(5))).toEqual([1]);
  });

  it('stays parked when another relay takes over, which releases it later', async () => {
    const { relay } = await parkFive();
    await relay.stop();
    const second = startRelay('two');
    await database.write(0, 4);
    await positionReaches(0, 24);
    expect(second.publisher.sequencesOf(0)).toEqual(upTo(24, 21).filter((seq) => !sameLedger(5)(seq)));
    await decideParked(database.relayPool, { lane: 0, seq: 5, state: 'retry' }, decision);
    await sawSignal(second, 'key-released');
    expect(second.publisher.sequencesOf(0).filter(sameLedger(5))).toEqual([5, 9, 13, 17, 21]);
  });

  it('is never what a broker fault makes of a row', async () => {
    const publisher = new MemoryPublisher();
    publisher.refuse = () => ({ kind: 'retry', reason: 'broker', error: new Error('away') });
    await database.write(0, 5);
    const relay = startRelay('one', { publisher });
    await eventually(() => relay.signals.some((signal) => signal.kind === 'lane-held' && signal.attempt > 6), {
      what: 'tries',
    });
    expect(await parked()).toEqual([]);
  });
});

describe('a poison row under `pass`', () => {
  it('loses its place, and is sent alone when someone says so', async () => {
    const publisher = new MemoryPublisher();
    publisher.refuse = refusing(0, 5);
    await database.write(0, 20);
    startRelay('one', { publisher, settings: { poisonPolicy: 'pass' } });
    await positionReaches(0, 20);
    expect(publisher.sequencesOf(0)).toHaveLength(19);
    publisher.refuse = () => undefined;
    await decideParked(database.relayPool, { lane: 0, seq: 5, state: 'retry' }, decision);
    await eventually(async () => (await parked())[0]?.state === 'published', { what: 'the row published' });
    expect(publisher.sequencesOf(0).filter(sameLedger(5))).toEqual([1, 9, 13, 17, 5]);
  });
});

describe('a pause', () => {
  const pauses = [
    { scope: 'all', target: '' },
    { scope: 'lane', target: '3' },
  ] as const;

  it.each(pauses)('of $scope stops its lanes, and they go on from there', async (target) => {
    const relay = startRelay('one');
    await database.write(3, 5);
    await positionReaches(3, 5);
    await setPause(database.relayPool, target, decision);
    await announceMembership(database.relayPool);
    await eventually(async () => (await relay.metrics()).includes('daybook_relay_lanes_paused{service="relay"} '), {
      what: 'the metric',
    });
    await eventually(() => relay.service.pausedLanes.includes(3), { what: 'the pause' });
    await database.write(3, 5);
    await database.write(4, 5);
    if (target.scope === 'lane') await positionReaches(4, 5);
    expect(relay.publisher.sequencesOf(3)).toEqual(upTo(5));
    expect((await relay.health.examine('ready')).ok).toBe(true);
    await endPause(database.relayPool, target);
    await announceMembership(database.relayPool);
    await positionReaches(3, 10);
    await positionReaches(4, 5);
    expect(relay.publisher.sequencesOf(3)).toEqual(upTo(10));
  });

  it.each(pauses)('of $scope holds for a relay that starts under it', async (target) => {
    await database.write(3, 5);
    await database.write(4, 5);
    await setPause(database.relayPool, target, decision);
    const relay = startRelay('one', { settings: { heartbeatMs: 2_000, deadAfterMs: 10_000 } });
    await eventually(() => lanesOf(relay).size === 8, { what: 'the lanes' });
    expect(relay.service.pausedLanes).toContain(3);
    if (target.scope === 'lane') await positionReaches(4, 5);
    await endPause(database.relayPool, target);
    await announceMembership(database.relayPool);
    await positionReaches(3, 5);
    expect(relay.publisher.sequencesOf(3)).toEqual(upTo(5));
    const firstOf = (lane: number) => relay.signals.findIndex((signal) => isPositionOf(signal, lane));
    expect(target.scope === 'all' || firstOf(4) < firstOf(3)).toBe(true);
  });

  it('of a ledger holds its key alone, in order, whoever takes over', async () => {
    await database.pool.query(
      `insert into ledger (id, name, lane, created_at) values (1, 'ledger-0-1', 0, clock_timestamp())`,
    );
    const relay = startRelay('one');
    await database.write(0, 8);
    await positionReaches(0, 8);
    await setPause(database.relayPool, { scope: 'ledger', target: 'ledger-0-1' }, decision);
    await announceMembership(database.relayPool);
    await sawSignal(relay, 'key-held');
    await database.write(0, 8);
    await positionReaches(0, 16);
    expect(relay.publisher.sequencesOf(0).filter(sameLedger(1))).toEqual([1, 5]);
    await relay.stop();
    const second = startRelay('two');
    await endPause(database.relayPool, { scope: 'ledger', target: 'ledger-0-1' });
    await sawSignal(second, 'key-released');
    await database.write(0, 4);
    await positionReaches(0, 20);
    expect(second.publisher.sequencesOf(0).filter(sameLedger(1))).toEqual([9, 13, 17]);
  });

  it('of what does not exist is refused', async () => {
    expect(await setPause(database.relayPool, { scope: 'lane', target: '99' }, decision)).toBeUndefined();
    expect(await setPause(database.relayPool, { scope: 'ledger', target: 'nowhere' }, decision)).toBeUndefined();
  });
});

describe('a database that goes away', () => {
  it('is waited for: cut, refused and silent, the relay heals and says so', async () => {
    const { proxy, url } = await TcpProxy.before(database.relayUrl);
    closing.push(async () => proxy.close());
    const relay = startRelay('one', { databaseUrl: url });
    await database.write(0, 5);
    await positionReaches(0, 5);
    proxy.refuse();
    await sawSignal(relay, 'database-lost');
    await sawSignal(relay, 'listen-lost');
    await database.write(0, 5);
    proxy.accept();
    await positionReaches(0, 10);
    await sawSignal(relay, 'database-restored');
    await sawSignal(relay, 'listen-restored');
    expect(relay.publisher.sequencesOf(0).toSorted((one, other) => one - other)).toEqual(upTo(10));
    expect(relay.lines.join('')).toContain('dependency works again');
    expect(relay.lines.join('')).toContain('listening again');
  });

  it('may be away for so long that others would take over: the relay joins anew', async () => {
    const { proxy, url } = await TcpProxy.before(database.relayUrl);
    closing.push(async () => proxy.close());
    const relay = startRelay('one', { databaseUrl: url, settings: { deadAfterMs: 300 } });
    await database.write(0, 5);
    await positionReaches(0, 5);
    proxy.refuse();
    await sawSignal(relay, 'share-lapsed');
    await database.write(0, 5);
    proxy.accept();
    await positionReaches(0, 10);
    expect(relay.publisher.sequencesOf(0)).toEqual(upTo(10));
  });

  it('may have lost the last positions in a crash: they are stated again', async () => {
    const relay = startRelay('one');
    await database.write(0, 5);
    await positionReaches(0, 5);
    await database.pool.query('delete from position');
    await database.pool.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'one'`);
    await positionReaches(0, 5);
    expect(relay.publisher.sequencesOf(0)).toEqual(upTo(5));
  });

  it('may have gone back to an older state: its lanes are begun anew, and no position is stated that it does not have', async () => {
    const relay = startRelay('one');
    await database.write(0, 9);
    await positionReaches(0, 9);
    await database.pool.query('delete from position where lane = 0; delete from outbox where lane = 0 and seq > 5');
    await database.pool.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'one'`);
    await sawSignal(relay, 'lane-doubted');
    await positionReaches(0, 5);
    await database.write(0, 2);
    await positionReaches(0, 7);
    expect(relay.publisher.sequencesOf(0)).toEqual([...upTo(9), ...upTo(7)]);
  });

  it('may not be migrated yet', async () => {
    const empty = await createDatabase({ template: 'empty', migrate: async () => undefined });
    closing.push(async () => empty.drop());
    const relay = startRelay('one', { databaseUrl: empty.databaseUrl });
    await sawSignal(relay, 'database-lost');
    expect(relay.lines.join('')).toContain('the migrations have not run yet');
    expect((await relay.health.examine('ready')).ok).toBe(false);
    await OutboxDatabase.migrate(empty.databaseUrl);
    await sawSignal(relay, 'lane-started');
    await eventually(async () => (await relay.health.examine('ready')).ok, { what: 'readiness' });
  });
});

describe('several relays', () => {
  it('share the lanes, and take over from one that stops without repeating', async () => {
    const publisher = new MemoryPublisher();
    const [one, two] = [startRelay('one', { publisher }), startRelay('two', { publisher })];
    await eventually(
      () => lanesOf(one).size + lanesOf(two).size === 8 && lanesOf(two).size > 0 && lanesOf(one).size > 0,
      {
        what: 'all lanes shared out',
      },
    );
    for (let lane = 0; lane < 8; lane += 1) await database.write(lane, 20);
    for (let lane = 0; lane < 8; lane += 1) await positionReaches(lane, 20);
    await one.stop();
    await eventually(() => lanesOf(two).size === 8, { what: 'the takeover' });
    for (let lane = 0; lane < 8; lane += 1) await database.write(lane, 20);
    for (let lane = 0; lane < 8; lane += 1) await positionReaches(lane, 40);
    for (let lane = 0; lane < 8; lane += 1) expect(publisher.sequencesOf(lane)).toEqual(upTo(40));
  });

  it('look into the topics for what a dead one left there, and leave it out', async () => {
    await database.write(0, 6);
    const { rows } = await database.pool.query<{ id: string; ledger: string; sequence: number }>(
      'select event_id as id, ledger, event_sequence as sequence from outbox where seq <= 4',
    );
    const tail = { read: async () => rows.map((record) => ({ ...record, topic: 'default' })) };
    const relay = startRelay('one', { tail });
    await positionReaches(0, 6);
    expect(relay.publisher.sequencesOf(0)).toEqual([5, 6]);
    expect(await relay.metrics()).toMatch(/daybook_relay_takeover_rows_total\{outcome="skipped",service="relay"\} 4/);
  });

  it('halt a lane whose topic has what the database does not, and say what to do', async () => {
    await database.write(0, 6);
    await database.write(1, 6);
    const tail = {
      read: async () => [{ topic: 'default', ledger: 'ledger-0-1', sequence: 1, id: 'of another history' }],
    };
    const relay = startRelay('one', { tail });
    await positionReaches(1, 6);
    expect(relay.publisher.sequencesOf(0)).toEqual([]);
    const report = await relay.health.examine('ready');
    expect(report.checks['lanes']?.message).toContain('the topic has events that the database does not have');
    expect(relay.lines.join('')).toContain('PUBLISHER_TOPIC_MAPPING');
    expect(await relay.metrics()).toMatch(/daybook_relay_lanes_halted\{reason="ahead",service="relay"\} 1/);
    // Whoever begins on it, and whatever they find, it stands still until someone resumes it.
    await relay.stop();
    const next = startRelay('two', { tail: { read: async () => [] } });
    await database.write(1, 1);
    await positionReaches(1, 7);
    expect(next.service.pausedLanes).toEqual([0]);
    expect(next.publisher.sequencesOf(0)).toEqual([]);
    await endPause(database.relayPool, { scope: 'lane', target: '0' });
    await announceMembership(database.relayPool);
    await positionReaches(0, 6);
    expect(next.publisher.sequencesOf(0)).toEqual(upTo(6));
  });

  it('look again into the topic of a halted lane when someone resumes it', async () => {
    await database.write(0, 3);
    let records = [{ topic: 'default', ledger: 'ledger-0-1', sequence: 1, id: 'of another history' }];
    const relay = startRelay('one', { tail: { read: async () => records } });
    await sawSignal(relay, 'lane-halted');
    records = [];
    await endPause(database.relayPool, { scope: 'lane', target: '0' });
    await announceMembership(database.relayPool);
    await positionReaches(0, 3);
    expect(relay.publisher.sequencesOf(0)).toEqual(upTo(3));
  });

  it('do not hand such a lane over, so that the next one looks too', async () => {
    await database.write(0, 6);
    const tail: TopicTail = {
      read: async () => [{ topic: 'default', ledger: 'ledger-0-1', sequence: 1, id: 'of another history' }],
    };
    const first = startRelay('one', { tail });
    await sawSignal(first, 'lane-halted');
    const second = startRelay('two', { tail });
    await eventually(() => lanesOf(second).size > 0, { what: 'the share of the second' });
    await first.stop();
    await eventually(() => lanesOf(second).size === 8, { what: 'all lanes' });
    expect(second.signals.filter(({ kind }) => kind === 'lane-halted')).toHaveLength(1);
    expect(second.publisher.sequencesOf(0)).toEqual([]);
  });

  it('take over from one that died, once its heartbeat is old', async () => {
    await database.pool.query(`insert into relay values ('dead', clock_timestamp(), clock_timestamp())`);
    const relay = startRelay('one');
    await eventually(() => lanesOf(relay).size === 8, { what: 'the takeover', withinMs: 20_000 });
    await database.write(0, 1);
    await positionReaches(0, 1);
    expect(relay.publisher.sequencesOf(0)).toEqual([1]);
  });

  it('with one name are an error that is said', async () => {
    const twins = [startRelay('twin'), startRelay('twin')];
    const errors = () => twins.flatMap(({ lines }) => lines.filter((line) => line.includes('the same RELAY_ID')));
    await eventually(() => errors().length > 0, { what: 'the error' });
    await announceMembership(database.relayPool);
    await eventually(async () => (await twins[0]?.health.examine('ready'))?.ok, { what: 'readiness' });
    expect(errors()).toHaveLength(1);
  });
});
