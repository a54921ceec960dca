import { createPool } from '@daybook/postgres';
import { startPostgres } from '@daybook/stack';
import { scriptCostGauges, writeCostGauges } from './cost-gauges.ts';
import { LedgerLines } from './ledger-lines.ts';
import type { ComparisonResult, Gauge } from './measurement.ts';
import { choices, folder, wholeNumber, wholeNumbers } from './option.ts';
import { Service } from './service.ts';
import { ServiceProfile } from './service-profile.ts';
import { subject, type BenchmarkResult, type Conditions } from './subject.ts';
import { databaseSurroundings } from './surroundings.ts';

interface LedgerBenchmarkOptions extends Conditions {
  readonly lines: readonly string[];
  /** Of the table of single writes; none: no table. */
  readonly connections: readonly number[];
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly profileFolder: string | undefined;
}

export const ledgerSubject = subject({
  name: 'ledger',
  title: 'The ledger',
  about:
    'L1 single writes, L2 one after the other, L3 batches, L4 transfers, L5 many ledgers, L7 what a write costs, N1 scripts',
  options: {
    seconds: wholeNumber('measured seconds of each run', 10, { min: 1, max: 600 }),
    'warm-up': wholeNumber('seconds before it that do not count', 3, { min: 0, max: 600 }),
    only: choices('of', ['L1', 'L2', 'L3', 'L4', 'L5', 'L7', 'N1']),
    connections: wholeNumbers('single writes over so many as well', [], { min: 1, max: 1_024 }),
    profile: folder('where to leave CPU profiles; then shows where the time goes, and figures are no figures'),
  },
  method: ({ seconds, 'warm-up': warmUp }) => `${seconds} s each after ${warmUp} s of warm-up`,
  run: async ({ seconds, 'warm-up': warmUpSeconds, only, connections, profile }, conditions) =>
    benchmarkLedger({ ...conditions, seconds, warmUpSeconds, lines: only, connections, profileFolder: profile }),
});

/** Measures the ledger service on a PostgreSQL of its own. */
async function benchmarkLedger(options: LedgerBenchmarkOptions): Promise<BenchmarkResult> {
  const { stops, progress, lines, connections } = options;
  progress('starting PostgreSQL and a ledger …');
  const postgres = await startPostgres({ report: progress });
  stops.add(async () => postgres.stop());
  const { databaseUrl } = postgres;
  const profile = new ServiceProfile(options.profileFolder);
  const env = { DATABASE_URL: databaseUrl, MIGRATE_ON_START: 'true' };
  const ledger = await Service.start('ledger', env, stops, profile.nodeArguments('ledger'));
  const pool = createPool(databaseUrl, { size: 1, applicationName: 'daybook bench', queryTimeoutMs: 0 });
  stops.add(async () => pool.end());
  const bench = new LedgerLines({ ...options, databaseUrl, ledger, pool, profile });

  const comparisons: ComparisonResult[] = [];
  const gauges: Gauge[] = [];
  // L7 is what L1's writes cost.
  const singles = lines.map((line) => (line === 'L7' ? 'L1' : line));
  if (singles.some((line) => ['L1', 'L4', 'L5'].includes(line))) comparisons.push(...(await bench.writes(singles)));
  if (lines.includes('L7')) gauges.push(...writeCostGauges(bench.writeCost));
  if (lines.includes('L2')) comparisons.push(await bench.writesOneByOne());
  if (lines.includes('L3')) comparisons.push(await bench.batches());
  if (lines.includes('N1')) {
    comparisons.push(await bench.scripts());
    gauges.push(...scriptCostGauges(bench.scriptCost, bench.postingsCost));
  }
  if (connections.length > 0) gauges.push(...(await bench.writesByConnections(connections)));
  const surroundings = await databaseSurroundings(pool);
  await ledger.stop();
  return { comparisons, gauges, surroundings, tables: profile.tables() };
}
