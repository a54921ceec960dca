import { appendPositions, type Replay } from '@daybook/outbox';
import { OutboxDatabase } from '@daybook/outbox/testing';
import { createLogger } from '@daybook/runtime';
import { eventually } from '@daybook/stack/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryPublisher } from '../../test-fixtures/memory-publisher.ts';
import { getReplay, getReplays, postReplay, postReplayCancel, postReplayResume } from '../admin/replays.ts';
import { ownerOf } from '../rendezvous.ts';
import { readTopicMapping } from '../topic-mapping.ts';
import { orderReplay, showReplay } from './replay-operations.ts';
import { Replays } from './replays.ts';

let database: OutboxDatabase;
const stated = { relay: 'relay', held: [], mustExist: false };
const closing: (() => Promise<void>)[] = [];
const rows = 60;
const at = '2026-01-01 00:00:00+00';
const order = { by: 'ada', why: 'a new consumer', mapping: ['*:again'] };

beforeEach(async () => {
  database = await OutboxDatabase.create();
  for (const lane of [0, 1]) {
    await database.write(lane, rows, { at });
    await appendPositions(database.relayPool, [{ lane, seq: rows, at }], stated);
  }
});

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
  await database.drop();
});

interface StartedReplays {
  readonly replays: Replays;
  readonly publisher: MemoryPublisher;
  readonly stop: () => Promise<void>;
}

function startReplays(id: string): StartedReplays {
  const publisher = new MemoryPublisher();
  const replays = new Replays({
    id,
    settings: { batchRows: 50, batchBytes: 100_000, retryBaseMs: 10, retryMaxMs: 50, shutdownTimeoutMs: 2_000 },
    pool: database.relayPool,
    publisher,
    mapping: readTopicMapping(['*:own'], 'skip'),
    logger: createLogger({ service: 'relay', level: 'silent' }),
  });
  let stopped: Promise<void> | undefined;
  const stop = async () => {
    stopped ??= replays.stop(AbortSignal.timeout(5_000));
    await stopped;
  };
  closing.push(stop);
  return { replays, publisher, stop };
}

async function ordered(input: object = order): Promise<Replay> {
  const result = await orderReplay(database.relayPool, input);
  if (result.kind !== 'done') throw new Error(JSON.stringify(result));
  return result.value;
}

async function reached(id: string, isReached: (replay: Replay) => boolean): Promise<Replay> {
  return await eventually(
    async () => {
      const shown = await showReplay(database.relayPool, id);
      return shown.kind === 'done' && isReached(shown.value) ? shown.value : undefined;
    },
    { what: 'the replay to get there', withinMs: 20_000 },
  );
}

const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

