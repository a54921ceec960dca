import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Check } from '../../services/relay/src/doctor/check.ts';
import { doctorChecks } from '../../services/relay/src/doctor/doctor.ts';

/** A row of the page's table as the code has it. */
function rowOf({ area, name, asks, fails = '', warns = '', mend }: Check): string {
  return `| ${area} | \`${name}\` | ${asks} | ${fails} | ${warns} | ${mend} |`.replaceAll(/ {2,}/g, ' ');
}

it('docs/OPERATIONS.md has every check of the doctor, in its order, and no others', () => {
  const page = readFileSync(new URL('../../docs/OPERATIONS.md', import.meta.url), 'utf8');
  const shown = page.match(/^\| (?:settings|postgresql|kafka) \| .*$/gm) ?? [];
  expect(shown).toEqual(doctorChecks.map(rowOf));
});
