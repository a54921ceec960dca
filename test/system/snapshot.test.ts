import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import {
  dropOldPartitions,
  lagOf,
  laneIds,
  makePartitions,
  type RetentionRound,
} from '../../packages/outbox/src/index.ts';
import { inTransaction } from '../../packages/postgres/src/index.ts';
import { countPublished, eventually, Workload } from '../../packages/stack/src/testing/index.ts';
import { AuditedStack, heartbeatMs } from './audited-stack.ts';

const seed = inject('seed');
const ledgers = Array.from({ length: 16 }, (_, index) => `ledger-${index}`);
const writesPerWindow = 1_000;
/** Before the snapshot is opened and after it is gone, each; while it is held, as many as both. */
const freeWindows = 2;

/** How long ago the days of the old partitions were, oldest first. All are older than retention. */
const oldDays = [12, 11, 10];
const oldRowsPerLane = 20;
const retentionDays = 7;

interface TableChurn {
  name: string;
  inserted: number;
  updated: number;
  deleted: number;
  dead: number;
}

interface Window {
  isHeld: boolean;
  writesPerSecond: number;
  publishedPerSecond: number;
  /** The median of the greatest lags of all lanes, looked at again and again. */
  lagSeconds: number;
}

let audited: AuditedStack;
let workload: Workload;
let startedAt: number;

beforeAll(async () => {
  startedAt = performance.now();
  audited = await AuditedStack.start({ ledgers: 1, relays: 1 });
  const { stack } = audited;
  // What only appends: metadata and reverts change what a client asks to change.
  const kinds = ['transaction', 'batch', 'mapping'] as const;
  await fillOldPartitions();
  workload = new Workload({ seed, ledgerUrls: stack.ledgerUrls, ledgers, clients: 16, kinds });
  await published(500);
}, 120_000);

afterAll(async () => {
  await workload?.stop();
  await audited?.stop();
});

function say(line: string): void {
  process.stderr.write(`snapshot (seed ${seed}): ${line}\n`);
}

/** Rows of days past in all lanes, which the relay publishes, and behind which the ledger goes on. */
async function fillOldPartitions(): Promise<void> {
  const { pool } = audited;
  for (const [index, daysAgo] of oldDays.entries()) {
    const at = new Date(Date.now() - daysAgo * 86_400_000).toISOString();
    await makePartitions(pool, 0, at.slice(0, 10));
    await pool.query(
      `insert into outbox (lane, seq, at, event_id, type, ledger, event_sequence, key, body)
       select lane.id, $1 + n, $2, gen_random_uuid(), 'SAVED_METADATA', 'old', $1 + n, 'old-' || lane.id, '{}'
       from lane, generate_series(1, $3) n`,
      [index * oldRowsPerLane, at, oldRowsPerLane],
    );
  }
  await audited.settled();
}

async function published(rows: number): Promise<void> {
  const before = await countPublished(audited.pool);
  await eventually(async () => (await countPublished(audited.pool)) > before + rows, {
    what: `${rows} more rows published`,
    withinMs: 60_000,
  });
}

const churnSql = `
select relname as name, n_tup_ins as inserted, n_tup_upd as updated, n_tup_del as deleted, n_dead_tup as dead
from pg_stat_user_tables order by relname`;

async function churn(): Promise<Map<string, TableChurn>> {
  const { rows } = await audited.pool.query<TableChurn>(churnSql);
  return new Map(rows.map((row) => [row.name, row]));
}

/** Rates and lag while the next writes are answered. */
async function measure(isHeld: boolean): Promise<Window> {
  const { pool } = audited;
  const lanes = await laneIds(pool);
  const publishedBefore = await countPublished(pool);
  const writtenBefore = workload.counts.written;
  const lags: number[] = [];
  const beganAt = performance.now();
  await eventually(
    async () => {
      lags.push(Math.max(...(await lagOf(pool, lanes)).map(({ lagSeconds }) => lagSeconds)));
      return workload.counts.written >= writtenBefore + writesPerWindow;
    },
    { what: 'the writes of a window', withinMs: 30_000, pollMs: 20 },
  );
  const seconds = (performance.now() - beganAt) / 1_000;
  return {
    isHeld,
    writesPerSecond: (workload.counts.written - writtenBefore) / seconds,
    publishedPerSecond: ((await countPublished(pool)) - publishedBefore) / seconds,
    lagSeconds: median(lags),
  };
}

async function measureSome(count: number, isHeld: boolean): Promise<Window[]> {
  const windows: Window[] = [];
  for (let index = 0; index < count; index += 1) windows.push(await measure(isHeld));
  return windows;
}

