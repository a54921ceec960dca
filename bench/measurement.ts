import type { Latency } from './latency.ts';
import { figureText, spreadOf, type Spread } from './statistics.ts';
import type { Direction, Target } from './target.ts';

const progressEveryMs = 2_000;

/** How much of its time the load generator's process was at work. */
interface GeneratorUse {
  /** Of the time, its event loop. */
  readonly busyShare: number;
  /** Of one core. */
  readonly cpuShare: number;
}

/** What one run of one contender came to. */
export interface Measurement {
  /** In the unit of its comparison: applied work per second of the measured time, or a latency. */
  readonly figure: number;
  readonly latencyMs?: Latency | undefined;
  /** What the contender's own process used, without database and broker, in CPU seconds per 100,000. */
  readonly cpuSecondsPer100k?: number | undefined;
  readonly generator?: GeneratorUse | undefined;
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
  readonly generator: GeneratorUse | undefined;
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
  const faults = entries.flatMap(({ contender, runs }) => faultsOf(contender, runs));
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

/** What the checks of its runs found, each with run and contender. */
function faultsOf({ name }: Contender, runs: readonly Measurement[]): readonly string[] {
  return runs.flatMap(({ faults }, index) => faults.map((fault) => `run ${index + 1}, ${name}: ${fault}`));
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

/** The figures of a contender that is held against no other. */
export function gaugeOf(
  contender: Contender,
  measured: Measured,
  named: Pick<Gauge, 'id' | 'variant' | 'work' | 'unit'>,
): Gauge {
  const runs = measured.get(contender) ?? [];
  const { latencyMs, remarks } = summarise(contender, runs);
  const faults = faultsOf(contender, runs);
  const figures = faults.length === 0 ? runs.map(({ figure }) => figure) : [];
  return { ...named, target: undefined, figures, latencyMs, detail: remarks.join('; '), faults };
}

/** Medians of the runs. */
function summarise({ name, settings }: Contender, runs: readonly Measurement[]): ContenderResult {
  return {
    name,
    settings,
    figure: spreadOf(runs.map(({ figure }) => figure)),
    latencyMs: latencyOf(runs),
    cpuSecondsPer100k: medianOf(runs, ({ cpuSecondsPer100k }) => cpuSecondsPer100k),
    generator: generatorOf(runs),
    remarks: [...new Set(runs.flatMap(({ remarks }) => remarks))],
  };
}

/** Each percentile the median of the runs'. */
function latencyOf(runs: readonly Measurement[]): Latency | undefined {
  const [p50, p95, p99] = (['p50', 'p95', 'p99'] as const).map((name) =>
    medianOf(runs, ({ latencyMs }) => latencyMs?.[name]),
  );
  return p50 === undefined || p95 === undefined || p99 === undefined ? undefined : { p50, p95, p99 };
}

function generatorOf(runs: readonly Measurement[]): GeneratorUse | undefined {
  const busyShare = medianOf(runs, ({ generator }) => generator?.busyShare);
  const cpuShare = medianOf(runs, ({ generator }) => generator?.cpuShare);
  return busyShare === undefined || cpuShare === undefined ? undefined : { busyShare, cpuShare };
}

/** Of the runs that have such a figure. */
function medianOf(
  runs: readonly Measurement[],
  figureOf: (run: Measurement) => number | undefined,
): number | undefined {
  const known = runs.map(figureOf).filter((figure) => figure !== undefined);
  return known.length === 0 ? undefined : spreadOf(known).median;
}
