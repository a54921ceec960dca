import { z } from 'zod';
import { groupedLabels, queryFaults } from './query-faults.ts';
import type { RegisteredMetric } from './registered-metrics.ts';

const prometheus = z.strictObject({ type: z.literal('prometheus'), uid: z.literal('${datasource}') });
const place = z.strictObject({ x: z.int().min(0), y: z.int().min(0), w: z.int().min(1), h: z.int().min(1) });

const panelSchema = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('row'), id: z.int(), title: z.string().min(1), gridPos: place }),
  z.looseObject({
    type: z.enum(['timeseries', 'stat']),
    id: z.int(),
    title: z.string().min(1),
    description: z.string().regex(/\.$/, 'is no sentence'),
    gridPos: place,
    datasource: prometheus,
    fieldConfig: z.looseObject({ defaults: z.looseObject({ unit: z.string().min(1) }) }),
    targets: z
      .array(z.looseObject({ refId: z.string(), expr: z.string(), legendFormat: z.string(), datasource: prometheus }))
      .min(1),
  }),
]);

const dashboardSchema = z.looseObject({
  title: z.literal('Daybook'),
  uid: z.string().min(1),
  // That of Grafana 12; older ones are migrated when they are read.
  schemaVersion: z.literal(41),
  templating: z.looseObject({
    list: z.tuple([
      z.looseObject({ name: z.literal('datasource'), type: z.literal('datasource'), query: z.literal('prometheus') }),
    ]),
  }),
  panels: z.array(panelSchema).min(1),
});

type Panel = z.infer<typeof panelSchema>;
type Metrics = ReadonlyMap<string, RegisteredMetric>;

const columns = 24;

/** What is wrong with a dashboard of Grafana: its form, its queries, panels that share an id or a place. */
export function dashboardFaults(text: string, metrics: Metrics): readonly string[] {
  const read = readPanels(text);
  if ('fault' in read) return [read.fault];
  const { panels } = read;
  const ids = panels.map(({ id }) => id);
  return [
    ...ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `two panels have the id ${id}`),
    ...panels.flatMap((panel, index) => [
      ...queriesOf(panel)
        .flatMap((query) => targetFaults(query, metrics))
        .map((fault) => `${panel.title}: ${fault}`),
      ...(panel.gridPos.x + panel.gridPos.w > columns ? [`${panel.title} is beyond the right margin`] : []),
      ...panels
        .slice(0, index)
        .flatMap((other) => (overlap(panel, other) ? [`${panel.title} lies on ${other.title}`] : [])),
    ]),
  ];
}

function readPanels(text: string): { readonly panels: readonly Panel[] } | { readonly fault: string } {
  try {
    return { panels: dashboardSchema.parse(JSON.parse(text)).panels };
  } catch (error) {
    return { fault: String(error) };
  }
}

type Query = Extract<Panel, { type: 'timeseries' | 'stat' }>['targets'][number];

function queriesOf(panel: Panel): readonly Query[] {
  return panel.type === 'row' ? [] : panel.targets;
}

function targetFaults({ expr, legendFormat }: Query, metrics: Metrics): readonly string[] {
  const kept = groupedLabels(expr);
  const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
  return [
    ...queryFaults(expr, metrics),
    ...shown.filter((label) => !kept.has(label)).map((label) => `its query does not keep the label ${label}`),
  ];
}

function overlap({ gridPos: one }: Panel, { gridPos: other }: Panel): boolean {
  const isBeside = one.x >= other.x + other.w || other.x >= one.x + one.w;
  const isBelow = one.y >= other.y + other.h || other.y >= one.y + one.h;
  return !isBeside && !isBelow;
}
