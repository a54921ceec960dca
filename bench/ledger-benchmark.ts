import { createPool, type Pool } from '@daybook/postgres';
import { startPostgres } from '@daybook/stack';
import { BenchmarkProcess, runPlan } from './benchmark-process.ts';
import { scriptCostGauges, writeCostGauges } from './cost-gauges.ts';
import type { EchoAddress, EchoPlan } from './processes/echo-server.ts';
import { countLedger, ledgerFaults } from './ledger-audit.ts';
import type { LoadPlan, LoadResult } from './processes/load-generator.ts';
import { compare, type ComparisonResult, type Contender, type Gauge, type Measurement } from './measurement.ts';
import { amount, requestBody, singleBody, type RequestForm } from './request-body.ts';
import { Service } from './service.ts';
import { sketchFaults } from './sketch-audit.ts';
import type { SketchPlan, SketchResult } from './processes/sql-sketch.ts';
import { choices, wholeNumber } from './option.ts';
import { subject, type BenchmarkResult, type Conditions } from './subject.ts';
import { databaseSurroundings } from './surroundings.ts';
import { WriteCost } from './write-cost.ts';

interface LedgerBenchmarkOptions extends Conditions {
  readonly lines: readonly string[];
  readonly seconds: number;
  readonly warmUpSeconds: number;
}

export const ledgerSubject = subject({
  name: 'ledger',
  title: 'The ledger',
  about: 'L1 single writes, L3 batches, L7 what a write costs at the database, N1 scripts beside the same postings',
  options: {
    seconds: wholeNumber('measured seconds of each run', 10, { min: 1, max: 600 }),
    'warm-up': wholeNumber('seconds before it that do not count', 3, { min: 0, max: 600 }),
    only: choices('of', ['L1', 'L3', 'L7', 'N1']),
  },
  method: ({ seconds, 'warm-up': warmUp }) => `${seconds} s each after ${warmUp} s of warm-up`,
  run: async ({ seconds, 'warm-up': warmUpSeconds, only }, conditions) =>
    benchmarkLedger({ seconds, warmUpSeconds, lines: only, ...conditions }),
});

const singleConnections = 64;
const batchConnections = 8;
const batchTransactions = 100;

/** The event loop of the load generator had work for so long: it may have been the limit. */
const generatorBusyShareMax = 0.9;

/** Measures the ledger service on a PostgreSQL of its own. */
async function benchmarkLedger(options: LedgerBenchmarkOptions): Promise<BenchmarkResult> {
  const { stops, progress, lines } = options;
  progress('starting PostgreSQL and a ledger …');
  const postgres = await startPostgres({ report: progress });
  stops.add(async () => postgres.stop());
  const ledger = await Service.start('ledger', { DATABASE_URL: postgres.databaseUrl, MIGRATE_ON_START: 'true' }, stops);
  const pool = createPool(postgres.databaseUrl, { size: 1, applicationName: 'daybook bench', queryTimeoutMs: 0 });
  stops.add(async () => pool.end());
  const bench = new LedgerBench({ ...options, databaseUrl: postgres.databaseUrl, ledger, pool });

  const comparisons: ComparisonResult[] = [];
  const gauges: Gauge[] = [];
  // L7 is what L1's writes cost.
  if (lines.includes('L1') || lines.includes('L7')) comparisons.push(await bench.singleWrites());
  if (lines.includes('L7')) gauges.push(...writeCostGauges(bench.writeCost));
  if (lines.includes('L3')) comparisons.push(await bench.batches());
  if (lines.includes('N1')) {
    comparisons.push(await bench.scripts());
    gauges.push(...scriptCostGauges(bench.scriptCost, bench.postingsCost));
  }
  return { comparisons, gauges, surroundings: await databaseSurroundings(pool) };
}

interface BenchOptions extends LedgerBenchmarkOptions {
  readonly databaseUrl: string;
  readonly ledger: Service;
  readonly pool: Pool;
}

