import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { drawPlot, type Plot } from './curve-plot.ts';
import { gaugeOf, measureInTurn, type Contender, type Gauge } from './measurement.ts';
import { spreadOf, type Spread } from './statistics.ts';
import type { Conditions } from './subject.ts';

/** One thing that is measured at several sizes. */
export interface Curve {
  readonly name: string;
  /** What is measured. */
  readonly work: string;
  /** What changes from point to point. */
  readonly axis: string;
  readonly unit: string;
  readonly points: readonly CurvePoint[];
}

export interface CurvePoint {
  readonly label: string;
  /** What is to be ready before anything of the curve is measured. */
  readonly prepare?: () => Promise<void>;
  readonly contender: Contender;
}

export interface MeasuredCurve {
  readonly curve: Curve;
  /** One of each point. */
  readonly gauges: readonly Gauge[];
}

/** Measures all points in turn, so that whatever the machine does meanwhile meets all alike. */
export async function measureCurve(curve: Curve, conditions: Conditions): Promise<MeasuredCurve> {
  const { name, work, axis, unit, points } = curve;
  for (const { label, prepare } of points) {
    if (prepare === undefined) continue;
    conditions.progress(`${name}: preparing ${axis}: ${label} …`);
    await prepare();
  }
  conditions.progress(`${name}: ${work}`);
  const contenders = points.map(({ contender }) => contender);
  const measured = await measureInTurn(contenders, { ...conditions, unit });
  const gauges = points.map(({ label, contender }) =>
    gaugeOf(contender, measured, {
      id: name,
      variant: label,
      work: `${work}; ${axis}: ${label}; ${contender.settings}`,
      unit,
    }),
  );
  return { curve, gauges };
}

/** Leaves a plot of each curve that has all of its figures, named for it. */
export function plotCurves(curves: readonly MeasuredCurve[], folder: string, caption: string): void {
  mkdirSync(folder, { recursive: true });
  for (const measured of curves) {
    if (measured.gauges.some(({ faults }) => faults.length > 0)) continue;
    writeFileSync(join(folder, `${measured.curve.name}.svg`), drawPlot(plotOf(measured, caption)));
  }
}

function plotOf({ curve: { work, axis, unit, points }, gauges }: MeasuredCurve, caption: string): Plot {
  const latency = (name: 'p50' | 'p99') =>
    gauges.map(({ latencyMs }) => (latencyMs === undefined ? undefined : exactly(latencyMs[name])));
  const isTimed = gauges.some(({ latencyMs }) => latencyMs !== undefined);
  return {
    title: work,
    axis,
    labels: points.map(({ label }) => label),
    panels: [
      { scale: unit, lines: [{ name: unit, values: gauges.map(({ figures }) => spreadOf(figures)) }] },
      ...(isTimed
        ? [
            {
              scale: 'latency, ms',
              lines: [
                { name: 'p50', values: latency('p50') },
                { name: 'p99', values: latency('p99') },
              ],
            },
          ]
        : []),
    ],
    caption,
  };
}

function exactly(figure: number): Spread {
  return { median: figure, min: figure, max: figure };
}
