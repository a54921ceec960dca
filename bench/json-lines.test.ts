import { expect, it } from 'vitest';
import { writeJson } from './json-lines.ts';
import type { ComparisonResult, Gauge } from './measurement.ts';
import type { Report } from './report.ts';

const one = (median: number) => ({ median, min: median, max: median });

const comparison: ComparisonResult = {
  id: 'L1',
  work: 'single write',
  unit: 'req/s',
  direction: '>=',
  target: 0.5,
  stretch: 0.7,
  contenders: [
    {
      name: 'ledger',
      settings: '',
      figure: one(60),
      latencyMs: { p50: 1, p95: 2, p99: 3 },
      cpuSecondsPer100k: undefined,
      generator: undefined,
      remarks: ['it rained'],
    },
    {
      name: 'echo',
      settings: '',
      figure: one(100),
      latencyMs: undefined,
      cpuSecondsPer100k: undefined,
      generator: undefined,
      remarks: [],
    },
  ],
  runs: [{ figure: 60, baseline: 100, ratio: 0.6 }],
  ratio: one(0.6),
  faults: [],
};

const gauge: Gauge = { id: 'L7', work: 'commits', unit: 'commits', target: 0.1, figures: [0.3, 0.1, 0.2], faults: [] };

function lines(parts: Partial<Report>): Record<string, unknown>[] {
  const report = {
    title: '',
    command: '',
    method: '',
    surroundings: { commit: 'abc' },
    comparisons: [],
    gauges: [],
    tables: [],
  };
  return JSON.parse(writeJson({ ...report, ...parts }));
}

it('has figure, baseline, ratio, target and runs of a comparison', () => {
  expect(lines({ comparisons: [{ ...comparison, variant: 'first' }] })).toMatchObject([
    {
      line: 'L1',
      variant: 'first',
      figure: 60,
      baseline: 100,
      ratio: 0.6,
      target: 0.5,
      direction: '>=',
      stretch: 0.7,
      met: true,
      unit: 'req/s',
      runs: [{ figure: 60, baseline: 100, ratio: 0.6 }],
      p99Ms: 3,
      remarks: ['ledger: it rained'],
      faults: [],
      surroundings: { commit: 'abc' },
    },
  ]);
});

it('has the median of a gauge, which has no baseline', () => {
  expect(lines({ gauges: [gauge] })).toMatchObject([
    {
      line: 'L7',
      variant: null,
      figure: 0.2,
      baseline: null,
      ratio: null,
      target: 0.1,
      direction: '<=',
      met: false,
      runs: [
        { figure: 0.3, baseline: null, ratio: null },
        { figure: 0.1, baseline: null, ratio: null },
        { figure: 0.2, baseline: null, ratio: null },
      ],
    },
  ]);
});

it('has what a gauge is seen beside', () => {
  const [line] = lines({ gauges: [{ ...gauge, baselines: [0.1, 0.2, 0.2] }] });
  expect(line).toMatchObject({ figure: 0.2, baseline: 0.2, ratio: 1, target: 0.1, met: false });
  expect(line?.['runs']).toHaveLength(3);
});

it('says nothing of a target that there is none of', () => {
  expect(lines({ gauges: [{ ...gauge, target: undefined }] })).toMatchObject([{ target: null, met: null }]);
});

it('has no figure where a check failed, and says why', () => {
  const faults = ['lost one'];
  const failed = { ...comparison, contenders: [], runs: [], ratio: undefined, faults };
  for (const line of lines({ comparisons: [failed], gauges: [{ ...gauge, figures: [], faults }] })) {
    expect(line).toMatchObject({ figure: null, baseline: null, ratio: null, met: null, runs: [], faults });
  }
});
