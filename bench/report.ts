import type { ComparisonResult, ContenderResult, Gauge } from './measurement.ts';
import { isMet, type Target } from './target.ts';
import { figureText, spreadOf, type Spread } from './statistics.ts';
import type { ReportTable } from './report-table.ts';
import type { Surroundings } from './surroundings.ts';

/** All that one call of `pnpm bench` found out. */
export interface Report {
  readonly title: string;
  readonly command: string;
  readonly method: string;
  readonly surroundings: Surroundings;
  readonly comparisons: readonly ComparisonResult[];
  readonly gauges: readonly Gauge[];
  /** What is shown beside: where the time went, or what was seen from time to time. */
  readonly tables: readonly ReportTable[];
}

/** As a section of docs/BENCHMARKS.md. */
export function writeMarkdown({ title, command, method, surroundings, comparisons, gauges, tables }: Report): string {
  const parts = [
    `### ${title}`,
    `\`${command}\` · ${method}`,
    Object.entries(surroundings)
      .map(([name, value]) => `- ${name}: ${value}`)
      .join('\n'),
  ];
  const measured = comparisons.filter(({ faults }) => faults.length === 0);
  if (measured.length > 0) parts.push(comparisonTable(measured));
  const counted = gauges.filter(({ figures }) => figures.length > 0);
  if (counted.length > 0) parts.push(gaugeTable(counted));
  const remarks = measured.flatMap(({ id, contenders }) =>
    contenders.flatMap(({ name, remarks: said }) => said.map((remark) => `- ${id}, ${name}: ${remark}.`)),
  );
  if (remarks.length > 0) parts.push(remarks.join('\n'));
  for (const { id, faults } of [...comparisons, ...gauges]) {
    if (faults.length > 0) parts.push(`${id} has no figure:\n\n${faults.map((fault) => `- ${fault}`).join('\n')}`);
  }
  parts.push(...tables.map(({ title: what, heads, rows }) => `${what}:\n\n${table(heads, rows)}`));
  return `${parts.join('\n\n')}\n`;
}

/** For a terminal. */
export function writeText({ title, command, method, surroundings, comparisons, gauges, tables }: Report): string {
  const lines = [title, `  ${command}`, `  ${method}`];
  lines.push(...Object.entries(surroundings).map(([name, value]) => `  ${name}: ${value}`));
  for (const comparison of comparisons) {
    const { id, work, unit, ratio, stretch, faults } = comparison;
    lines.push('', `${id}  ${work}`);
    for (const contender of comparison.contenders) {
      lines.push(`  ${contender.name.padEnd(34)} ${spreadText(contender.figure)} ${unit}${more(contender)}`);
      lines.push(...contender.remarks.map((remark) => `    (${remark})`));
    }
    if (ratio !== undefined) {
      const further = stretch === undefined ? '' : `; stretch ${stretch}`;
      lines.push(`  ratio ${ratioText(ratio)}; target ${verdict(ratio.median, comparison)}${further}`);
    }
    lines.push(...faults.map((fault) => `  no figure: ${fault}`));
  }
  if (gauges.length > 0) lines.push('');
  for (const gauge of gauges) {
    const { id, work, unit, digits, faults } = gauge;
    const detail = besides(gauge);
    lines.push(`${id}  ${work}`, ...faults.map((fault) => `  no figure: ${fault}`));
    if (gauge.figures.length === 0) continue;
    const figure = spreadOf(gauge.figures);
    const held = gauge.target === undefined ? '' : `; target ${verdict(figure.median, gauge)}`;
    lines.push(`  ${small(figure, digits)} ${unit}${held}`, ...(detail === '' ? [] : [`  ${detail}`]));
  }
  for (const { title: what, heads, rows } of tables) {
    lines.push('', what, ...[heads, ...rows].map((cells) => `  ${cells.join(' · ')}`));
  }
  return `${lines.join('\n')}\n`;
}

