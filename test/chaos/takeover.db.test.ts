import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  createDatabase,
  openAuditorDatabase,
  type AuditorDatabase,
  type TestDatabase,
} from '../../packages/stack/src/testing/index.ts';
import { migrate } from '../../services/ledger/src/migrate.ts';
import { lanesPublishedBy, publishingPlace, readTakeovers } from './takeover.ts';

const day = Date.UTC(2026, 0, 2);
/** The moment of the fault. */
const sinceMs = day + 10_000;

let created: TestDatabase;
let database: AuditorDatabase;

beforeAll(async () => {
  created = await createDatabase({ template: 'takeover', migrate: async (url) => migrate(url, { lanes: 16 }) });
  database = openAuditorDatabase(created.databaseUrl);
  await database.query(
    `create table outbox_takeover partition of outbox for values from ('2026-01-01') to ('2026-01-04')`,
  );
  await database.query(
    `insert into ledger (id, name, lane, created_at) select n, 'ledger-' || n, n, now() from generate_series(0, 15) n`,
  );
});

afterAll(async () => {
  await database.end();
  await created.drop();
});

async function write(lane: number, seq: number, afterMs: number): Promise<void> {
  await database.query(
    `insert into outbox (lane, seq, at, event_id, type, ledger, event_sequence, key, body)
     values ($1, $2, to_timestamp($3::float8 / 1000), gen_random_uuid(), 'T', 'ledger', $2, 'ledger', '{}')`,
    [lane, seq, sinceMs + afterMs],
  );
}

async function publish(lane: number, seq: number, relay: string, afterMs: number): Promise<void> {
  await database.query(
    `insert into position (lane, seq, at, relay, recorded_at)
     values ($1, $2, now(), $3, to_timestamp($4::float8 / 1000))`,
    [lane, seq, relay, sinceMs + afterMs],
  );
}

test('a lane whose rows waited is taken over when another relay first states a position', async () => {
  await publish(1, 5, 'relay-0', -500);
  await write(1, 6, -100);
  // What it had under way when it was hit.
  await publish(1, 6, 'relay-0', 20);
  await write(1, 7, 600);
  await publish(1, 7, 'relay-1', 1_400);
  await publish(1, 8, 'relay-1', 1_900);
  const takeovers = await readTakeovers(database, { relay: 'relay-0', lanes: [1], sinceMs });
  expect(takeovers).toEqual([{ lane: 1, ms: 1_400 }]);
});

test('a lane that its relay went on with was not taken over, whoever published it later', async () => {
  await publish(2, 5, 'relay-0', -500);
  await write(2, 6, 100);
  await publish(2, 6, 'relay-0', 900);
  await publish(2, 7, 'relay-1', 5_000);
  expect(await readTakeovers(database, { relay: 'relay-0', lanes: [2], sinceMs })).toEqual([]);
});

test('a lane that had nothing to publish until its relay was known to be dead says nothing', async () => {
  await publish(3, 5, 'relay-0', -500);
  await write(3, 6, 5_000);
  await publish(3, 6, 'relay-1', 5_100);
  expect(await readTakeovers(database, { relay: 'relay-0', lanes: [3], sinceMs })).toEqual([]);
});

test('a lane that nobody has taken over yet, and one that was not asked for, are left out', async () => {
  await publish(4, 5, 'relay-0', -500);
  await write(4, 6, 100);
  await publish(5, 5, 'relay-1', 1_000);
  expect(await readTakeovers(database, { relay: 'relay-0', lanes: [4], sinceMs })).toEqual([]);
});

test('who publishes a lane is who stated its last position, lately', async () => {
  const lately = Date.now() - sinceMs;
  await publish(6, 1, 'relay-0', lately - 20);
  await publish(6, 2, 'relay-1', lately);
  await publish(7, 1, 'relay-2', -1_000);
  const ledgers = ['ledger-6', 'ledger-7'];
  expect(await lanesPublishedBy(database, 'relay-0', ledgers)).toEqual([]);
  expect(await lanesPublishedBy(database, 'relay-1', ledgers)).toEqual([6]);
  expect(await lanesPublishedBy(database, 'relay-2', ledgers)).toEqual([]);
  expect(await publishingPlace(database, 2, ledgers)).toBe(1);
  expect(await publishingPlace(database, 2, ['ledger-7'])).toBe(2);
});
