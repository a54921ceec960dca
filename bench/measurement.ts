import type { Latency } from './processes/load-generator.ts';
import { figureText, spreadOf, type Spread } from './statistics.ts';
import type { Direction, Target } from './target.ts';

const progressEveryMs = 2_000;

/** What one run of one contender came to. */
export interface Measurement {
  /** In the unit of its comparison: applied work per second of the measured time, or a latency. */
  readonly figure: number;
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
  /** Tells apart what has the same number. */
  readonly variant?: string;
  readonly work: string;
  readonly unit: string;
  /** Of the ratio to the baseline: a rate is to be at least the target, a latency at most. */
  readonly direction: Direction;
  readonly target: number;
  readonly stretch: number | undefined;
  readonly ours: Contender;
  readonly baseline: Contender;
  readonly others: readonly Contender[];
}

/** A figure that is held against a limit instead of a baseline. */
export interface Gauge extends Target {
  readonly id: string;
  /** Tells apart what has the same number. */
  readonly variant?: string;
  readonly work: string;
  readonly unit: string;
  readonly figures: readonly number[];
  /** What each of them is seen beside, where the target follows from it. */
  readonly baselines?: readonly number[];
  /** How many digits behind the point are shown; four unless given, where any are. */
  readonly digits?: number;
  readonly latencyMs?: Latency | undefined;
  /** What belongs to the figure. */
  readonly detail?: string;
  /** Why there is no figure. */
  readonly faults: readonly string[];
}

export interface ContenderResult {
  readonly name: string;
  readonly settings: string;
  readonly figure: Spread;
  /** Each the median of the runs'. */
  readonly latencyMs: Latency | undefined;
  readonly cpuSecondsPer100k: number | undefined;
  readonly remarks: readonly string[];
}

/** One run of ours beside that of the baseline. */
interface ComparedRun {
  readonly figure: number;
  readonly baseline: number;
  readonly ratio: number;
}

export interface ComparisonResult extends Omit<Comparison, 'ours' | 'baseline' | 'others'> {
  /** Ours, the baseline, the others; empty when a run failed its check, as are the runs. */
  readonly contenders: readonly ContenderResult[];
  readonly runs: readonly ComparedRun[];
  /** Ours to the baseline, run by run. */
  readonly ratio: Spread | undefined;
  readonly faults: readonly string[];
}

interface TurnOptions {
  readonly runs: number;
  readonly progress: (line: string) => void;
}

/** What the runs of each contender came to. */
type Measured = ReadonlyMap<Contender, readonly Measurement[]>;

/** Measures ours and what it is held against in turn. */
export async function compare(comparison: Comparison, options: TurnOptions): Promise<ComparisonResult> {
  const { id, work, unit, ours, baseline, others } = comparison;
  options.progress(`${id}: ${work}`);
  return compareMeasured(comparison, await measureInTurn([baseline, ...others, ours], { ...options, unit }));
}

/** Measures contenders in turn, `runs` times, so that whatever the machine does meanwhile meets all alike. */
export async function measureInTurn(
  contenders: readonly Contender[],
  { runs, unit, progress }: TurnOptions & { readonly unit: string },
): Promise<Measured> {
  const measured = new Map(contenders.map((contender) => [contender, [] as Measurement[]]));
  for (let run = 1; run <= runs; run += 1) {
    for (const [contender, measurements] of measured) {
      const say = (outcome: string) => progress(`  run ${run} of ${runs}, ${contender.name}: ${outcome}`);
      const measurement = await withProgress(say, async () => contender.measure(run));
      measurements.push(measurement);
      const { faults, figure } = measurement;
      say(faults.length > 0 ? faults.join('; ') : `${figureText(figure)} ${unit}`);
    }
  }
  return measured;
}

/** Holds ours against the baseline, run by run. Several comparisons may share what was measured. */
export function compareMeasured(comparison: Comparison, measured: Measured): ComparisonResult {
  const { ours, baseline, others, ...named } = comparison;
  const entries = [ours, baseline, ...others].map((contender) => ({ contender, runs: measured.get(contender) ?? [] }));
  const faults = entries.flatMap(({ contender, runs }) =>
    runs.flatMap((measurement, index) =>
      measurement.faults.map((fault) => `run ${index + 1}, ${contender.name}: ${fault}`),
    ),
  );
  const shared = { ...named, faults };
  if (faults.length > 0) return { ...shared, contenders: [], runs: [], ratio: undefined };
  const [own, against] = entries;
  const compared = (own?.runs ?? []).map(({ figure }, run) => {
    const held = against?.runs[run]?.figure ?? Number.NaN;
    return { figure, baseline: held, ratio: figure / held };
  });
  const contenders = entries.map(({ contender, runs }) => summarise(contender, runs));
  return { ...shared, contenders, runs: compared, ratio: spreadOf(compared.map(({ ratio }) => ratio)) };
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
    figure: spreadOf(runs.map(({ figure }) => figure)),
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
