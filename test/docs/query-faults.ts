import { parser } from '@prometheus-io/lezer-promql';
import type { RegisteredMetric } from './registered-metrics.ts';

type Tree = ReturnType<typeof parser.parse>;
type Node = Tree['topNode'];
type Metrics = ReadonlyMap<string, RegisteredMetric>;

/** Labels that scraping or the registry adds to every metric. */
const addedLabels = ['instance', 'job', 'service'];
const rates = new Set(['rate', 'irate', 'increase']);
const variables = /\$__(?:rate_interval|interval|range)\b/g;

/**
 * What is wrong with a PromQL query: its syntax, metrics that are not ours, labels that a metric does not have, rates of what is no counter.
 * Grafana's variables for durations may stand in it.
 */
export function queryFaults(query: string, metrics: Metrics): readonly string[] {
  const text = query.replaceAll(variables, '5m');
  const faults = new Set<string>();
  const { topNode } = parser.parse(text);
  topNode.cursor().iterate(({ node, type }) => {
    if (type.isError) faults.add(`syntax at "${text.slice(node.from, node.from + 20)}"`);
    else if (type.name === 'VectorSelector')
      selectorFaults(node, { text, metrics }).forEach((fault) => faults.add(fault));
    else if (type.name === 'GroupingLabels')
      groupingFaults(node, { text, metrics }).forEach((fault) => faults.add(fault));
    else if (type.name === 'FunctionCall') rateFaults(node, { text, metrics }).forEach((fault) => faults.add(fault));
  });
  return [...faults];
}

/** The labels that the groupings of a query keep. */
export function groupedLabels(query: string): ReadonlySet<string> {
  const text = query.replaceAll(variables, '5m');
  const labels = descendants(parser.parse(text).topNode, 'GroupingLabels').flatMap((node) => labelsOf(node, text));
  return new Set(labels);
}

interface Source {
  readonly text: string;
  readonly metrics: Metrics;
}

function selectorFaults(node: Node, { text, metrics }: Source): readonly string[] {
  const name = nameOf(node, text);
  const metric = find(name, metrics);
  if (metric === undefined) return [`no metric ${name}`];
  return labelsOf(node, text)
    .filter((label) => !metric.labels.includes(label))
    .map((label) => `${name} has no label ${label}`);
}

/** Each metric below an aggregation, or on either side of an operator, must have the labels that it groups or matches by. */
function groupingFaults(node: Node, { text, metrics }: Source): readonly string[] {
  let scope = node.parent;
  while (scope !== null && scope.name !== 'AggregateExpr' && scope.name !== 'BinaryExpr') scope = scope.parent;
  if (scope === null) return [];
  const wanted = labelsOf(node, text);
  return descendants(scope, 'VectorSelector').flatMap((selector) => {
    const name = nameOf(selector, text);
    const labels = find(name, metrics)?.labels ?? wanted;
    return wanted.filter((label) => !labels.includes(label)).map((label) => `${name} has no label ${label}`);
  });
}

function rateFaults(node: Node, { text, metrics }: Source): readonly string[] {
  const called = node.getChild('FunctionIdentifier');
  const name = called === null ? '' : text.slice(called.from, called.to);
  if (!rates.has(name)) return [];
  return descendants(node, 'VectorSelector')
    .map((selector) => nameOf(selector, text))
    .filter((metric) => find(metric, metrics)?.type === 'gauge')
    .map((metric) => `${name} of the gauge ${metric}`);
}

/** A metric by the name of a series; histograms have none of their own name. */
function find(name: string, metrics: Metrics): RegisteredMetric | undefined {
  const plain = metrics.get(name);
  if (plain !== undefined) {
    return plain.type === 'histogram' ? undefined : { ...plain, labels: [...plain.labels, ...addedLabels] };
  }
  const [, base = '', suffix] = /^(.+)_(bucket|sum|count)$/.exec(name) ?? [];
  const histogram = metrics.get(base);
  if (histogram?.type !== 'histogram') return undefined;
  const labels = [...histogram.labels, ...addedLabels, ...(suffix === 'bucket' ? ['le'] : [])];
  return { type: 'counter', labels };
}

function nameOf(selector: Node, text: string): string {
  const identifier = selector.getChild('Identifier');
  return identifier === null ? '(none)' : text.slice(identifier.from, identifier.to);
}

function labelsOf(node: Node, text: string): readonly string[] {
  return descendants(node, 'LabelName').map(({ from, to }) => text.slice(from, to));
}

function descendants(node: Node, name: string): readonly Node[] {
  const found: Node[] = [];
  node.cursor().iterate((each) => {
    if (each.name === name) found.push(each.node);
  });
  return found;
}
