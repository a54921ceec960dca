import type { Pool } from '@daybook/postgres';
import { BenchmarkProcess, runPlan } from './benchmark-process.ts';
import { generateLoad, LedgerLoad, measurementOf, type LoadTimes } from './ledger-load.ts';
import {
  compare,
  compareMeasured,
  gaugeOf,
  measureInTurn,
  type Comparison,
  type ComparisonResult,
  type Contender,
  type Gauge,
  type Measurement,
} from './measurement.ts';
import type { EchoAddress, EchoPlan } from './processes/echo-server.ts';
import type { CommitPlan, CommitResult } from './processes/empty-commits.ts';
import type { SketchPlan, SketchResult } from './processes/sql-sketch.ts';
import { requestBody, singleBody } from './request-body.ts';
import type { Service } from './service.ts';
import type { ServiceProfile } from './service-profile.ts';
import { commitFaults, sketchFaults } from './sketch-audit.ts';
import type { Conditions } from './subject.ts';
import type { Workload } from './workload.ts';
import { WriteCost } from './write-cost.ts';

interface LedgerLinesOptions extends LoadTimes, Conditions {
  readonly databaseUrl: string;
  readonly ledger: Service;
  readonly pool: Pool;
  readonly profile: ServiceProfile;
}

const singleConnections = 64;
const batchConnections = 8;
const batchTransactions = 100;
const transferAccounts = 10_000;
const manyLedgers = 10_000;
const manyLedgersConnections = 256;

/** The lines of the ledger's targets, all on one ledger service. */
export class LedgerLines {
  /** Of L1's writes. */
  readonly writeCost: WriteCost;
  /** Of N1's scripts, and of the same postings. */
  readonly scriptCost: WriteCost;
  readonly postingsCost: WriteCost;
  readonly #with: LedgerLinesOptions;
  readonly #load: LedgerLoad;

  constructor(options: LedgerLinesOptions) {
    const { ledger, pool } = options;
    this.#with = options;
    this.#load = new LedgerLoad([ledger], pool, options);
    this.writeCost = new WriteCost(ledger, pool);
    this.scriptCost = new WriteCost(ledger, pool);
    this.postingsCost = new WriteCost(ledger, pool);
  }

