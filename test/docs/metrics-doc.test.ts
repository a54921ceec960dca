import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

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
