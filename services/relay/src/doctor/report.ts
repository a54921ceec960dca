import { renderTable } from '@daybook/config';
import type { CheckResult } from './run-checks.ts';

const mendIndent = '      ';

/** Whether all is well: nothing failed and, where warnings count, nothing warned. */
export function isWell(results: readonly CheckResult[], { strict }: { readonly strict: boolean }): boolean {
  return results.every(({ finding: { status } }) => status !== 'fail' && !(strict && status === 'warn'));
}

/** A table for people: a line for each check, the mend under each that wants one, and a line that sums up. */
export function renderReport(results: readonly CheckResult[]): string {
  const rows = results.map(({ name, area, finding }) => [
    finding.status,
    area,
    name,
    // Errors of PostgreSQL and Kafka may have several lines.
    finding.found.replaceAll(/\s+/g, ' '),
  ]);
  const [head = '', ...lines] = renderTable(['status', 'area', 'check', 'found'], rows).split('\n');
  const body = results.flatMap(({ finding }, index) => [
    lines[index] ?? '',
    ...('mend' in finding ? [`${mendIndent}mend: ${finding.mend}`] : []),
  ]);
  return [head, ...body, '', summaryOf(results)].join('\n');
}

/** One document for programs. */
export function reportAsJson(results: readonly CheckResult[], options: { readonly strict: boolean }): string {
  return JSON.stringify({
    ok: isWell(results, options),
    checks: results.map(({ name, area, finding }) => ({ name, area, ...finding })),
  });
}

function summaryOf(results: readonly CheckResult[]): string {
  const count = (wanted: string) => results.filter(({ finding }) => finding.status === wanted).length;
  return `${results.length} checks: ${count('ok')} ok, ${count('warn')} warned, ${count('fail')} failed, ${count('skipped')} skipped`;
}