  /**
   * L1: single writes of one ledger, against an HTTP echo. L4 and L5: transfers, where every account may lack funds and
   * none is in every write, and single writes over many ledgers, both against L1's. All of them in turn.
   * @param lines which of them.
   */
  async writes(lines: readonly string[]): Promise<readonly ComparisonResult[]> {
    const single: Contender = {
      ...this.#contender('single', { kind: 'single' }, singleConnections),
      measure: async (run) => this.writeCost.during(async () => this.#single(`single-run-${run}`)),
    };
    const shared = { unit: 'req/s', direction: '>=', baseline: single, others: [] } as const;
    const accounts = transferAccounts;
    const ledgers = manyLedgers;
    const { echo, stop } = await this.#startEcho();
    const comparisons: readonly Comparison[] = [
      {
        ...shared,
        id: 'L1',
        work: `single write, world → random user, 1 ledger, ${singleConnections} connections`,
        target: 0.5,
        stretch: 0.7,
        ours: single,
        baseline: echo('Express echo', 'raw'),
        others: [echo('Express echo with express.json()', 'express-json')],
      },
      {
        ...shared,
        id: 'L4',
        work: `single write, transfers among ${accounts.toLocaleString('en-US')} accounts, 1 ledger, ${singleConnections} connections`,
        target: 0.8,
        stretch: 0.95,
        ours: this.#contender('transfers', { kind: 'transfers', accounts }, singleConnections, 'ledger, transfers'),
      },
      {
        ...shared,
        id: 'L5',
        work: `single write, world → random user, ${ledgers.toLocaleString('en-US')} ledgers, ${manyLedgersConnections} connections`,
        target: 0.7,
        stretch: 0.9,
        ours: this.#contender('many', { kind: 'ledgers', ledgers }, manyLedgersConnections, 'ledger, many ledgers'),
      },
    ];
    const asked = comparisons.filter(({ id }) => lines.includes(id));
    this.#with.progress(`${asked.map(({ id }) => id).join(', ')}: single writes`);
    const contenders = new Set(asked.flatMap(({ baseline, others, ours }) => [baseline, ...others, ours]));
    const measured = await measureInTurn([...contenders], { ...this.#with, unit: shared.unit });
    await stop();
    return asked.map((comparison) => compareMeasured(comparison, measured));
  }

  /** Its answers to writes are as long as the ledger's. */
  async #startEcho() {
    const echo = new BenchmarkProcess('bench/processes/echo-server.ts');
    const stop = this.#with.stops.add(async () => echo.stop());
    const answerBytes = Buffer.byteLength(await this.#answerTo('probe', requestBody(1)));
    echo.send({ answerBytes } satisfies EchoPlan);
    const { url } = await echo.report<EchoAddress>();
    const contender = (name: string, way: 'raw' | 'express-json'): Contender => ({
      name,
      settings: `own process, ${singleConnections} connections, answers ${answerBytes} bytes`,
      measure: async () => {
        const asked = {
          origins: [url],
          ledger: `${way}/bench`,
          workload: { kind: 'single' },
          isToPrepare: false,
        } as const;
        const load = await generateLoad({ ...asked, connections: singleConnections }, this.#with);
        return measurementOf(load, 1, []);
      },
    });
    return { echo: contender, stop };
  }

  /** L2: single writes one after the other, against commits one after the other. */
  async writesOneByOne(): Promise<ComparisonResult> {
    const ours = this.#contender('one', { kind: 'single' }, 1);
    return compare(
      {
        id: 'L2',
        work: 'p50 of a single write, world → random user, 1 ledger, 1 connection',
        unit: 'ms',
        direction: '<=',
        target: 3,
        stretch: 2,
        ours: {
          ...ours,
          measure: async (run) => {
            const measurement = await ours.measure(run);
            return { ...measurement, figure: measurement.latencyMs?.p50 ?? Number.NaN };
          },
        },
        baseline: {
          name: 'empty commit',
          settings: '1 session of the same client, one row inserted and committed at a time',
          measure: async () => this.#measureCommits(),
        },
        others: [],
      },
      this.#with,
    );
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
        ours: this.#contender('batch', { kind: 'batch', transactions: batchTransactions }, batchConnections),
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
    const contender = (name: string, kind: 'single' | 'script', cost: WriteCost): Contender => ({
      ...this.#contender(`n1-${kind}`, { kind }, singleConnections, name),
      measure: async (run) => cost.during(async () => this.#single(`n1-${kind}-${run}`, kind)),
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
        baseline: contender('ledger, the same postings', 'single', this.postingsCost),
        others: [],
      },
      this.#with,
    );
  }

  /** L1's writes over other numbers of connections. */
  async writesByConnections(connections: readonly number[]): Promise<readonly Gauge[]> {
    const [id, unit] = ['C1', 'req/s'];
    this.#with.progress(`${id}: single writes by connections`);
    const contenders = connections.map((count) =>
      this.#contender(`connections-${count}`, { kind: 'single' }, count, `connections=${count}`),
    );
    const measured = await measureInTurn(contenders, { ...this.#with, unit });
    return contenders.map((contender) => {
      const { name } = contender;
      const work = `single write, world → random user, 1 ledger, ${name}`;
      return gaugeOf(contender, measured, { id, variant: name, work, unit });
    });
  }

  /** Each run has ledgers of its own. */
  #contender(ledger: string, workload: Workload, connections: number, name = 'ledger'): Contender {
    return {
      name,
      settings: `1 process, ${connections} ${connections === 1 ? 'connection' : 'connections'}, defaults`,
      measure: async (run) =>
        (await this.#load.measure({ ledger: `${ledger}-run-${run}`, workload, connections })).measurement,
    };
  }

  async #single(ledger: string, kind: 'single' | 'script' = 'single'): ReturnType<LedgerLoad['measure']> {
    return this.#load.measure({ ledger, workload: { kind }, connections: singleConnections });
  }

  async #measureSketch(): Promise<Measurement> {
    const { databaseUrl, stops, pool } = this.#with;
    const plan: SketchPlan = { databaseUrl, transactionsPerBatch: batchTransactions, ...this.#timesMs };
    const result = await runPlan<SketchResult>('bench/processes/sql-sketch.ts', plan, stops);
    return {
      figure: result.transactions / result.seconds,
      remarks: [],
      faults: await sketchFaults(pool, result),
    };
  }

  async #measureCommits(): Promise<Measurement> {
    const { databaseUrl, stops, pool } = this.#with;
    const plan: CommitPlan = { databaseUrl, ...this.#timesMs };
    const result = await runPlan<CommitResult>('bench/processes/empty-commits.ts', plan, stops);
    const { latencyMs } = result;
    return { figure: latencyMs.p50, latencyMs, remarks: [], faults: await commitFaults(pool, result) };
  }

  get #timesMs(): { readonly warmUpMs: number; readonly measureMs: number } {
    const { seconds, warmUpSeconds } = this.#with;
    return { warmUpMs: warmUpSeconds * 1_000, measureMs: seconds * 1_000 };
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
