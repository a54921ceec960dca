import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  appendPositions,
  beat,
  dropOldPartitions,
  forgetDeadRelays,
  joinRelays,
  lagOf,
  laneIds,
  latestPositions,
  leaveRelays,
  livingRelays,
  makePartitions,
  prunePositions,
  readHeldFacts,
  readLedgerLanes,
  readNext,
  readParkedFacts,
  readRowFacts,
  waitingLanes,
} from '../../packages/outbox/src/index.ts';
import {
  cancelReplay,
  createReplay,
  failReplay,
  finishReplay,
  listReplays,
  noteReplayError,
  readReplayPage,
  replayLanes,
  resumeReplay,
  runningReplays,
  saveReplayProgress,
} from '../../packages/outbox/src/index.ts';
import {
  announceMembership,
  decideParked,
  endPause,
  handOver,
  heldKeys,
  holdKey,
  lanesOfLedgers,
  lastStatedAtMs,
  ledgerHeads,
  listParked,
  listPauses,
  moveHeld,
  notePublished,
  parkRow,
  passedRowsToRetry,
  pausedLedgers,
  readHeld,
  readRow,
  releaseHeld,
  rowsAround,
  rowsSetAside,
  setAsideByLane,
  setAsideCounts,
  setPause,
} from '../../packages/outbox/src/index.ts';
import { createPool, sqlstateOf, type Pool } from '../../packages/postgres/src/index.ts';
import { createDatabase, type TestDatabase } from '../../packages/stack/src/testing/index.ts';
import type { Command } from '../../services/ledger/src/command/command.ts';
import { migrate } from '../../services/ledger/src/migrate.ts';
import { doctorChecks } from '../../services/relay/src/doctor/doctor.ts';
import type { DoctorSubject } from '../../services/relay/src/doctor/subject.ts';
import { LedgerWriter } from '../../services/ledger/src/writer/writer.ts';

const password = 'for-this-test-alone';
/** Roles are the cluster's, and other tests use theirs at the same time. */
const prefix = `roles_${randomBytes(4).toString('hex')}`;

let database: TestDatabase;
let owner: Pool;
let ledger: Pool;
let relay: Pool;
let writer: LedgerWriter;

beforeAll(async () => {
  database = await createDatabase({ template: 'lanes_2', migrate: async (url) => migrate(url, { lanes: 2 }) });
  owner = createPool(database.databaseUrl, { size: 1, applicationName: 'roles test' });
  await migrate(database.databaseUrl, { lanes: 2, roles: prefix });
  for (const service of ['ledger', 'relay']) {
    // As OPERATIONS.md has it.
    await owner.query(`create role ${prefix}_${service}_0 login password '${password}' in role ${prefix}_${service}`);
  }
  ledger = createPool(urlFor(`${prefix}_ledger_0`), { size: 1, applicationName: 'roles test' });
  relay = createPool(urlFor(`${prefix}_relay_0`), { size: 1, applicationName: 'roles test' });
  writer = new LedgerWriter({
    databaseUrl: urlFor(`${prefix}_ledger_0`),
    connections: 1,
    execution: { eventFormat: 'v1.4', eventBytesMax: 900_000, commitPolicy: 'none' },
    batchCommandsMax: 10,
    batchBytesMax: 1_000_000,
    queueCommandsMax: 100,
    partitionsAheadDays: 1,
    lagSecondsMax: 1_000,
  });
  await writer.start();
});

afterAll(async () => {
  await Promise.all([ledger.end(), relay.end(), writer.stop()]);
  await owner.query(`reassign owned by ${prefix}_outbox to current_user`);
  await owner.query(`drop owned by ${prefix}_ledger, ${prefix}_relay, ${prefix}_outbox`);
  await owner.query(
    `drop role ${prefix}_ledger_0, ${prefix}_relay_0, ${prefix}_ledger, ${prefix}_relay, ${prefix}_outbox`,
  );
  await owner.end();
  await database.drop();
});

function urlFor(role: string): string {
  const url = new URL(database.databaseUrl);
  url.username = role;
  url.password = password;
  return url.href;
}

const shared = { ledger: 'roles', bytes: 100, idempotency: undefined } as const;
const posting = { source: 'world', destination: 'user', amount: 5n, asset: 'COIN' };

