import type { ComparisonResult, Gauge } from './measurement.ts';
import type { Report } from './report.ts';
import { spreadOf } from './statistics.ts';
import { isMet, type Direction } from './target.ts';

/** A target's line for programs that read it. What was not measured, or failed its check, is null. */
interface JsonLine {
  readonly line: string;
  /** Tells apart what has the same line. */
  readonly variant: string | null;
  readonly work: string;
  readonly unit: string;
  /** Medians of the runs. The ratio is that of the runs' ratios. */
  readonly figure: number | null;
  readonly baseline: number | null;
  readonly ratio: number | null;
  /** Of the ratio for what is compared; of the figure for what is held against a limit. */
  readonly target: number | null;
  readonly direction: Direction;
  readonly stretch: number | null;
  readonly met: boolean | null;
  readonly runs: readonly {
    readonly figure: number;
    readonly baseline: number | null;
    readonly ratio: number | null;
  }[];
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
  readonly contenders: ComparisonResult['contenders'];
  readonly remarks: readonly string[];
  readonly faults: readonly string[];
  readonly command: string;
  readonly method: string;
  readonly surroundings: Report['surroundings'];
}

/** A list with one entry for each line, and for each variant of it. */
export function writeJson(report: Report): string {
  const { command, method, surroundings } = report;
  const lines = [...report.comparisons.map(ofComparison), ...report.gauges.map(ofGauge)];
  const entries: readonly JsonLine[] = lines.map((line) => ({ ...line, command, method, surroundings }));
  return `${JSON.stringify(entries, undefined, 2)}\n`;
}

type Line = Omit<JsonLine, 'command' | 'method' | 'surroundings'>;

function ofComparison(comparison: ComparisonResult): Line {
  const { id, variant, work, unit, target, direction, stretch, contenders, runs, ratio, faults } = comparison;
  const [ours, baseline] = contenders;
  return {
    line: id,
    variant: variant ?? null,
    work,
    unit,
    figure: ours?.figure.median ?? null,
    baseline: baseline?.figure.median ?? null,
    ratio: ratio?.median ?? null,
    target,
    direction,
    stretch: stretch ?? null,
    met: ratio === undefined ? null : (isMet(ratio.median, comparison) ?? null),
    runs,
    p50Ms: ours?.latencyMs?.p50 ?? null,
    p95Ms: ours?.latencyMs?.p95 ?? null,
    p99Ms: ours?.latencyMs?.p99 ?? null,
    contenders,
    remarks: contenders.flatMap(({ name, remarks }) => remarks.map((remark) => `${name}: ${remark}`)),
    faults,
  };
}

function ofGauge(gauge: Gauge): Line {
  const { id, variant, work, unit, target, direction = '<=', figures, baselines, latencyMs, detail, faults } = gauge;
  const runs = figures.map((figure, run) => {
    const baseline = baselines?.[run] ?? null;
    return { figure, baseline, ratio: baseline === null ? null : figure / baseline };
  });
  const figure = medianOf(figures);
  return {
    line: id,
    variant: variant ?? null,
    work,
    unit,
    figure,
    baseline: medianOf(runs.flatMap(({ baseline }) => baseline ?? [])),
    ratio: medianOf(runs.flatMap(({ ratio }) => ratio ?? [])),
    target: target ?? null,
    direction,
    stretch: null,
    met: figure === null ? null : (isMet(figure, gauge) ?? null),
    runs,
    p50Ms: latencyMs?.p50 ?? null,
    p95Ms: latencyMs?.p95 ?? null,
    p99Ms: latencyMs?.p99 ?? null,
    contenders: [],
    remarks: detail === undefined ? [] : [detail],
    faults,
  };
}

function medianOf(figures: readonly number[]): number | null {
  return figures.length === 0 ? null : spreadOf(figures).median;
}
