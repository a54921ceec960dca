import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Fault } from '../../packages/stack/src/testing/auditor-findings.ts';

// A record rather than a list, so that the compiler asks for a new fault here, and the test then for it in the page.
const faults: Record<Fault, true> = {
  missing: true,
  phantom: true,
  malformed: true,
  changed: true,
  disordered: true,
  skipped: true,
  misplaced: true,
  uneven: true,
  torn: true,
  'lost-write': true,
  'doubled-write': true,
  trace: true,
  'txid-gap': true,
  unbalanced: true,
  'wrong-volumes': true,
  'wrong-balance': true,
  overdrawn: true,
  stale: true,
  parted: true,
  'early-position': true,
};

it('docs/RELIABILITY.md says what each fault of the auditor is', () => {
  const page = readFileSync(new URL('../../docs/RELIABILITY.md', import.meta.url), 'utf8');
  const table = page.split('\n## ').find((section) => section.startsWith('A run under faults')) ?? '';
  const rows = table.split('\n').filter((line) => line.startsWith('| `'));
  const named = rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([a-z-]+)`/g)].map(([, name]) => name));
  expect(new Set(named)).toEqual(new Set(Object.keys(faults)));
});
