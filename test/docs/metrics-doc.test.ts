import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { registeredMetrics } from './registered-metrics.ts';

const repository = fileURLToPath(new URL('../../', import.meta.url));

/** Every word that looks like a metric of ours. */
function metricsIn(text: string): string[] {
  return [...new Set(text.match(/\bdaybook_(?:relay|http|ledger)_[a-z_]+/g))].toSorted();
}

it('docs/OPERATIONS.md names the metrics of the services, and no others', () => {
  const sources = globSync('services/*/src/**/*.ts', { cwd: repository }).filter((path) => !path.endsWith('.test.ts'));
  const made = metricsIn(sources.map((path) => readFileSync(`${repository}${path}`, 'utf8')).join('\n'));
  expect(made.length).toBeGreaterThan(10);
  expect(metricsIn(readFileSync(`${repository}docs/OPERATIONS.md`, 'utf8'))).toEqual(made);
});

it('docs/OPERATIONS.md says of each metric its type and its labels', async () => {
  const rows = readFileSync(`${repository}docs/OPERATIONS.md`, 'utf8').match(/^\| `daybook_\w+` \|.*$/gm) ?? [];
  const shown = rows.map((row) =>
    row
      .split('|', 4)
      .slice(1)
      .map((cell) => cell.trim())
      .join(' | '),
  );
  const registered = [...(await registeredMetrics())].filter(([name]) => name.startsWith('daybook_'));
  const made = registered.map(
    ([name, { type, labels }]) => `\`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')}`,
  );
  expect(shown.toSorted()).toEqual(made.toSorted());
});
