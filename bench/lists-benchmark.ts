import { readFileSync, statSync } from 'node:fs';
import { createPool } from '@daybook/postgres';
import { startPostgres } from '@daybook/stack';
import type { LoadTimes } from './ledger-load.ts';
import { listQueries, pages, scanningQueries, type ListQuery } from './list-queries.ts';
import type { Gauge } from './measurement.ts';
import { choices, folder, wholeNumber } from './option.ts';
import { askForPage, comparePages } from './page-rates.ts';
import { loggingPlans, planNodes } from './plan-nodes.ts';
import { seedLists, type ListSize } from './seed-lists.ts';
import { Service } from './service.ts';
import { ServiceProfile } from './service-profile.ts';
import { spreadOf } from './statistics.ts';
import { subject, type BenchmarkResult, type Conditions } from './subject.ts';
import { databaseSurroundings } from './surroundings.ts';

interface ListsBenchmarkOptions extends Conditions {
  readonly size: ListSize;
  /** Of each page, in each run. */
  readonly requests: number;
  readonly lines: readonly string[];
  /** Of L6. */
  readonly times: LoadTimes;
  readonly profileFolder: string | undefined;
}

export const listsSubject = subject({
  name: 'lists',
  title: 'Lists',
  about: 'L6 pages of each list under load, P1 and on a page of each list with each filter, and the plan that finds it',
  options: {
    transactions: wholeNumber('transactions of the ledger', 1_000_000, { min: 10_000, max: 100_000_000 }),
    accounts: wholeNumber('its accounts', 100_000, { min: 5_000, max: 10_000_000 }),
    seconds: wholeNumber('L6: measured seconds of each run', 5, { min: 1, max: 600 }),
    'warm-up': wholeNumber('L6: seconds before it that do not count', 2, { min: 0, max: 600 }),
    requests: wholeNumber('P: requests for each page in each run', 50, { min: 1, max: 10_000 }),
    only: choices('of', ['L6', 'P']),
    profile: folder('where to leave CPU profiles; then shows where the time of L6 goes, and figures are no figures'),
  },
  method: ({ seconds, 'warm-up': warmUp, requests }) =>
    `L6 ${seconds} s each after ${warmUp} s of warm-up, P ${requests} requests for each page, one after the other on one connection`,
  run: async ({ seconds, 'warm-up': warmUpSeconds, requests, only, profile, ...size }, conditions) =>
    benchmarkLists({
      ...conditions,
      size,
      requests,
      lines: only,
      times: { seconds, warmUpSeconds },
      profileFolder: profile,
    }),
});

/** The most that a page with one filter may take at the median. */
const pageMsMax = 50;

/** Requests of each page before those that count. */
const warmUpRequests = 5;

const progressEveryMs = 2_000;
const name = 'lists';

/** Fills one ledger and asks for pages of it. */
async function benchmarkLists(options: ListsBenchmarkOptions): Promise<BenchmarkResult> {
  const { stops, progress, size, lines } = options;
  progress('starting PostgreSQL and a ledger …');
  const postgres = await startPostgres({ report: progress });
  stops.add(async () => postgres.stop());
  const env = { DATABASE_URL: postgres.databaseUrl, MIGRATE_ON_START: 'true' };
  const profile = new ServiceProfile(options.profileFolder);
  const ledger = await Service.start('ledger', env, stops, profile.nodeArguments('ledger'));
  const pool = createPool(postgres.databaseUrl, { size: 1, applicationName: 'daybook bench', queryTimeoutMs: 0 });
  stops.add(async () => pool.end());

  // A read makes the ledger.
  await fetchPage(ledger, { list: 'stats', query: '', rows: 2 });
  const { rows } = await pool.query<{ id: number }>('select id from ledger where name = $1', [name]);
  const id = rows[0]?.id;
  if (id === undefined) throw new Error(`there is no ledger ${name}`);
  await seedLists(pool, id, { size, progress });

  const counts = `${size.transactions.toLocaleString('en-US')} transactions over ${size.accounts.toLocaleString('en-US')} accounts`;
  const comparisons = lines.includes('L6')
    ? await comparePages(pages(size), {
        ...options,
        ...options.times,
        ledger,
        name,
        pool,
        profile,
        databaseUrl: postgres.databaseUrl,
      })
    : [];
  const gauges = lines.includes('P') ? await timePages(ledger, postgres, options) : [];
  const surroundings = { ...(await databaseSurroundings(pool)), ledger: counts };
  await ledger.stop();
  return { comparisons, gauges, surroundings, tables: profile.tables() };
}

/** P: asks for one page of each list with each filter, on one connection, and says by which plans it was found. */
async function timePages(
  ledger: Service,
  postgres: { readonly databaseUrl: string; readonly logFile: string },
  options: ListsBenchmarkOptions,
): Promise<readonly Gauge[]> {
  const { stops, progress, size } = options;
  // Another process, so that no measured request pays for the writing down of plans.
  const explained = new URL(postgres.databaseUrl);
  explained.searchParams.set('options', loggingPlans);
  const explaining = await Service.start('ledger', { DATABASE_URL: explained.href }, stops);
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
  return gauges;
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

async function fetchPage(ledger: Service, query: ListQuery): Promise<number> {
  return (await askForPage(`${ledger.url}/${name}`, query)).rows;
}

function shown(figures: readonly number[]): string {
  return spreadOf(figures).median.toFixed(1);
}