describe('replays', () => {
  it('are run by the one relay that all agree on', async () => {
    const members = ['one', 'two'];
    const started = new Map(members.map((id) => [id, startReplays(id)]));
    const replay = await ordered({ ...order, rowsPerSecond: 100_000 });
    for (const { replays } of started.values()) replays.look(members);
    const done = await reached(replay.id, ({ state }) => state === 'done');
    expect(done).toMatchObject({ sentRows: 2 * rows, passedRows: 2 * rows, error: null });
    const owner = ownerOf(replay.id, members);
    for (const [id, { publisher }] of started) {
      expect(publisher.sequencesOf(0)).toEqual(id === owner ? upTo(rows) : []);
      expect(publisher.sequencesOf(1)).toEqual(id === owner ? upTo(rows) : []);
      expect(
        publisher.records.every(({ topic, headers }) => topic === 'again' && headers['replay'] === replay.id),
      ).toBe(true);
    }
  });

  it('fail by a mapping that cannot be read, and harm no other', async () => {
    const { replays } = startReplays('one');
    const broken = await ordered();
    await database.pool.query(`update replay set mapping = '{again}' where id = $1`, [broken.id]);
    const replay = await ordered({ ...order, rowsPerSecond: 100_000 });
    replays.look(['one']);
    expect(await reached(broken.id, ({ state }) => state === 'failed')).toMatchObject({
      error: 'its mapping has an entry without a colon, "again": write TYPE:topic',
    });
    await reached(replay.id, ({ state }) => state === 'done');
  });

  it("go by the relay's own mapping unless they have one", async () => {
    const { replays, publisher } = startReplays('one');
    const replay = await ordered({ by: 'ada', why: 'test', toSequence: 1 });
    replays.look(['one']);
    await reached(replay.id, ({ state }) => state === 'done');
    expect(publisher.records.map(({ topic }) => topic)).toEqual(['own', 'own']);
  });

  it('go on where they are when another relay takes over, without a gap', async () => {
    const one = startReplays('one');
    const two = startReplays('two');
    const replay = await ordered({ ...order, rowsPerSecond: 100 });
    one.replays.look(['one']);
    await reached(replay.id, ({ sentRows }) => sentRows > 20);
    await one.stop();
    two.replays.look(['two']);
    const done = await reached(replay.id, ({ state }) => state === 'done');
    expect(done.sentRows).toBe(2 * rows);
    const bySequence = [...one.publisher.sequencesOf(0), ...two.publisher.sequencesOf(0)];
    expect(bySequence).toEqual(upTo(rows));
    expect(two.publisher.records.length).toBeGreaterThan(0);
  });

  it('show what holds them up, and go on when it is over', async () => {
    const { replays, publisher } = startReplays('one');
    publisher.refuse = () => ({ kind: 'retry', reason: 'topic', error: new Error('no such topic') });
    const replay = await ordered();
    replays.look(['one']);
    await reached(replay.id, ({ error, state }) => error === 'again: no such topic' && state === 'running');
    expect(replays.counts).toEqual({ running: 0, waiting: 1 });
    publisher.refuse = () => undefined;
    await reached(replay.id, ({ state, error }) => state === 'done' && error === null);
    expect(publisher.sequencesOf(0)).toEqual(upTo(rows));
  });

  it('end by a cancel, and go on by a resume with what was left', async () => {
    const { replays, publisher } = startReplays('one');
    const replay = await ordered({ ...order, rowsPerSecond: 100 });
    replays.look(['one']);
    await reached(replay.id, ({ sentRows }) => sentRows > 0);
    expect(await postReplayCancel(database.relayPool, replay.id, { by: 'ada', why: 'too early' })).toMatchObject({
      status: 200,
    });
    replays.look(['one']);
    await eventually(() => replays.counts.running === 0, { what: 'the run to end', withinMs: 5_000 });
    const sent = publisher.records.length;
    expect(sent).toBeLessThan(2 * rows);
    expect(await reached(replay.id, () => true)).toMatchObject({ state: 'cancelled', sentRows: sent });
    expect(await postReplayResume(database.relayPool, replay.id, { by: 'ada', why: 'now' })).toMatchObject({
      status: 200,
    });
    replays.look(['one']);
    await reached(replay.id, ({ state }) => state === 'done');
    expect(publisher.sequencesOf(0)).toEqual(upTo(rows));
    expect(publisher.sequencesOf(1)).toEqual(upTo(rows));
  });

  it('wait for their turn when a relay runs four already', async () => {
    const { replays, publisher } = startReplays('one');
    publisher.refuse = () => ({ kind: 'retry', reason: 'broker', error: new Error('away') });
    const ids: string[] = [];
    for (let count = 0; count < 5; count += 1) ids.push((await ordered()).id);
    replays.look(['one']);
    await eventually(() => replays.counts.waiting === 4, { what: 'four that wait', withinMs: 5_000 });
    publisher.refuse = () => undefined;
    for (const id of ids) {
      expect(await reached(id, ({ state }) => state === 'done')).toMatchObject({ sentRows: 2 * rows });
    }
  });
});

describe('the answers about replays', () => {
  it('show them, the latest first', async () => {
    const first = await ordered();
    const answer = await postReplay(database.relayPool, { ...order, fromSequence: 3 });
    expect(answer).toMatchObject({ status: 201, body: { state: 'running', fromSequence: 3, createdBy: 'ada' } });
    expect(await getReplays(database.relayPool)).toEqual({
      status: 200,
      body: { replays: [answer.body, (await getReplay(database.relayPool, first.id)).body] },
    });
  });

  it('say what is wrong with a request', async () => {
    const { pool } = database;
    const unknown = 'c0ffee00-0000-4000-8000-000000000000';
    expect(await postReplay(pool, { by: 'ada' })).toEqual({
      status: 400,
      body: { error: 'invalid', message: 'why must say what it is for' },
    });
    expect(await postReplay(pool, [])).toMatchObject({ body: { message: 'the body must be a JSON object' } });
    expect(await postReplay(pool, { ...order, ledgers: ['nobody'] })).toEqual({
      status: 400,
      body: { error: 'invalid', message: 'ledgers names a ledger that does not exist: nobody' },
    });
    const notFound = { status: 404, body: { error: 'not-found', message: `there is no replay ${unknown}` } };
    expect(await getReplay(pool, unknown)).toEqual(notFound);
    expect(await postReplayCancel(pool, unknown, { by: 'ada', why: 'test' })).toEqual(notFound);
    expect(await getReplay(pool, "x' or true")).toMatchObject({ status: 404 });
    const { id } = await ordered();
    expect(await postReplayResume(pool, id, { by: 'ada', why: 'test' })).toEqual({
      status: 409,
      body: { error: 'conflict', message: `replay ${id} is running` },
    });
  });
});
