import { expect, it } from 'vitest';
import { compare, type Comparison, type Measurement } from './measurement.ts';
import { spreadOf } from './statistics.ts';

const order: string[] = [];

function contender(name: string, runs: readonly Partial<Measurement>[]): Comparison['ours'] {
  return {
    name,
    settings: '',
    measure: async (run) => {
      order.push(name);
      return { figure: 0, remarks: [], faults: [], ...runs[run - 1] };
    },
  };
}

function comparison(ours: readonly Partial<Measurement>[]): Comparison {
  return {
    id: 'X1',
    work: 'something',
    unit: 'req/s',
    direction: '>=',
    target: 0.5,
    stretch: 0.7,
    ours: contender('ours', ours),
    baseline: contender('baseline', [{ figure: 100 }, { figure: 200 }, { figure: 100 }]),
    others: [contender('other', [])],
  };
}

const options = { runs: 3, progress: () => {} };

it('measures contenders in turn, and makes the ratio run by run', async () => {
  order.length = 0;
  const result = await compare(comparison([{ figure: 60 }, { figure: 80 }, { figure: 90 }]), options);
  expect(order.slice(0, 4)).toEqual(['baseline', 'other', 'ours', 'baseline']);
  expect(result.ratio).toEqual({ median: 0.6, min: 0.4, max: 0.9 });
  expect(result.runs[1]).toEqual({ figure: 80, baseline: 200, ratio: 0.4 });
  expect(result.contenders.map(({ name, figure }) => [name, figure.median])).toEqual([
    ['ours', 80],
    ['baseline', 100],
    ['other', 0],
  ]);
});

it('has no figure when one run failed its check', async () => {
  const result = await compare(
    comparison([{ figure: 60 }, { figure: 80, faults: ['lost one'] }, { figure: 90 }]),
    options,
  );
  expect(result).toMatchObject({ contenders: [], ratio: undefined, faults: ['run 2, ours: lost one'] });
});

it('takes the median of an even number as the middle of two', () => {
  expect(spreadOf([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, max: 4 });
  expect(() => spreadOf([])).toThrow(RangeError);
});
