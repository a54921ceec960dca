import { benchmarkLedger, type BenchmarkResult } from './ledger-benchmark.ts';
import { parseOptions, usage, UsageError, type BenchmarkOptions } from './options.ts';
import { benchmarkLists } from './lists-benchmark.ts';
import { benchmarkRelay } from './relay-benchmark.ts';
import { benchmarkTakeover } from './takeover-benchmark.ts';
import { writeMarkdown, writeText, type Report } from './report.ts';
import { Stops } from './stops.ts';
import { machineSurroundings } from './surroundings.ts';

const titles = { ledger: 'The ledger', relay: 'The relay', takeover: 'A killed relay', lists: 'Lists' } as const;

const argv = process.argv.slice(2);
let isStopping = false;
process.exitCode = await run();

async function run(): Promise<number> {
  try {
    const options = parseOptions(argv);
    if (options === 'help') {
      process.stdout.write(usage);
      return 0;
    }
    return await measure(options);
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`${error.message}\n\n${usage}`);
      return 2;
    }
    // A benchmark that was told to stop fails because its processes end.
    if (!isStopping) process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    return 1;
  }
}

async function measure(options: BenchmarkOptions): Promise<number> {
  const stops = new Stops();
  for (const [signal, exitCode] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.once(signal, () => {
      isStopping = true;
      process.stderr.write(`${signal}: stopping\n`);
      void stops.stopAll().finally(() => process.exit(exitCode));
    });
  }
  try {
    const report = await makeReport(options, stops);
    process.stdout.write(write(report, options.output));
    const isSound = [...report.comparisons, ...report.gauges].every(({ faults }) => faults.length === 0);
    return isSound ? 0 : 1;
  } finally {
    await stops.stopAll();
  }
}

async function makeReport(options: BenchmarkOptions, stops: Stops): Promise<Report> {
  const machine = machineSurroundings();
  const progress = (line: string) => process.stderr.write(`${line}\n`);
  const shared = { stops, progress };
  const result = await benchmark(options, shared);
  return {
    title: titles[options.subject],
    command: ['pnpm bench', ...argv].join(' '),
    method: methodOf(options),
    surroundings: { ...machine, ...result.surroundings },
    comparisons: result.comparisons,
    gauges: result.gauges,
  };
}

async function benchmark(
  options: BenchmarkOptions,
  shared: { readonly stops: Stops; readonly progress: (line: string) => void },
): Promise<BenchmarkResult> {
  switch (options.subject) {
    case 'ledger':
      return await benchmarkLedger({ ...options, ...shared });
    case 'relay':
      return await benchmarkRelay({ ...options, ...shared });
    case 'takeover':
      return await benchmarkTakeover({ ...options, ...shared });
    case 'lists':
      return await benchmarkLists({ ...options, ...shared });
  }
}

function methodOf(options: BenchmarkOptions): string {
  const runs = `${options.runs} ${options.runs === 1 ? 'run' : 'runs'} of each, in turn`;
  switch (options.subject) {
    case 'ledger':
      return `${runs}, ${options.seconds} s each after ${options.warmUpSeconds} s of warm-up`;
    case 'relay':
      return `${runs}, from the first acknowledgement to the last`;
    case 'takeover':
      return `${runs}, append times by the broker`;
    case 'lists':
      return `${runs}, ${options.requests} requests for each page, one after the other on one connection`;
  }
}

function write(report: Report, output: BenchmarkOptions['output']): string {
  switch (output) {
    case 'text':
      return writeText(report);
    case 'markdown':
      return writeMarkdown(report);
    case 'json':
      return `${JSON.stringify(report, undefined, 2)}\n`;
  }
}
