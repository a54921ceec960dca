import { writeJson } from './json-lines.ts';
import { UsageError } from './option.ts';
import { parseOptions, usageOf, type BenchmarkOptions } from './options.ts';
import { writeMarkdown, writeText, type Report } from './report.ts';
import { Stops } from './stops.ts';
import { subjects } from './subjects.ts';
import { machineSurroundings } from './surroundings.ts';

const argv = process.argv.slice(2);
let isStopping = false;
process.exitCode = await run();

async function run(): Promise<number> {
  try {
    const options = parseOptions(argv, subjects);
    if (options === 'help') {
      process.stdout.write(usageOf(subjects));
      return 0;
    }
    return await measure(options);
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`${error.message}\n\n${usageOf(subjects)}`);
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

async function makeReport({ subject, benchmark, runs }: BenchmarkOptions, stops: Stops): Promise<Report> {
  const machine = machineSurroundings();
  const progress = (line: string) => process.stderr.write(`${line}\n`);
  const result = await benchmark.run({ runs, stops, progress });
  return {
    title: subject.title,
    command: ['pnpm bench', ...argv].join(' '),
    method: `${runs} ${runs === 1 ? 'run' : 'runs'} of each, in turn, ${benchmark.method}`,
    surroundings: { ...machine, ...result.surroundings },
    comparisons: result.comparisons,
    gauges: result.gauges,
    tables: result.tables ?? [],
  };
}

function write(report: Report, output: BenchmarkOptions['output']): string {
  switch (output) {
    case 'text':
      return writeText(report);
    case 'markdown':
      return writeMarkdown(report);
    case 'json':
      return writeJson(report);
  }
}
