import { figureText, type Spread } from './statistics.ts';

/** A figure of each point, or of those that have it. */
interface PlotLine {
  readonly name: string;
  readonly values: readonly (Spread | undefined)[];
}

/** Lines that share a scale. */
export interface PlotPanel {
  /** What the scale is of, with its unit. */
  readonly scale: string;
  readonly lines: readonly PlotLine[];
}

export interface Plot {
  readonly title: string;
  /** What changes from point to point. */
  readonly axis: string;
  /** One of each point, in order; points stand at equal distances. */
  readonly labels: readonly string[];
  readonly panels: readonly PlotPanel[];
  /** What the figures are of: commit, machine, settings. */
  readonly caption: string;
}

const width = 640;
const panelHeight = 200;
const left = 76;
const right = 24;
const top = 40;
const gap = 40;
const bottom = 66;
const ticks = 4;
const colours = ['#1f6feb', '#d1242f', '#1a7f37'];

/** Draws panels one below the other, as SVG: a line through the medians, a bar from the least to the greatest. */
export function drawPlot({ title, axis, labels, panels, caption }: Plot): string {
  const height = top + panels.length * (panelHeight + gap) - gap + bottom;
  const xOf = (index: number) =>
    left + (width - left - right) * (labels.length === 1 ? 0.5 : (index + 0.5) / labels.length);
  const end = top + panels.length * (panelHeight + gap) - gap;
  const drawn = panels.flatMap((panel, index) => drawPanel(panel, { topAt: top + index * (panelHeight + gap), xOf }));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="12" fill="#1f2328">`,
    `<title>${escape(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    text({ x: width / 2, y: 18, anchor: 'middle', size: 14 }, title),
    ...drawn,
    ...labels.map((label, index) => text({ x: xOf(index), y: end + 16, anchor: 'middle' }, label)),
    text({ x: (left + width - right) / 2, y: end + 34, anchor: 'middle' }, axis),
    text({ x: width / 2, y: height - 8, anchor: 'middle', size: 9 }, caption),
    '</svg>\n',
  ].join('\n');
}

interface Place {
  readonly topAt: number;
  readonly xOf: (index: number) => number;
}

function drawPanel({ scale, lines }: PlotPanel, { topAt, xOf }: Place): readonly string[] {
  const highest = Math.max(0, ...lines.flatMap(({ values }) => values.map((value) => value?.max ?? 0)));
  const step = roundStep(highest / ticks);
  const topValue = step * Math.max(1, Math.ceil(highest / step));
  const yOf = (value: number) => rounded(topAt + panelHeight * (1 - value / topValue));
  const grid = Array.from({ length: Math.round(topValue / step) + 1 }, (_, index) => index * step).flatMap((value) => [
    `<path d="M${left} ${yOf(value)}H${width - right}" stroke="#d0d7de"/>`,
    text({ x: left - 6, y: yOf(value) + 4, anchor: 'end' }, tickText(value)),
  ]);
  const drawn = lines.flatMap(({ name, values }, line) => {
    const colour = colours[line % colours.length];
    const known = values.flatMap((value, index) => (value === undefined ? [] : [{ value, x: rounded(xOf(index)) }]));
    const last = known.at(-1);
    return [
      `<path d="M${known.map(({ x, value }) => `${x} ${yOf(value.median)}`).join('L')}" fill="none" stroke="${colour}" stroke-width="2"/>`,
      ...known.map(
        ({ x, value }) =>
          `<path d="M${x} ${yOf(value.min)}V${yOf(value.max)}" stroke="${colour}"/><circle cx="${x}" cy="${yOf(value.median)}" r="3" fill="${colour}"><title>${figureText(value.median)}</title></circle>`,
      ),
      ...(last === undefined || lines.length === 1
        ? []
        : [text({ x: last.x + 8, y: yOf(last.value.median) + 4, anchor: 'start' }, name)]),
    ];
  });
  return [text({ x: left, y: topAt - 8, anchor: 'start' }, scale), ...grid, ...drawn];
}

/** 1, 2 or 5 times a power of ten, no less than what is asked for. */
function roundStep(least: number): number {
  if (least <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5].find((factor) => factor * power >= least) ?? 10);
}

function tickText(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 3 });
}

function rounded(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}

interface TextPlace {
  readonly x: number;
  readonly y: number;
  readonly anchor: 'start' | 'middle' | 'end';
  readonly size?: number;
}

function text({ x, y, anchor, size }: TextPlace, words: string): string {
  const sized = size === undefined ? '' : ` font-size="${size}"`;
  return `<text x="${rounded(x)}" y="${rounded(y)}" text-anchor="${anchor}"${sized}>${escape(words)}</text>`;
}

function escape(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
