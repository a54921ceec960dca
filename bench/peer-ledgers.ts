import { startPostgres } from '@daybook/stack';
import { benchPool, createDatabase } from './database.ts';
import { askJson } from './foreign-process.ts';
import { FormanceLedger } from './formance-ledger.ts';
import { generateLoad, LedgerLoad, measurementOf, type LoadTimes } from './ledger-load.ts';
import { compare, type ComparisonResult, type Contender, type Measurement } from './measurement.ts';
import { requestBody } from './request-body.ts';
import { Service } from './service.ts';
import type { Conditions } from './subject.ts';
import { databaseSurroundings, type Surroundings } from './surroundings.ts';
import { answeredOf, transactionsPerRequest, type Workload } from './workload.ts';

interface PeerLedgersOptions extends Conditions, LoadTimes {
  /** The binary of Formance Ledger v1. */
  readonly formance: string;
}

interface Line {
  readonly id: string;
  readonly work: string;
  readonly unit: string;
  readonly workload: Workload;
  readonly connections: number;
  /** Of the other's rate, at least. */
  readonly target: number;
}

const batchTransactions = 100;

/** Batches that the ledger of which pages are read is made of. */
const readBatches = 100;

const read = 'read';

const lines: readonly Line[] = [
  {
    id: 'F1',
    work: 'single write, world → random user, 1 ledger, 64 connections',
    unit: 'req/s',
    workload: { kind: 'single' },
    connections: 64,
    target: 15,
  },
  {
    id: 'F2',
    work: 'single write, world → random user, 1 ledger, 1 connection',
    unit: 'req/s',
    workload: { kind: 'single' },
    connections: 1,
    target: 1,
  },
  {
    id: 'F3',
    work: 'single write, transfers among 1,000 accounts, 1 ledger, 64 connections',
    unit: 'req/s',
    workload: { kind: 'transfers', accounts: 1_000 },
    connections: 64,
    target: 1,
  },
  {
    id: 'F4',
    work: `/transactions/batch of ${batchTransactions}, world → random users, 1 ledger, 8 connections`,
    unit: 'tx/s',
    workload: { kind: 'batch', transactions: batchTransactions },
    connections: 8,
    target: 6,
  },
  {
    id: 'F5',
    work: 'page of 15 of 10,000 transactions, 16 connections',
    unit: 'req/s',
    workload: { kind: 'page', page: 'transactions?page_size=15' },
    connections: 16,
    target: 1,
  },
  {
    id: 'F6',
    work: 'account with volumes, 16 connections',
    unit: 'req/s',
    workload: { kind: 'page', page: 'accounts/world' },
    connections: 16,
    target: 1,
  },
];

/** F1 to F6: the ledger beside Formance's, each with a database of its own on the same server. */
export async function compareLedgers(options: PeerLedgersOptions): Promise<{
  readonly comparisons: readonly ComparisonResult[];
  readonly surroundings: Surroundings;
}> {
  const { stops, progress } = options;
  progress('starting PostgreSQL and both ledgers …');
  const postgres = await startPostgres({ report: progress });
  stops.add(async () => postgres.stop());
  const { databaseUrl } = postgres;
  const pool = benchPool(databaseUrl, 1);
  stops.add(async () => pool.end());
  const ledger = await Service.start('ledger', { DATABASE_URL: databaseUrl, MIGRATE_ON_START: 'true' }, stops);
  const formance = await FormanceLedger.start(options.formance, await createDatabase(databaseUrl, 'formance'), stops);
  const name = `Formance Ledger ${await formance.version()}`;

  for (const { url } of [ledger, formance]) await fillRead(url);
  const load = new LedgerLoad([ledger], pool, options);
  const comparisons: ComparisonResult[] = [];
  for (const line of lines) {
    const { workload, connections, ...named } = line;
    const many = connections === 1 ? '1 connection' : `${connections} connections`;
    const settings = `1 process, ${many}, defaults`;
    const ledgerOf = (run: number) => (workload.kind === 'page' ? read : `${line.id.toLowerCase()}-run-${run}`);
    const ours: Contender = {
      name: 'ledger',
      settings,
      measure: async (run) =>
        workload.kind === 'page'
          ? measureRead(ledger.url, line, options)
          : (await load.measure({ ledger: ledgerOf(run), workload, connections })).measurement,
    };
    const theirs: Contender = {
      name,
      settings: `${settings}, publishes no events`,
      measure: async (run) =>
        workload.kind === 'page'
          ? measureRead(formance.url, line, options)
          : measureFormance(formance, { ...line, ledger: ledgerOf(run) }, options),
    };
    const comparison = { ...named, direction: '>=', stretch: undefined, ours, baseline: theirs, others: [] } as const;
    comparisons.push(await compare(comparison, options));
  }
  const surroundings = await databaseSurroundings(pool);
  await formance.stop();
  await ledger.stop();
  return { comparisons, surroundings };
}

/** Writes of a ledger of its own; what it then says it has must be what was answered. */
async function measureFormance(
  formance: FormanceLedger,
  { ledger, workload, connections }: Line & { readonly ledger: string },
  options: PeerLedgersOptions,
): Promise<Measurement> {
  const asked = { origins: [formance.url], ledger, workload, connections, isToPrepare: true };
  const result = await generateLoad(asked, options);
  formance.check();
  const { transactions } = answeredOf(workload, { prepared: result.prepared, others: result.answered });
  const stored = await formance.transactions(ledger);
  const faults = stored === transactions ? [] : [`transactions: ${stored} stored, ${transactions} answered`];
  return measurementOf(result, transactionsPerRequest(workload), faults);
}

/** Nobody writes meanwhile, so all answers are as long as each other. */
async function measureRead(
  url: string,
  { workload, connections }: Line,
  options: PeerLedgersOptions,
): Promise<Measurement> {
  const asked = { origins: [url], ledger: read, workload, connections, isToPrepare: false };
  const result = await generateLoad(asked, options);
  const faults = result.answerBytes.length === 1 ? [] : [`answers of ${result.answerBytes.length} different lengths`];
  return measurementOf(result, 1, faults);
}

/** The ledger of which pages are read, by requests of the same form for both. */
async function fillRead(url: string): Promise<void> {
  for (let batch = 0; batch < readBatches; batch += 1) {
    await askJson(`${url}/${read}/transactions/batch`, { method: 'POST', body: requestBody(batchTransactions) });
  }
}
