import type { ComparisonResult, Gauge } from './measurement.ts';
import type { Option } from './option.ts';
import type { ReportTable } from './report-table.ts';
import type { Stops } from './stops.ts';
import type { Surroundings } from './surroundings.ts';

/** What every benchmark is handed, whatever it measures. */
export interface Conditions {
  /** Of each contender. */
  readonly runs: number;
  readonly stops: Stops;
  readonly progress: (line: string) => void;
}

export interface BenchmarkResult {
  readonly comparisons: readonly ComparisonResult[];
  readonly gauges: readonly Gauge[];
  /** What is shown beside: where the time went, or what was seen from time to time. */
  readonly tables?: readonly ReportTable[];
  /** Of the servers that were used. */
  readonly surroundings: Surroundings;
}

/** What `pnpm bench` can measure: one word of its command line. */
export interface Subject {
  readonly name: string;
  /** Of its section in docs/BENCHMARKS.md. */
  readonly title: string;
  /** What it measures, for the usage. */
  readonly about: string;
  readonly options: Readonly<Record<string, Option<unknown>>>;
  /** @throws UsageError */
  prepare(given: Readonly<Record<string, string>>): Benchmark;
}

/** A subject whose options are settled. */
export interface Benchmark {
  /** What one run is, for the report. */
  readonly method: string;
  run(conditions: Conditions): Promise<BenchmarkResult>;
}

type Options = Readonly<Record<string, Option<unknown>>>;

/** What options were read as. */
type Values<Asked extends Options> = {
  readonly [Name in keyof Asked]: Asked[Name] extends Option<infer Value> ? Value : never;
};

export interface SubjectParts<Asked extends Options> {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly options: Asked;
  method(values: Values<Asked>): string;
  run(values: Values<Asked>, conditions: Conditions): Promise<BenchmarkResult>;
}

/** Makes a subject of its parts, which see their options as the types they are read as. */
export function subject<Asked extends Options>(parts: SubjectParts<Asked>): Subject {
  return {
    name: parts.name,
    title: parts.title,
    about: parts.about,
    options: parts.options,
    prepare(given) {
      const read = Object.entries<Option<unknown>>(parts.options).map(([name, option]) => [
        name,
        option.read(name, given[name] ?? option.fallback),
      ]);
      const values: Values<Asked> = Object.fromEntries(read);
      return { method: parts.method(values), run: async (conditions) => parts.run(values, conditions) };
    },
  };
}
