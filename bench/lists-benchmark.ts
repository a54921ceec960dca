import { readFileSync, statSync } from 'node:fs';
import { createPool } from '@daybook/postgres';
import { startPostgres } from '@daybook/stack';
import { listQueries, scanningQueries, type ListQuery } from './list-queries.ts';
import type { Gauge } from './measurement.ts';
import { wholeNumber } from './option.ts';
import { loggingPlans, planNodes } from './plan-nodes.ts';
import { seedLists, type ListSize } from './seed-lists.ts';
import { Service } from './service.ts';
import { spreadOf } from './statistics.ts';
import { subject, type BenchmarkResult, type Conditions } from './subject.ts';
import { databaseSurroundings } from './surroundings.ts';

interface ListsBenchmarkOptions extends Conditions {
  readonly size: ListSize;
  /** Of each page, in each run. */
  readonly requests: number;
}

export const listsSubject = subject({
  name: 'lists',
  title: 'Lists',
  about: 'P1 and on, a page of each list of a ledger with each filter, and the plan by which it is found',
  options: {
    transactions: wholeNumber('transactions of the ledger', 1_000_000, { min: 10_000, max: 100_000_000 }),
    accounts: wholeNumber('its accounts', 100_000, { min: 5_000, max: 10_000_000 }),
    requests: wholeNumber('requests for each page in each run', 50, { min: 1, max: 10_000 }),
  },
  method: ({ requests }) => `${requests} requests for each page, one after the other on one connection`,
  run: async ({ requests, ...size }, conditions) => benchmarkLists({ size, requests, ...conditions }),
});

/** The most that a page with one filter may take at the median. */
const pageMsMax = 50;

/** Requests of each page before those that count. */
const warmUpRequests = 5;

const progressEveryMs = 2_000;
const name = 'lists';

/** Asks for one page of each list with each filter, on one connection, and says by which plans it was found. */
async function benchmarkLists(options: ListsBenchmarkOptions): Promise<BenchmarkResult> {
  const { stops, progress, size } = options;
  progress('starting PostgreSQL and a ledger …');
  const postgres = await startPostgres({ report: progress });
  stops.add(async () => postgres.stop());
  const env = { DATABASE_URL: postgres.databaseUrl, MIGRATE_ON_START: 'true' };
  const ledger = await Service.start('ledger', env, stops);
  // Another process, so that no measured request pays for the writing down of plans.
  const explained = new URL(postgres.databaseUrl);
  explained.searchParams.set('options', loggingPlans);
  const explaining = await Service.start('ledger', { DATABASE_URL: explained.href }, stops);
  const pool = createPool(postgres.databaseUrl, { size: 1, applicationName: 'daybook bench', queryTimeoutMs: 0 });
  stops.add(async () => pool.end());

  // A read makes the ledger.
  await fetchPage(ledger, { list: 'stats', query: '', rows: 2 });
  const { rows } = await pool.query<{ id: number }>('select id from ledger where name = $1', [name]);
  const id = rows[0]?.id;
  if (id === undefined) throw new Error(`there is no ledger ${name}`);
  await seedLists(pool, id, { size, progress });

  const nodesOf = async (query: ListQuery) => {
    await fetchPage(explaining, query);
    const start = statSync(postgres.logFile).size;
    await fetchPage(explaining, query);
    return planNodes(readFileSync(postgres.logFile).subarray(start).toString());
  };
  const gauges: Gauge[] = [];
  const measured = [
    ...listQueries(size).map((query) => ({ query, target: pageMsMax })),
    ...scanningQueries().map((query) => ({ query, target: undefined })),
  ];
  for (const [index, { query, target }] of measured.entries()) {
    const work = `\`GET /${query.list}${query.query === '' ? '' : `?${query.query}`}\``;
    progress(`${index + 1} of ${measured.length}: ${work}`);
    const runs = await measure(ledger, query, options);
    gauges.push({
      id: `P${index + 1}`,
      work,
      unit: 'ms',
      digits: 1,
      target,
      figures: runs.map(({ p50 }) => p50),
      detail: `p95 ${shown(runs.map(({ p95 }) => p95))}, p99 ${shown(runs.map(({ p99 }) => p99))} ms; ${(await nodesOf(query)).join(', ')}`,
      faults: [...new Set(runs.flatMap(({ faults }) => faults))],
    });
  }
  const counts = `${size.transactions.toLocaleString('en-US')} transactions over ${size.accounts.toLocaleString('en-US')} accounts`;
  return { comparisons: [], gauges, surroundings: { ...(await databaseSurroundings(pool)), ledger: counts } };
}

interface PageRun {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly faults: readonly string[];
}

async function measure(
  ledger: Service,
  query: ListQuery,
  { requests, runs, progress }: ListsBenchmarkOptions,
): Promise<readonly PageRun[]> {
  const results: PageRun[] = [];
  let saidAtMs = performance.now();
  for (let run = 1; run <= runs; run += 1) {
    const timesMs: number[] = [];
    const faults = new Set<string>();
    for (let request = -warmUpRequests; request < requests; request += 1) {
      const started = performance.now();
      const rows = await fetchPage(ledger, query);
      const ended = performance.now();
      if (request >= 0) timesMs.push(ended - started);
      if (rows !== query.rows) faults.add(`a page of ${rows} rows instead of ${query.rows}`);
      if (ended - saidAtMs > progressEveryMs) {
        progress(`  run ${run} of ${runs}: ${Math.max(0, request)} of ${requests} requests …`);
        saidAtMs = ended;
      }
    }
    const sorted = timesMs.toSorted((a, b) => a - b);
    const percentile = (share: number) =>
      sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? 0;
    results.push({ p50: percentile(0.5), p95: percentile(0.95), p99: percentile(0.99), faults: [...faults] });
  }
  return results;
}

/** How many rows a page has; of an aggregate, how many fields. */
async function fetchPage(ledger: Service, { list, query }: ListQuery): Promise<number> {
  const response = await fetch(`${ledger.url}/${name}/${list}?${query}`);
  const text = await response.text();
  if (!response.ok) throw new Error(`${list}?${query} was answered with ${response.status}: ${text}`);
  const { cursor, data }: { cursor?: { data: unknown[] }; data?: object } = JSON.parse(text);
  return cursor?.data.length ?? Object.keys(data ?? {}).length;
}

function shown(figures: readonly number[]): string {
  return spreadOf(figures).median.toFixed(1);
}
