import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { inTransaction } from '../../packages/postgres/src/index.ts';
import { countPublished, eventually, Workload } from '../../packages/stack/src/testing/index.ts';
import { AuditedStack, heartbeatMs } from './audited-stack.ts';

const seed = inject('seed');
const ledgers = Array.from({ length: 16 }, (_, index) => `ledger-${index}`);
const writesPerWindow = 1_000;
const pairs = 4;

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

/** The rates while the next writes are answered. */
async function measure(isHeld: boolean): Promise<Window> {
  const publishedBefore = await countPublished(audited.pool);
  const writtenBefore = workload.counts.written;
  const beganAt = performance.now();
  await eventually(() => workload.counts.written >= writtenBefore + writesPerWindow, {
    what: 'the writes of a window',
    withinMs: 30_000,
  });
  const seconds = (performance.now() - beganAt) / 1_000;
  return {
    isHeld,
    writesPerSecond: (workload.counts.written - writtenBefore) / seconds,
    publishedPerSecond: ((await countPublished(audited.pool)) - publishedBefore) / seconds,
  };
}

async function measureHeld(): Promise<Window> {
  return inTransaction(audited.pool, async (client) => {
    await client.query('set transaction isolation level repeatable read');
    await client.query('select count(*) from outbox');
    return measure(true);
  });
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

test('writing-and-publishing-only-append: under a held snapshot no table gathers dead rows, and the rate stays', async () => {
  const before = await churn();
  const windows: Window[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    windows.push(await measure(false), await measureHeld());
  }
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
  for (const { isHeld, writesPerSecond, publishedPerSecond } of windows) {
    const name = isHeld ? 'held' : 'free';
    say(`${name}: ${writesPerSecond.toFixed(0)} writes/s, ${publishedPerSecond.toFixed(0)} rows/s published`);
  }
  for (const { name, inserted, updated, deleted, dead } of after.values()) {
    say(`${name}: ${inserted} inserted, ${updated} updated, ${deleted} deleted, ${dead} dead`);
  }
  const rate = (isHeld: boolean, of: 'writesPerSecond' | 'publishedPerSecond') =>
    median(windows.filter((window) => window.isHeld === isHeld).map((window) => window[of]));
  expect(rate(true, 'writesPerSecond')).toBeGreaterThan(0.5 * rate(false, 'writesPerSecond'));
  expect(rate(true, 'publishedPerSecond')).toBeGreaterThan(0.5 * rate(false, 'publishedPerSecond'));
  const appending = [...after.values()].filter(({ name }) => name !== 'relay');
  const names = ['account', 'lane', 'ledger', 'log', 'mapping', 'move', 'outbox', 'position', 'transaction'];
  expect(appending.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
  expect(appending.filter(({ updated, deleted, dead }) => updated + deleted + dead > 0)).toEqual([]);
  // A relay's heartbeat is the one row that is updated, as often as time says and not work.
  const beatsMax = (performance.now() - startedAt) / heartbeatMs + 5;
  expect(after.get('relay')?.updated).toBeLessThanOrEqual(beatsMax);
});
