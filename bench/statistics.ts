import type { Latency } from './latency.ts';

/** Of the figures of several runs. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** @throws RangeError without figures. */
export function spreadOf(figures: readonly number[]): Spread {
  const sorted = figures.toSorted((a, b) => a - b);
  const [min, max] = [sorted[0], sorted.at(-1)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  const upper = sorted[Math.ceil((sorted.length - 1) / 2)];
  if (min === undefined || max === undefined || lower === undefined || upper === undefined) {
    throw new RangeError('there is no median of nothing');
  }
  return { median: (lower + upper) / 2, min, max };
}

/** Whole where that tells enough, else with two digits behind the point. */
export function figureText(figure: number): string {
  return Math.abs(figure) >= 100 ? Math.round(figure).toLocaleString('en-US') : figure.toFixed(2);
}

/**
 * Percentiles of times that were kept one by one.
 * @throws RangeError without any.
 */
export function latencyOf(timesMs: readonly number[]): Latency {
  const sorted = Float64Array.from(timesMs).toSorted();
  const at = (share: number): number => {
    const time = sorted[Math.ceil(sorted.length * share) - 1];
    if (time === undefined) throw new RangeError('there is no percentile of nothing');
    return time;
  };
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
