import { expect, it } from 'vitest';
import { drawPlot, type Plot } from './curve-plot.ts';

const spread = (median: number) => ({ median, min: median - 10, max: median + 10 });

const plot: Plot = {
  title: 'Writes & ledgers',
  axis: 'ledgers',
  labels: ['1', '10'],
  panels: [
    { scale: 'req/s', lines: [{ name: 'rate', values: [spread(100), spread(390)] }] },
    {
      scale: 'ms',
      lines: [
        { name: 'p50', values: [spread(20), undefined] },
        { name: 'p99', values: [spread(40), spread(80)] },
      ],
    },
  ],
  caption: 'commit <abc>',
};

/** The heights of the medians, from the top. */
function circles(svg: string): number[] {
  return [...svg.matchAll(/<circle [^>]*cy="([\d.]+)"/g)].map(({ 1: y }) => Number(y));
}

it('draws a point where its figure is on the scale, and none where there is no figure', () => {
  // The scale of the first panel ends at 400, of the second at 100; a panel is 200 high and begins at 40, the second at 280.
  expect(circles(drawPlot(plot))).toEqual([190, 45, 440, 400, 320]);
});

it('draws a bar from the least to the greatest', () => {
  expect(drawPlot(plot)).toContain('M211 195V185');
});

it('names points, lines, scales and what the figures are of', () => {
  const svg = drawPlot(plot);
  for (const words of ['Writes &amp; ledgers', '>10<', '>p50<', '>p99<', '>req/s<', 'commit &lt;abc&gt;', '>400<']) {
    expect(svg).toContain(words);
  }
});

it('draws a single point of nothing', () => {
  const lines = [{ name: 'rate', values: [{ median: 0, min: 0, max: 0 }] }];
  const svg = drawPlot({ ...plot, labels: ['1'], panels: [{ scale: 'req/s', lines }] });
  expect(circles(svg)).toEqual([240]);
  expect(svg).not.toContain('NaN');
});
