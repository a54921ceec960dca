import type { Latency } from './processes/load-generator.ts';
import { spreadOf, type Spread } from './statistics.ts';

const progressEveryMs = 2_000;

/** What one run of one contender came to. */
export interface Measurement {
  /** Applied work per second of the measured time, in the unit of its comparison. */
  readonly rate: number;
  readonly latencyMs?: Latency | undefined;
  /** What the contender's own process used, without database and broker, in CPU seconds per 100,000. */
  readonly cpuSecondsPer100k?: number | undefined;
  /** Why the figure may not be the contender's own limit. */
  readonly remarks: readonly string[];
  /** What its check found. A run with faults has no figure. */
  readonly faults: readonly string[];
}

/** What is measured, under the words that the report uses. */
export interface Contender {
  readonly name: string;
  /** The settings that matter. */
  readonly settings: string;
  measure(run: number): Promise<Measurement>;
}

/** Ours, what it is held against, and what else is shown beside it. */
export interface Comparison {
  /** The number of its target. */
  readonly id: string;
  readonly work: string;
  readonly unit: string;
  /** The least ratio to the baseline. */
  readonly target: number;
  readonly stretch: number;
  readonly ours: Contender;
  readonly baseline: Contender;
  readonly others: readonly Contender[];
}

/** A figure that is held against a limit instead of a baseline. */
export interface Gauge {
  readonly id: string;
  readonly work: string;
  readonly unit: string;
  /** The most that the target allows. */
  readonly target: number | undefined;
  readonly figures: readonly number[];
  /** How many digits behind the point are shown; four unless given, where any are. */
  readonly digits?: number;
  /** What belongs to the figure. */
  readonly detail?: string;
  /** Why there is no figure. */
  readonly faults: readonly string[];
}

export interface ContenderResult {
  readonly name: string;
  readonly settings: string;
  readonly rate: Spread;
  /** Each the median of the runs'. */
  readonly latencyMs: Latency | undefined;
  readonly cpuSecondsPer100k: number | undefined;
  readonly remarks: readonly string[];
}

export interface ComparisonResult {
  readonly id: string;
  readonly work: string;
  readonly unit: string;
  readonly target: number;
  readonly stretch: number;
  /** Ours, the baseline, the others; empty when a run failed its check. */
  readonly contenders: readonly ContenderResult[];
  /** Ours to the baseline, run by run. */
  readonly ratio: Spread | undefined;
  readonly faults: readonly string[];
}

/** Measures contenders in turn, `runs` times, so that whatever the machine does meanwhile meets all alike. */
export async function compare(
  comparison: Comparison,
  { runs, progress }: { readonly runs: number; readonly progress: (line: string) => void },
): Promise<ComparisonResult> {
  const { id, work, unit, target, stretch, ours, baseline, others } = comparison;
  const entries = [baseline, ...others, ours].map((contender) => ({ contender, runs: [] as Measurement[] }));
  progress(`${id}: ${work}`);
  for (let run = 1; run <= runs; run += 1) {
    for (const entry of entries) {
      const say = (outcome: string) => progress(`  run ${run} of ${runs}, ${entry.contender.name}: ${outcome}`);
      const measurement = await withProgress(say, async () => entry.contender.measure(run));
      entry.runs.push(measurement);
      const { faults, rate } = measurement;
      say(faults.length > 0 ? faults.join('; ') : `${Math.round(rate)} ${unit}`);
    }
  }
  const faults = entries.flatMap(({ contender, runs: measured }) =>
    measured.flatMap((measurement, index) =>
      measurement.faults.map((fault) => `run ${index + 1}, ${contender.name}: ${fault}`),
    ),
  );
  const shared = { id, work, unit, target, stretch, faults };
  if (faults.length > 0) return { ...shared, contenders: [], ratio: undefined };
  const [against, own] = [entries[0], entries.at(-1)];
  const ratios = own?.runs.map((measurement, run) => measurement.rate / (against?.runs[run]?.rate ?? Number.NaN)) ?? [];
  const order = [ours, baseline, ...others];
  const contenders = order.flatMap((contender) =>
    entries.filter((entry) => entry.contender === contender).map((entry) => summarise(contender, entry.runs)),
  );
  return { ...shared, contenders, ratio: spreadOf(ratios) };
}

/** Says now and then that something is still under way. */
async function withProgress<Result>(say: (text: string) => void, work: () => Promise<Result>): Promise<Result> {
  const started = performance.now();
  const timer = setInterval(() => say(`${Math.round((performance.now() - started) / 1_000)} s …`), progressEveryMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

function summarise({ name, settings }: Contender, runs: readonly Measurement[]): ContenderResult {
  const latencies = runs.flatMap(({ latencyMs }) => (latencyMs === undefined ? [] : [latencyMs]));
  const cpu = runs.flatMap(({ cpuSecondsPer100k }) => (cpuSecondsPer100k === undefined ? [] : [cpuSecondsPer100k]));
  const median = (figures: readonly number[]) => spreadOf(figures).median;
  return {
    name,
    settings,
    rate: spreadOf(runs.map(({ rate }) => rate)),
    latencyMs:
      latencies.length === 0
        ? undefined
        : {
            p50: median(latencies.map(({ p50 }) => p50)),
            p95: median(latencies.map(({ p95 }) => p95)),
            p99: median(latencies.map(({ p99 }) => p99)),
          },
    cpuSecondsPer100k: cpu.length === 0 ? undefined : median(cpu),
    remarks: [...new Set(runs.flatMap(({ remarks }) => remarks))],
  };
}
