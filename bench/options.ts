import { parseArgs } from 'node:util';
import { UsageError, wholeNumber } from './option.ts';
import type { Benchmark, Subject } from './subject.ts';

export interface BenchmarkOptions {
  readonly subject: Subject;
  readonly benchmark: Benchmark;
  readonly runs: number;
  readonly output: 'text' | 'markdown' | 'json';
}

const runsOption = wholeNumber('runs of each contender', 3, { min: 1, max: 20 });

/** What `--help` prints. */
export function usageOf(subjects: readonly Subject[]): string {
  return `Usage: pnpm bench ${subjects.map(({ name }) => name).join('|')} [options]

Measures a service against a baseline of the same run, on a PostgreSQL and a Kafka of its own.
Figures are worth something only while nothing else runs on the machine.

${subjects.map(usageOfSubject).join('\n\n')}

all
${optionLine('runs N', `${runsOption.about} (${runsOption.fallback})`)}
${optionLine('markdown', 'print a section for docs/BENCHMARKS.md')}
${optionLine('json', 'print every line with figure, baseline and ratio as JSON')}
${optionLine('help', 'print this')}
`;
}

function usageOfSubject({ name, about, options }: Subject): string {
  const lines = Object.entries(options).map(([option, { value, about: what, fallback }]) =>
    optionLine(`${option} ${value}`, `${what} (${fallback === '' ? 'none' : fallback})`),
  );
  return [`${name.padEnd(9)}${about}`, ...lines].join('\n');
}

function optionLine(option: string, about: string): string {
  return `  --${option.padEnd(18)}${about}`;
}

/** @throws UsageError */
export function parseOptions(argv: readonly string[], subjects: readonly Subject[]): BenchmarkOptions | 'help' {
  const { values, positionals } = parse(argv, subjects);
  const { help, markdown, json, runs, ...given } = values;
  if (help === true) return 'help';
  const [name, ...rest] = positionals;
  const names = subjects.map((each) => each.name);
  if (name === undefined) throw new UsageError(`say what to measure: ${names.join(', ')}`);
  const subject = subjects.find((each) => each.name === name);
  if (subject === undefined) throw new UsageError(`cannot measure ${name}, but ${names.join(', ')}`);
  if (rest.length > 0) throw new UsageError(`cannot measure ${rest.join(' ')} as well`);
  if (markdown === true && json === true) throw new UsageError('--markdown or --json, not both');
  const texts: Record<string, string> = {};
  for (const [option, text] of Object.entries(given)) {
    if (!(option in subject.options)) throw new UsageError(`--${option} is no option of bench ${name}`);
    if (typeof text === 'string') texts[option] = text;
  }
  return {
    subject,
    benchmark: subject.prepare(texts),
    runs: runsOption.read('runs', typeof runs === 'string' ? runs : runsOption.fallback),
    output: json === true ? 'json' : markdown === true ? 'markdown' : 'text',
  };
}

function parse(argv: readonly string[], subjects: readonly Subject[]) {
  const ofSubjects = subjects.flatMap(({ options }) => Object.keys(options));
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        ...Object.fromEntries(ofSubjects.map((option) => [option, { type: 'string' } as const])),
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