class LedgerBench {
  /** Of L1's writes. */
  readonly writeCost: WriteCost;
  /** Of N1's scripts, and of the same postings. */
  readonly scriptCost: WriteCost;
  readonly postingsCost: WriteCost;
  readonly #with: BenchOptions;

  constructor(options: BenchOptions) {
    this.#with = options;
    this.writeCost = new WriteCost(options.ledger, options.pool);
    this.scriptCost = new WriteCost(options.ledger, options.pool);
    this.postingsCost = new WriteCost(options.ledger, options.pool);
  }

  /** L1: single writes of one ledger, against an HTTP echo. */
  async singleWrites(): Promise<ComparisonResult> {
    const { stops } = this.#with;
    const echo = new BenchmarkProcess('bench/processes/echo-server.ts');
    const stopEcho = stops.add(async () => echo.stop());
    const answerBytes = await this.#answerBytes();
    echo.send({ answerBytes } satisfies EchoPlan);
    const { url } = await echo.report<EchoAddress>();
    const echoOf = (name: string, path: string): Contender => ({
      name,
      settings: `own process, ${singleConnections} connections, answers ${answerBytes} bytes`,
      measure: async () => {
        const load = await this.#load(url, `${path}/bench/transactions`, {
          transactionsPerRequest: 1,
          form: 'postings',
        });
        return measurementOf(load, 1, []);
      },
    });
    const result = await compare(
      {
        id: 'L1',
        work: `single write, world → random user, 1 ledger, ${singleConnections} connections`,
        unit: 'req/s',
        direction: '>=',
        target: 0.5,
        stretch: 0.7,
        ours: {
          name: 'ledger',
          settings: `1 process, ${singleConnections} connections, defaults`,
          measure: async (run) =>
            this.writeCost.during(async () => this.#measureLedger(`single-${run}`, { transactionsPerRequest: 1 })),
        },
        baseline: echoOf('Express echo', '/raw'),
        others: [echoOf('Express echo with express.json()', '/express-json')],
      },
      this.#with,
    );
    await stopEcho();
    return result;
  }

  /** L3: batches of one ledger, against the least SQL that does the same. */
  async batches(): Promise<ComparisonResult> {
    return compare(
      {
        id: 'L3',
        work: `/transactions/batch of ${batchTransactions}, world → random users, 1 ledger, ${batchConnections} connections`,
        unit: 'tx/s',
        direction: '>=',
        target: 0.6,
        stretch: 0.9,
        ours: {
          name: 'ledger',
          settings: `1 process, ${batchConnections} connections, defaults`,
          measure: async (run) =>
            (await this.#measureLedger(`batch-${run}`, { transactionsPerRequest: batchTransactions })).measurement,
        },
        baseline: {
          name: 'set-based SQL sketch',
          settings: `1 session, batches of ${batchTransactions}, one statement a batch`,
          measure: async () => this.#measureSketch(),
        },
        others: [],
      },
      this.#with,
    );
  }

  /** N1: scripts of one ledger, against requests with the postings that they make. */
  async scripts(): Promise<ComparisonResult> {
    await this.#assertSameTransaction();
    const contender = (name: string, form: RequestForm, cost: WriteCost): Contender => ({
      name,
      settings: `the same process, ${singleConnections} connections, defaults`,
      measure: async (run) =>
        cost.during(async () => this.#measureLedger(`${form}-${run}`, { transactionsPerRequest: 1, form })),
    });
    return compare(
      {
        id: 'N1',
        work: `single write by a script with two variables, world → random user, 1 ledger, ${singleConnections} connections`,
        unit: 'req/s',
        direction: '>=',
        target: 0.8,
        stretch: 0.95,
        ours: contender('ledger, script', 'script', this.scriptCost),
        baseline: contender('ledger, the same postings', 'postings', this.postingsCost),
        others: [],
      },
      this.#with,
    );
  }

  async #measureLedger(
    name: string,
    { transactionsPerRequest, form = 'postings' }: { transactionsPerRequest: number; form?: RequestForm },
  ): Promise<{ readonly measurement: Measurement; readonly writes: number }> {
    const { ledger, pool } = this.#with;
    const path = transactionsPerRequest === 1 ? `/${name}/transactions` : `/${name}/transactions/batch`;
    const cpuBefore = await ledger.cpuSeconds();
    const load = await this.#load(ledger.url, path, { transactionsPerRequest, form });
    const cpu = (await ledger.cpuSeconds()) - cpuBefore;
    ledger.check();
    const counts = await countLedger(pool, name);
    const faults = ledgerFaults(counts, { requests: load.answered, transactionsPerRequest, amount });
    const measurement = measurementOf(load, transactionsPerRequest, faults);
    const writes = load.answered * transactionsPerRequest;
    return { measurement: { ...measurement, cpuSecondsPer100k: (cpu / writes) * 100_000 }, writes };
  }

  async #measureSketch(): Promise<Measurement> {
    const { databaseUrl, stops, pool, seconds, warmUpSeconds } = this.#with;
    const plan: SketchPlan = {
      databaseUrl,
      transactionsPerBatch: batchTransactions,
      warmUpMs: warmUpSeconds * 1_000,
      measureMs: seconds * 1_000,
    };
    const result = await runPlan<SketchResult>('bench/processes/sql-sketch.ts', plan, stops);
    return {
      figure: result.transactions / result.seconds,
      remarks: [],
      faults: await sketchFaults(pool, result),
    };
  }

  async #load(
    origin: string,
    path: string,
    { transactionsPerRequest, form }: Pick<LoadPlan, 'transactionsPerRequest' | 'form'>,
  ): Promise<LoadResult> {
    const { stops, seconds, warmUpSeconds } = this.#with;
    const plan: LoadPlan = {
      origin,
      path,
      transactionsPerRequest,
      form,
      connections: transactionsPerRequest === 1 ? singleConnections : batchConnections,
      warmUpMs: warmUpSeconds * 1_000,
      measureMs: seconds * 1_000,
    };
    return runPlan<LoadResult>('bench/processes/load-generator.ts', plan, stops);
  }

  /** The size of the ledger's answer to a write, for the echo to answer as much. */
  async #answerBytes(): Promise<number> {
    return Buffer.byteLength(await this.#answerTo('probe', requestBody(1)));
  }

  /** @throws Error when a script makes another transaction than the postings that it is measured against. */
  async #assertSameTransaction(): Promise<void> {
    const forms = ['postings', 'script'] as const;
    const answers = await Promise.all(forms.map(async (form) => this.#answerTo(`probe-${form}`, singleBody(form, 7))));
    // Its time is that of the write.
    const [postings, script] = answers.map((answer) => answer.replace(/"timestamp":"[^"]*"/, '"timestamp":""'));
    if (postings !== script) throw new Error(`the script is answered with ${script}, its postings with ${postings}`);
  }

  /** What the ledger answers to a write. */
  async #answerTo(name: string, body: string): Promise<string> {
    const response = await fetch(`${this.#with.ledger.url}/${name}/transactions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close' },
      body,
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`the ledger answered a write with ${response.status}: ${text}`);
    return text;
  }
}

function measurementOf(load: LoadResult, transactionsPerRequest: number, faults: readonly string[]): Measurement {
  const refused = Object.entries(load.refused).map(([reason, count]) => `${count} requests ended with ${reason}`);
  const isLimit = load.busyShare > generatorBusyShareMax;
  return {
    figure: (load.requests * transactionsPerRequest) / load.seconds,
    latencyMs: load.latencyMs,
    remarks: isLimit ? [`the load generator was busy ${percent(load.busyShare)} of the time: it was the limit`] : [],
    faults: [...refused, ...faults],
  };
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
