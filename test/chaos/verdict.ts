import type { Audit, Fault, Finding } from '../../packages/stack/src/testing/index.ts';

/** What the faults that the auditor knows come to in the last line of a run. */
export type Verdict = 'missing' | 'phantom' | 'out of order';

/** Each fault counts towards exactly one of the three. */
export const verdictOf: Readonly<Record<Fault, Verdict>> = {
  // An event that someone was promised and a consumer does not get, or that could be lost without anyone knowing.
  missing: 'missing',
  'lost-write': 'missing',
  skipped: 'missing',
  'early-position': 'missing',
  // Something that was said and is not so.
  phantom: 'phantom',
  malformed: 'phantom',
  changed: 'phantom',
  torn: 'phantom',
  trace: 'phantom',
  'doubled-write': 'phantom',
  unbalanced: 'phantom',
  'wrong-volumes': 'phantom',
  'wrong-balance': 'phantom',
  overdrawn: 'phantom',
  stale: 'phantom',
  // Something that is not where it should be.
  disordered: 'out of order',
  misplaced: 'out of order',
  uneven: 'out of order',
  'txid-gap': 'out of order',
  parted: 'out of order',
};

/** The faults of an audit, counted by verdict. */
export function countVerdicts(faults: Audit['faults']): Record<Verdict, number> {
  const counts = { missing: 0, phantom: 0, 'out of order': 0 };
  for (const [fault, { count }] of findingsIn(faults)) counts[verdictOf[fault]] += count;
  return counts;
}

/** What was found, fault by fault. */
export function findingsIn(faults: Audit['faults']): (readonly [Fault, Finding])[] {
  return faultNames.flatMap((fault) => {
    const finding = faults[fault];
    return finding === undefined ? [] : [[fault, finding] as const];
  });
}

function isFault(name: string): name is Fault {
  return name in verdictOf;
}

const faultNames = Object.keys(verdictOf).filter(isFault);