const commands: readonly Command[] = [
  {
    ...shared,
    kind: 'create-transactions',
    preview: false,
    idempotency: { key: 'key', requestHash: 'hash' },
    drafts: [{ postings: [posting], reference: 'reference', metadata: {}, timestamp: undefined }],
  },
  { ...shared, kind: 'save-account-metadata', address: 'user', metadata: { a: 1 } },
  { ...shared, kind: 'save-transaction-metadata', txid: 0, metadata: { b: 2 } },
  { ...shared, kind: 'replace-mapping', mapping: { contracts: [] } },
  {
    ...shared,
    kind: 'revert-transaction',
    txid: 0,
    disableChecks: false,
    postings: [posting],
    reference: 'reference',
  },
];

/** What a statement was refused with, or "done". */
async function tried(pool: Pool, statement: string): Promise<string> {
  return await pool.query(statement).then(
    () => 'done',
    (error: unknown) => sqlstateOf(error) ?? String(error),
  );
}

const denied = '42501';

describe('the roles of roles.sql', () => {
  it('let the ledger write every kind of command', async () => {
    for (const command of commands) {
      expect(await writer.submit(command)).toMatchObject({ kind: 'answered' });
    }
  });

  it('let the relay read, publish and share', async () => {
    const member = await joinRelays(relay, 'relay-0');
    expect(await beat(relay, member)).toBe(true);
    expect(await livingRelays(relay, 10_000)).toMatchObject([{ id: 'relay-0' }]);
    const lanes = await laneIds(relay);
    const positions = await latestPositions(relay, lanes);
    expect(await waitingLanes(relay, positions)).toHaveLength(1);
    const rows = await readNext(relay, positions, { rows: 100, rowsPerLane: 100, bytes: 1_000_000 });
    expect(rows).toHaveLength(6);
    await appendPositions(
      relay,
      rows.map(({ lane, seq, at }) => ({ lane, seq, at })),
      { relay: member.id, held: [], mustExist: false },
    );
    const pruned = await Promise.all(lanes.map(async (lane) => prunePositions(relay, lane)));
    expect(pruned.reduce((sum, count) => sum + count)).toBe(5);
    expect((await lagOf(relay, lanes)).every(({ position, head }) => position === head)).toBe(true);
    await forgetDeadRelays(relay);
    await leaveRelays(relay, member);
  });

  it('let the relay park, hold and release, and operators decide', async () => {
    const decision = { by: 'ada', why: 'test' };
    const limits = { rows: 100, bytes: 1_000_000 };
    const positions = (await latestPositions(relay, await laneIds(relay))).filter(({ seq }) => seq > 0);
    const [position] = positions;
    const [row] = await readNext(
      relay,
      positions.map(({ lane }) => ({ lane, seq: 0, at: '-infinity' })),
      { ...limits, rowsPerLane: 100 },
    );
    if (position === undefined || row === undefined) throw new Error('no row to park');
    const { lane, seq, at, key } = row;
    const refusal = {
      topic: 'default',
      error: 'too large',
      attempts: 3,
      policy: 'hold-key',
      relay: 'relay-0',
    } as const;
    expect(await parkRow(relay, { row, ...refusal })).toBe('parked');
    expect(await holdKey(relay, row, key)).toBe(seq);
    expect(await heldKeys(relay, [lane])).toMatchObject([{ key, isReleasable: false }]);
    expect(
      await appendPositions(relay, positions, { relay: 'relay-0', held: [{ lane, key }], mustExist: true }),
    ).toEqual([]);
    expect(await setAsideCounts(relay, [lane])).toEqual({ parkedRows: 1, heldKeys: 1 });
    expect(await setAsideByLane(relay)).toEqual([{ lane, parkedRows: 1, heldKeys: 1 }]);
    expect(await decideParked(relay, { lane, seq, state: 'retry' }, decision)).toMatchObject({ decidedBy: 'ada' });
    expect(await passedRowsToRetry(relay, [lane])).toEqual([]);
    expect(
      (await readHeld(relay, { cursor: { lane, seq: 0, at }, key, until: position.seq }, limits)).rows,
    ).toHaveLength(6);
    expect(await readRow(relay, { lane, seq, at })).toMatchObject({ eventId: row.eventId });
    await notePublished(relay, { lane, key, from: seq, through: seq, isOutOfPlace: false });
    expect(await rowsSetAside(relay, [{ lane, seq: 0 }])).toMatchObject([{ seq, state: 'published' }]);
    await moveHeld(relay, position, key);
    expect(await releaseHeld(relay, position, key)).toBe(true);
    expect(await listParked(relay, { states: ['published'], limit: 10 })).toHaveLength(1);
  });

  it('let the relay pause and resume', async () => {
    const target = { scope: 'ledger', target: shared.ledger } as const;
    expect(await setPause(relay, target, { by: 'ada', why: 'test' })).toMatchObject(target);
    expect(await listPauses(relay)).toHaveLength(1);
    expect(await pausedLedgers(relay, await laneIds(relay))).toMatchObject([{ name: shared.ledger }]);
    expect(await endPause(relay, target)).toBe(true);
  });

  it('let the relay hand lanes over, and look around positions when it takes some over', async () => {
    await announceMembership(relay);
    await handOver(relay, [0]);
    const lane = (await lanesOfLedgers(relay, [shared.ledger])).get(shared.ledger) ?? -1;
    const positions = await latestPositions(relay, [lane]);
    expect(await rowsAround(relay, positions, { above: 10, below: 10 })).toHaveLength(6);
    expect(await lastStatedAtMs(relay, [lane])).toBeGreaterThan(0);
    expect(await ledgerHeads(relay, lane, [shared.ledger])).toEqual(new Map([[shared.ledger, 6]]));
  });

  it('let the relay replay', async () => {
    const decision = { by: 'ada', why: 'test' };
    const none = { types: undefined, fromTime: undefined, toTime: undefined, mapping: undefined };
    const order = {
      ...none,
      ledgers: ['roles'],
      fromSequence: 1,
      toSequence: undefined,
      rowsPerSecond: 1,
      ...decision,
    };
    const creation = await createReplay(relay, order);
    expect(creation).toMatchObject({ kind: 'created' });
    const [replay] = await runningReplays(relay);
    const id = replay?.id ?? '';
    const [lane] = await replayLanes(relay, id);
    if (lane === undefined) throw new Error('no lane to replay');
    const page = await readReplayPage(relay, { id, lane }, { rows: 100, bytes: 1_000_000 });
    expect(page?.rows).toHaveLength(6);
    expect(await noteReplayError(relay, id, 'held up')).toBe('running');
    const progress = { lane: lane.lane, afterSeq: 0, seq: 6, at: lane.at, sentRows: 6 };
    expect(await saveReplayProgress(relay, id, progress)).toBe(true);
    await failReplay(relay, id, 'poison');
    expect(await resumeReplay(relay, id, decision)).toEqual({ kind: 'decided' });
    expect(await cancelReplay(relay, id, decision)).toEqual({ kind: 'decided' });
    await resumeReplay(relay, id, decision);
    await finishReplay(relay, id);
    expect(await listReplays(relay)).toMatchObject([{ state: 'done', sentRows: 6 }]);
  });

  it('let the relay drop old partitions, and tell it when it may not', async () => {
    const day = '2020-01-01';
    const name = `outbox_${day.replaceAll('-', '')}`;
    const at = `${day}T12:00:00Z`;
    await makePartitions(ledger, 0, day);
    // In the lane that is empty otherwise, so that its floor must be raised.
    const inserted = await owner.query<{ lane: number }>(
      `insert into outbox (lane, seq, at, event_id, type, ledger, event_sequence, key, body)
       select id, 1, $1, gen_random_uuid(), 'SAVED_METADATA', 'roles', 1, 'roles', '{}'
       from lane where not exists (select from outbox where lane = id) returning lane`,
      [at],
    );
    const lane = inserted.rows[0]?.lane ?? -1;
    const round = async () => await dropOldPartitions(relay, { retentionDays: 7 });
    expect(await round()).toMatchObject({ kept: [{ name, reason: 'unpublished' }] });
    await appendPositions(relay, [{ lane, seq: 1, at }], { relay: 'relay-0', held: [], mustExist: false });
    await owner.query(`revoke ${prefix}_outbox from ${prefix}_relay`);
    expect(await round()).toEqual({ kind: 'not-owner', owner: `${prefix}_outbox` });
    await owner.query(`grant ${prefix}_outbox to ${prefix}_relay`);
    expect(await round()).toMatchObject({ dropped: [{ name }], kept: [] });
    expect(await lagOf(relay, [lane])).toEqual([{ lane, position: 1, head: 1, lagSeconds: 0 }]);
  });

  it('let the relay do all that its doctor looks for', async () => {
    const check = doctorChecks.find(({ name }) => name === 'rights');
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the check asks the pool alone
    expect(await check?.run({ pool: relay } as DoctorSubject)).toMatchObject({ status: 'ok' });
  });

  it('let the relay verify', async () => {
    expect(await readLedgerLanes(relay, '', 10)).toMatchObject([{ name: shared.ledger }]);
    expect(await readParkedFacts(relay, { lane: -1, seq: 0 }, 10)).toHaveLength(1);
    expect(await readHeldFacts(relay, { lane: -1, key: '' }, 10)).toEqual([]);
    const lanes = await laneIds(relay);
    const pages = lanes.map(async (lane) =>
      readRowFacts(relay, { lane, seq: 0, at: '-infinity' }, { untilSeq: 100, limit: 100 }),
    );
    expect((await Promise.all(pages)).flat()).toHaveLength(6);
  });

  it('are given something in every table', async () => {
    const { rows } = await owner.query<{ name: string }>(
      `select relname as name from pg_class
       where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p') and not relispartition
         and not has_table_privilege($1, oid, 'SELECT') and not has_table_privilege($2, oid, 'SELECT')`,
      [`${prefix}_ledger`, `${prefix}_relay`],
    );
    expect(rows).toEqual([]);
  });

  it.each([
    "insert into outbox (lane, seq, at, event_id, type, ledger, event_sequence, key, body) values (0, 9, now(), gen_random_uuid(), 'T', 'l', 1, 'l', '')",
    'update outbox set seq = 0',
    'delete from outbox',
    'truncate outbox',
    'drop table outbox',
    'update position set seq = 0',
    'select from transaction',
    'select from move',
    'select from account',
    'select from log',
    'select from mapping',
    'select from idempotency',
    'select from migration',
    'insert into lane (id) values (99)',
    'update lane set id = id',
    'delete from lane',
    "insert into ledger (id, name, lane, created_at) values (99, 'l', 0, now())",
    'update ledger set lane = 0',
    'delete from replay',
    'delete from replay_lane',
    "select nextval('ledger_id_seq')",
    'create table extra (id int)',
  ])('do not let the relay: %s', async (statement) => {
    expect(await tried(relay, statement)).toBe(denied);
  });

  it.each([
    'update move set input = 0',
    'delete from move',
    'update transaction set postings = null',
    'update transaction set reference = null',
    'delete from transaction',
    'update account set address = null',
    'delete from account',
    'update log set hash = null',
    'delete from log',
    'update mapping set contracts = null',
    'delete from mapping',
    'update idempotency set body = null',
    'delete from idempotency',
    'update ledger set lane = 0',
    'delete from ledger',
    'update outbox set seq = 0',
    'delete from outbox',
    'truncate outbox',
    'drop table outbox',
    'update lane set floor_at = now()',
    'insert into lane (id) values (99)',
    'insert into position (lane, seq, at, relay) values (0, 1, now(), 1)',
    'select from relay',
    'select from parked',
    'select from held',
    'select from pause',
    'select from replay',
    'select from replay_lane',
    'create table extra (id int)',
  ])('do not let the ledger: %s', async (statement) => {
    expect(await tried(ledger, statement)).toBe(denied);
  });

  it.each([
    'select from transaction',
    'select from log',
    'select from ledger',
    'insert into position (lane, seq, at, relay) values (0, 1, now(), 1)',
    'drop table log',
    'alter table lane add column extra int',
  ])("do not let either as the outbox's owner: %s", async (statement) => {
    for (const pool of [ledger, relay]) {
      await pool.query(`set role ${prefix}_outbox`);
      expect(await tried(pool, statement)).toBe(denied);
      await pool.query('reset role');
    }
  });
});