function comparisonTable(comparisons: readonly ComparisonResult[]): string {
  const isTimed = comparisons.some(({ contenders }) => contenders.some(({ latencyMs }) => latencyMs !== undefined));
  const isLoaded = comparisons.some(({ contenders }) => contenders.some(({ generator }) => generator !== undefined));
  const rows = comparisons.flatMap((comparison) => {
    const { id, work, unit, ratio } = comparison;
    return comparison.contenders.map((contender, index) => [
      index === 0 ? id : '',
      index === 0 ? work : '',
      `${contender.name} (${contender.settings})`,
      `${spreadText(contender.figure)} ${unit}`,
      ...(isTimed ? [contender.latencyMs === undefined ? '' : latency(contender.latencyMs)] : []),
      contender.cpuSecondsPer100k?.toFixed(2) ?? '',
      ...(isLoaded ? [contender.generator === undefined ? '' : percent(contender.generator.busyShare)] : []),
      index === 0 && ratio !== undefined ? ratioText(ratio) : '',
      index === 0 && ratio !== undefined ? verdict(ratio.median, comparison) : '',
    ]);
  });
  const loaded = isLoaded ? ['generator busy'] : [];
  const timed = isTimed ? ['p50 / p95 / p99 ms'] : [];
  return table(
    ['#', 'work', 'what', 'median (min – max)', ...timed, 'CPU s per 100k', ...loaded, 'ratio', 'target'],
    rows,
  );
}

function gaugeTable(gauges: readonly Gauge[]): string {
  const isDetailed = gauges.some((gauge) => besides(gauge) !== '');
  const rows = gauges.map((gauge) => {
    const { id, work, unit, digits } = gauge;
    const figure = spreadOf(gauge.figures);
    const held = gauge.target === undefined ? '' : verdict(figure.median, gauge);
    return [id, work, `${small(figure, digits)} ${unit}`, held, ...(isDetailed ? [besides(gauge)] : [])];
  });
  return table(['#', 'what', 'median (min – max)', 'target', ...(isDetailed ? ['besides'] : [])], rows);
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

function more({ latencyMs, cpuSecondsPer100k, generator }: ContenderResult): string {
  const parts = [
    ...(latencyMs === undefined ? [] : [`p50 / p95 / p99 ${latency(latencyMs)} ms`]),
    ...(cpuSecondsPer100k === undefined ? [] : [`${cpuSecondsPer100k.toFixed(2)} CPU s per 100k`]),
    ...(generator === undefined ? [] : [`generator busy ${percent(generator.busyShare)}`]),
  ];
  return parts.map((part) => `  ${part}`).join('');
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** What stands beside the figure. */
function besides({ latencyMs, detail = '' }: Gauge): string {
  const shown = latencyMs === undefined ? '' : `p50 / p95 / p99 ${latency(latencyMs)} ms`;
  return [shown, detail].filter((part) => part !== '').join('; ');
}

function latency({ p50, p95, p99 }: NonNullable<ContenderResult['latencyMs']>): string {
  return `${p50.toFixed(1)} / ${p95.toFixed(1)} / ${p99.toFixed(1)}`;
}

function spreadText({ median, min, max }: Spread): string {
  return `${figureText(median)} (${figureText(min)} – ${figureText(max)})`;
}

function ratioText({ median, min, max }: Spread): string {
  return `${median.toFixed(2)} (${min.toFixed(2)} – ${max.toFixed(2)})`;
}

/** Counts as they are, ratios with what matters of them. */
function small({ median, min, max }: Spread, asked?: number): string {
  if (asked === undefined && [median, min, max].every((figure) => figure === 0 || figure >= 10)) {
    return `${whole(median)} (${whole(min)} – ${whole(max)})`;
  }
  const digits = asked ?? 4;
  return `${median.toFixed(digits)} (${min.toFixed(digits)} – ${max.toFixed(digits)})`;
}

function whole(figure: number): string {
  return Math.round(figure).toLocaleString('en-US');
}

/** The target, and whether it is met. */
function verdict(figure: number, target: Target): string {
  const sign = target.direction === '>=' ? '≥' : '≤';
  return `${sign} ${target.target}: ${isMet(figure, target) === true ? 'met' : 'not met'}`;
}
