import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { commitPipeline, createPool, type Pool } from '../../packages/postgres/src/index.ts';
import { WireCounter } from './wire-counter.ts';

let wire: WireCounter;
let pool: Pool;
let pipelined: Pool;

beforeAll(() => {
  const databaseUrl = inject('databaseUrl');
  wire = new WireCounter(Number(new URL(databaseUrl).port));
  pool = createPool(databaseUrl, { size: 1, applicationName: 'one by one' });
  pipelined = createPool(databaseUrl, { size: 1, applicationName: 'all at once', pipeline: true });
});

afterAll(async () => {
  wire.stop();
  await Promise.all([pool.end(), pipelined.end()]);
});

it('counts a round trip for each statement that waits for the one before', async () => {
  const before = wire.of('one by one');
  for (let turn = 0; turn < 3; turn += 1) await pool.query({ name: 'three', text: 'select 3' });
  await pool.query('select $1::int', [4]);
  await pool.query('select 5');
  expect(wire.since(before, 'one by one')).toEqual({
    roundTrips: 5,
    statements: 5,
    commits: 0,
    byName: new Map([
      ['three', 3],
      ['select $1::int', 1],
      ['select 5', 1],
    ]),
  });
});

it('counts one round trip for statements that are sent before the first answer', async () => {
  const client = await pipelined.connect();
  try {
    const before = wire.of('all at once');
    await Promise.all([client.query('BEGIN'), client.query('select $1::int', [1])]);
    expect(await commitPipeline(client, [{ name: 'two', text: 'select $1::int', values: [2] }])).toMatchObject({
      kind: 'committed',
    });
    expect(wire.since(before, 'all at once')).toMatchObject({ roundTrips: 2, statements: 4, commits: 1 });
  } finally {
    client.release();
  }
});

it('takes no COMMIT for one that the server answers with ROLLBACK', async () => {
  const client = await pipelined.connect();
  try {
    const before = wire.of('all at once');
    await client.query('BEGIN');
    expect(await commitPipeline(client, [{ name: 'fault', text: 'select 1 / $1::int', values: [0] }])).toMatchObject({
      kind: 'rolled-back',
    });
    expect(wire.since(before, 'all at once')).toMatchObject({ roundTrips: 2, statements: 3, commits: 0 });
  } finally {
    client.release();
  }
});

it('counts only the applications that are asked for', () => {
  expect(wire.of('nobody')).toEqual({ roundTrips: 0, statements: 0, commits: 0, byName: new Map() });
  expect(wire.of('one by one', 'all at once').statements).toBe(
    wire.of('one by one').statements + wire.of('all at once').statements,
  );
});
