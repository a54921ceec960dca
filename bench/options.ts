import { parseArgs } from 'node:util';

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
);

/** A command line that cannot be followed; the message says why. */
export class UsageError extends Error {}

export const usage = `Usage: pnpm bench ledger|relay|takeover [options]

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

all
  --runs N        runs of each contender, 1 to 20 (3)
  --markdown      print a section for docs/BENCHMARKS.md
  --json          print everything as JSON
  --help          print this
`;

const ofLedger = ['seconds', 'warm-up', 'only'];
const foreignTo = { ledger: ['rows', 'lanes'], relay: ofLedger, takeover: [...ofLedger, 'lanes'] } as const;

/** @throws UsageError */
export function parseOptions(argv: readonly string[]): BenchmarkOptions | 'help' {
  const { values, positionals } = parse(argv);
  if (values.help === true) return 'help';
  const [subject, ...rest] = positionals;
  if (subject !== 'ledger' && subject !== 'relay' && subject !== 'takeover') {
    throw new UsageError(
      subject === undefined ? 'say what to measure: ledger, relay or takeover' : `cannot measure ${subject}`,
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
