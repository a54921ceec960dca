import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Fault } from '../../packages/stack/src/testing/index.ts';
import { faultKinds, faultRules } from '../chaos/fault-kind.ts';
import { verdictOf } from '../chaos/verdict.ts';

const sections = readFileSync(new URL('../../docs/RELIABILITY.md', import.meta.url), 'utf8').split('\n## ');

function rowsOf(section: string): string[][] {
  const text = sections.find((each) => each.startsWith(section)) ?? '';
  const [own = ''] = text.split('\n### ');
  return own
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.trim()));
}

it('docs/RELIABILITY.md says what each kind of fault of chaos is', () => {
  const listed = rowsOf('Chaos').map(([, kind, says]) => [kind, says]);
  expect(listed).toEqual(faultKinds.map((kind) => [`\`${kind}\``, faultRules[kind].says]));
});

it('docs/RELIABILITY.md says what each finding of the auditor counts as', () => {
  const listed = rowsOf('A run under faults').flatMap(([, faults = '', , verdict]) =>
    [...faults.matchAll(/`([a-z-]+)`/g)].map(([, fault]) => [fault, verdict]),
  );
  const expected: Record<Fault, string> = verdictOf;
  expect(Object.fromEntries(listed)).toEqual(expected);
});