const outboxDeadSql = `select coalesce(sum(n_dead_tup), 0)::int as dead from pg_stat_user_tables where relname like 'outbox%'`;

/** One snapshot from first to last, while retention tries without a pause to drop what is old, and partitions are made ahead. */
async function measureHeld(): Promise<{ windows: readonly Window[]; rounds: readonly RetentionRound[]; dead: number }> {
  const { pool } = audited;
  return await inTransaction(pool, async (client) => {
    await client.query('set transaction isolation level repeatable read');
    await client.query('select count(*) from outbox');
    const rounds: RetentionRound[] = [];
    const over = new AbortController();
    const trying = (async () => {
      while (!over.signal.aborted) {
        rounds.push(await dropOldPartitions(pool, { retentionDays }));
        await makePartitions(pool, 3 + Math.min(rounds.length, 3));
      }
    })();
    const windows = await measureSome(2 * freeWindows, true).finally(() => over.abort());
    await trying;
    const { rows } = await pool.query<{ dead: number }>(outboxDeadSql);
    return { windows, rounds, dead: rows[0]?.dead ?? -1 };
  });
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

test('writing-and-publishing-only-append: under a held snapshot no table gathers dead rows, and rate and lag stay', async () => {
  const before = await churn();
  const free = await measureSome(freeWindows, false);
  const held = await measureHeld();
  // Every round gave up in time, and the next one was as good as the first.
  const reasons = held.rounds.map((round) =>
    round.kind === 'done' ? round.kept.map(({ reason }) => reason) : round.kind,
  );
  expect(reasons).toEqual(held.rounds.map(() => oldDays.map(() => 'busy')));
  expect(held.dead).toBe(0);
  const last = await dropOldPartitions(audited.pool, { retentionDays });
  expect(last).toMatchObject({ kind: 'done', kept: [], dropped: oldDays.map(() => ({})) });
  const windows = [...free, ...held.windows, ...(await measureSome(freeWindows, false))];
  await workload.stop();
  await audited.settled();
  const after = await eventually(
    async () => {
      // Sessions report their counts at intervals.
      const now = await churn();
      const inserted = (table: string) => (now.get(table)?.inserted ?? 0) - (before.get(table)?.inserted ?? 0);
      return inserted('log') > 0 && inserted('position') > 0 ? now : undefined;
    },
    { what: 'statistics' },
  );
  for (const { isHeld, writesPerSecond, publishedPerSecond, lagSeconds } of windows) {
    const rates = `${writesPerSecond.toFixed(0)} writes/s, ${publishedPerSecond.toFixed(0)} rows/s published`;
    say(`${isHeld ? 'held' : 'free'}: ${rates}, lag ${(lagSeconds * 1_000).toFixed(0)} ms`);
  }
  say(`retention tried ${held.rounds.length} times under the snapshot`);
  for (const { name, inserted, updated, deleted, dead } of after.values()) {
    say(`${name}: ${inserted} inserted, ${updated} updated, ${deleted} deleted, ${dead} dead`);
  }
  const typical = (isHeld: boolean, of: Exclude<keyof Window, 'isHeld'>) =>
    median(windows.filter((window) => window.isHeld === isHeld).map((window) => window[of]));
  expect(typical(true, 'writesPerSecond')).toBeGreaterThan(0.5 * typical(false, 'writesPerSecond'));
  expect(typical(true, 'publishedPerSecond')).toBeGreaterThan(0.5 * typical(false, 'publishedPerSecond'));
  expect(typical(true, 'lagSeconds')).toBeLessThan(2 * typical(false, 'lagSeconds') + 0.1);
  // A floor is raised once, when its lane's last rows are to be dropped.
  const lanes = await laneIds(audited.pool);
  expect(after.get('lane')?.updated).toBeLessThanOrEqual(lanes.length);
  const appending = [...after.values()].filter(({ name }) => name !== 'relay' && name !== 'lane');
  const names = ['account', 'ledger', 'log', 'mapping', 'move', 'outbox', 'position', 'transaction'];
  expect(appending.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
  expect(appending.filter(({ updated, deleted, dead }) => updated + deleted + dead > 0)).toEqual([]);
  // A relay's heartbeat is the one row that is updated, as often as time says and not work.
  const beatsMax = (performance.now() - startedAt) / heartbeatMs + 5;
  expect(after.get('relay')?.updated).toBeLessThanOrEqual(beatsMax);
});
