import { createHistogram } from 'node:perf_hooks';

/** Percentiles, in milliseconds. */
export interface Latency {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** Latencies of one run. */
export class LatencyRecorder {
  readonly #histogram = createHistogram();

  record(ms: number): void {
    // Whole microseconds, at least one: what the histogram takes.
    this.#histogram.record(Math.max(1, Math.round(ms * 1_000)));
  }

  get count(): number {
    return this.#histogram.count;
  }

  get latencyMs(): Latency {
    const percentile = (share: number) => this.#histogram.percentile(share) / 1_000;
    return { p50: percentile(50), p95: percentile(95), p99: percentile(99) };
  }
}
