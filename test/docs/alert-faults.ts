import { parse } from 'yaml';
import { z } from 'zod';
import { groupedLabels, queryFaults } from './query-faults.ts';
import type { RegisteredMetric } from './registered-metrics.ts';

const sentence = z.string().regex(/\S\.$/, 'is no sentence');

const alertSchema = z.strictObject({
  alert: z.string().regex(/^Daybook[A-Z][A-Za-z]+$/),
  expr: z.string(),
  for: z.string().regex(/^\d+[mhd]$/),
  labels: z.strictObject({ severity: z.enum(['warning', 'critical']) }),
  annotations: z.strictObject({ summary: z.string().min(1), description: sentence, runbook_url: z.string() }),
});

const fileSchema = z.strictObject({
  groups: z.array(z.strictObject({ name: z.string(), rules: z.array(alertSchema).min(1) })).min(1),
});

type Alert = z.infer<typeof alertSchema>;

interface Beside {
  readonly metrics: ReadonlyMap<string, RegisteredMetric>;
  /** The page on which an operator looks an alert up, as Markdown. */
  readonly page: string;
}

const pagePath = 'docs/OPERATIONS.md';

/** What is wrong with a file of alert rules, or with what the page says of them. */
export function alertFaults(text: string, { metrics, page }: Beside): readonly string[] {
  const read = readAlerts(text);
  if ('fault' in read) return [read.fault];
  const { alerts } = read;
  const names = alerts.map(({ alert }) => alert);
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  const named = new Set(page.match(/\bDaybook[A-Z][A-Za-z]+\b/g));
  return [
    ...twice.map((name) => `${name} is there twice`),
    ...alerts.flatMap((alert) => [...ruleFaults(alert, metrics), ...runbookFaults(alert, page)]),
    ...[...named].filter((name) => !names.includes(name)).map((name) => `${pagePath} names ${name}, which is no alert`),
  ];
}

function readAlerts(text: string): { readonly alerts: readonly Alert[] } | { readonly fault: string } {
  try {
    return { alerts: fileSchema.parse(parse(text)).groups.flatMap(({ rules }) => rules) };
  } catch (error) {
    return { fault: String(error) };
  }
}

function ruleFaults({ alert, expr, annotations }: Alert, metrics: Beside['metrics']): readonly string[] {
  const kept = groupedLabels(expr);
  const shown = [...annotations.description.matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label);
  return [
    ...queryFaults(expr, metrics).map((fault) => `${alert}: ${fault}`),
    ...shown.filter((label) => !kept.has(label)).map((label) => `${alert}: its query does not keep the label ${label}`),
  ];
}

/** Under a heading with its name the page must say what the alert means, and then what to do. */
function runbookFaults({ alert, annotations }: Alert, page: string): readonly string[] {
  const anchor = `${pagePath}#${alert.toLowerCase()}`;
  const section = page.split(/^#+ /m).find((each) => each.startsWith(`${alert}\n`)) ?? '';
  return [
    ...(annotations.runbook_url === anchor ? [] : [`${alert}: its runbook must be ${anchor}`]),
    ...(/^\w+\n\n\S[^]*\n\n\*\*Do\.\*\* \S/.test(section)
      ? []
      : [`${alert}: ${pagePath} does not say what it means and what to do`]),
  ];
}
