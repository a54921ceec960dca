import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { drawPlot, type PlotPanel } from './curve-plot.ts';
import type { SoakSample } from './soak-run.ts';

const labelsMax = 15;

/** Leaves `soak.svg` in a folder: the memory of both services, and what was published, at moments that are equally far apart. */
export function plotSoak(samples: readonly SoakSample[], folder: string, caption: string): void {
  const every = Math.ceil(samples.length / labelsMax);
  const shown = samples.filter((_, index) => index % every === every - 1);
  const panel = (scale: string, lines: Readonly<Record<string, (sample: SoakSample) => number>>): PlotPanel => ({
    scale,
    lines: Object.entries(lines).map(([name, of]) => ({
      name,
      values: shown.map((sample) => ({ median: of(sample), min: of(sample), max: of(sample) })),
    })),
  });
  const plot = drawPlot({
    title: 'Memory over time',
    axis: 'minutes',
    labels: shown.map(({ minutes }) => minutes.toFixed(minutes < 10 ? 1 : 0)),
    panels: [
      panel('MB resident', {
        ledger: ({ memory }) => memory.ledger.residentMb,
        relay: ({ memory }) => memory.relay.residentMb,
      }),
      panel('MB of heap', { ledger: ({ memory }) => memory.ledger.heapMb, relay: ({ memory }) => memory.relay.heapMb }),
      panel('events/s', { published: ({ eventsPerSecond }) => eventsPerSecond }),
    ],
    caption,
  });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'soak.svg'), plot);
}
