import { parseArgs } from 'node:util';
import type { ListSize } from './seed-lists.ts';

const ledgerLines = ['L1', 'L3', 'L7', 'N1'];
const laneChoices = [64, 1];

export type BenchmarkOptions = {
  readonly output: 'text' | 'markdown' | 'json';
  readonly runs: number;
} & (
  | {
      readonly subject: 'ledger';
      readonly lines: readonly string[];
      readonly seconds: number;
      readonly warmUpSeconds: number;
    }
  | { readonly subject: 'relay'; readonly rows: number; readonly lanes: readonly number[] }
  | { readonly subject: 'takeover'; readonly rows: number }
  | { readonly subject: 'lists'; readonly size: ListSize; readonly requests: number }
);

/** A command line that cannot be followed; the message says why. */
export class UsageError extends Error {}

export const usage = `Usage: pnpm bench ledger|relay|takeover|lists [options]

Measures a service against a baseline of the same run, on a PostgreSQL and a Kafka of its own.
Figures are worth something only while nothing else runs on the machine.

ledger   L1 single writes, L3 batches, L7 what a write costs at the database, N1 scripts beside the same postings
  --seconds N     measured time of each run, 1 to 600 (10)
  --warm-up N     time before it that does not count, 0 to 600 (3)
  --only A,B      of L1, L3, L7 and N1 (all)

relay    R1 the drain of a backlog
  --rows N        rows of the backlog, 8000 to 20000000, rounded up to a multiple of 8,000 (1,000,000)
  --lanes A,B     how many lanes the rows lie in, of 64 and 1 (64,1)

takeover K1 to K4, a relay killed in the middle of a drain: what is repeated, and when something new appears
  --rows N        rows of the drain, as above (104,000)

lists    P1 and on, a page of each list of a ledger with each filter, and the plan by which it is found
  --transactions N  10000 to 100000000 (1,000,000)
  --accounts N      5000 to 10000000 (100,000)
  --requests N      of each page in each run, 1 to 10000 (50)

all
  --runs N        runs of each contender, 1 to 20 (3)
  --markdown      print a section for docs/BENCHMARKS.md
  --json          print everything as JSON
  --help          print this
`;

const ofLedger = ['seconds', 'warm-up', 'only'];
const ofLists = ['transactions', 'accounts', 'requests'];
const foreignTo = {
  ledger: ['rows', 'lanes', ...ofLists],
  relay: [...ofLedger, ...ofLists],
  takeover: [...ofLedger, ...ofLists, 'lanes'],
  lists: [...ofLedger, 'rows', 'lanes'],
} as const;

/** @throws UsageError */
export function parseOptions(argv: readonly string[]): BenchmarkOptions | 'help' {
  const { values, positionals } = parse(argv);
  if (values.help === true) return 'help';
  const [subject, ...rest] = positionals;
  if (subject !== 'ledger' && subject !== 'relay' && subject !== 'takeover' && subject !== 'lists') {
    throw new UsageError(
      subject === undefined ? 'say what to measure: ledger, relay, takeover or lists' : `cannot measure ${subject}`,
    );
  }
  if (rest.length > 0) throw new UsageError(`cannot measure ${rest.join(' ')} as well`);
  if (values.markdown === true && values.json === true) throw new UsageError('--markdown or --json, not both');
  const shared = {
    output: values.json === true ? 'json' : values.markdown === true ? 'markdown' : 'text',
    runs: wholeNumber('runs', values.runs ?? '3', { min: 1, max: 20 }),
  } as const;
  const foreign = foreignTo[subject].find((name) => name in values);
  if (foreign !== undefined) throw new UsageError(`--${foreign} is no option of bench ${subject}`);
  if (subject === 'ledger') {
    return {
      ...shared,
      subject,
      lines: choices('only', values.only ?? ledgerLines.join(','), ledgerLines),
      seconds: wholeNumber('seconds', values.seconds ?? '10', { min: 1, max: 600 }),
      warmUpSeconds: wholeNumber('warm-up', values['warm-up'] ?? '3', { min: 0, max: 600 }),
    };
  }
  if (subject === 'lists') {
    return {
      ...shared,
      subject,
      size: {
        transactions: wholeNumber('transactions', values.transactions ?? '1000000', { min: 10_000, max: 100_000_000 }),
        accounts: wholeNumber('accounts', values.accounts ?? '100000', { min: 5_000, max: 10_000_000 }),
      },
      requests: wholeNumber('requests', values.requests ?? '50', { min: 1, max: 10_000 }),
    };
  }
  if (subject === 'takeover') {
    return { ...shared, subject, rows: wholeNumber('rows', values.rows ?? '104000', { min: 8_000, max: 20_000_000 }) };
  }
  return {
    ...shared,
    subject,
    rows: wholeNumber('rows', values.rows ?? '1000000', { min: 8_000, max: 20_000_000 }),
    lanes: choices('lanes', values.lanes ?? laneChoices.join(','), laneChoices.map(String)).map(Number),
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        seconds: { type: 'string' },
        'warm-up': { type: 'string' },
        only: { type: 'string' },
        rows: { type: 'string' },
        lanes: { type: 'string' },
        transactions: { type: 'string' },
        accounts: { type: 'string' },
        requests: { type: 'string' },
        runs: { type: 'string' },
        markdown: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function wholeNumber(name: string, text: string, { min, max }: { readonly min: number; readonly max: number }): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max)) {
    throw new UsageError(`--${name} must be a whole number from ${min} to ${max}, not ${text}`);
  }
  return value;
}

function choices(name: string, text: string, known: readonly string[]): string[] {
  const chosen = text.split(',');
  const unknown = chosen.find((choice) => !known.includes(choice));
  if (unknown !== undefined) throw new UsageError(`--${name} takes ${known.join(', ')}, not ${unknown}`);
  return chosen;
}
