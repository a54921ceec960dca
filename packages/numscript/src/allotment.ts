import type { Portion } from './portion.ts';

/** A portion of an allotment; at most one of them takes what the others leave. */
export type AllottedPortion = Portion | 'remaining';

/** How a sum of portions compares with the whole: below, equal or above. */
export function compareWithWhole(portions: readonly Portion[]): -1 | 0 | 1 {
  const { numerator, denominator } = sumOf(portions);
  if (numerator === denominator) return 0;
  return numerator < denominator ? -1 : 1;
}

/**
 * Divides an amount that is not negative: each part rounded down, then what is left over given out one by one from the
 * first part on (v1.10, pkg/core/allotment.go). The parts add up to the amount. Undefined when the portions exceed the whole.
 *
 * @param portions which reach the whole, unless one is `remaining`
 */
export function allot(amount: bigint, portions: readonly AllottedPortion[]): bigint[] | undefined {
  const { numerator, denominator } = sumOf(portions.filter((portion) => portion !== 'remaining'));
  if (numerator > denominator) return undefined;
  const remaining = { numerator: denominator - numerator, denominator };
  const parts = portions.map((portion) => {
    const { numerator: part, denominator: whole } = portion === 'remaining' ? remaining : portion;
    return (amount * part) / whole;
  });
  let left = amount - parts.reduce((sum, part) => sum + part, 0n);
  // Each part lost less than one unit, so there are fewer units left than parts.
  return parts.map((part) => (left-- > 0n ? part + 1n : part));
}

/**
 * Not in lowest terms: a common divisor of large denominators costs more than it saves. Equal denominators are added first, then sums of like
 * size: thousands of portions of 40 digits take 20 ms, where one after the other took 130.
 */
function sumOf(portions: readonly Portion[]): Portion {
  const byDenominator = new Map<bigint, bigint>();
  for (const { numerator, denominator } of portions) {
    byDenominator.set(denominator, (byDenominator.get(denominator) ?? 0n) + numerator);
  }
  let sums: Portion[] = [...byDenominator].map(([denominator, numerator]) => ({ numerator, denominator }));
  while (sums.length > 1) {
    const halved: Portion[] = [];
    for (let index = 0; index < sums.length; index += 2) halved.push(add(sums[index], sums[index + 1]));
    sums = halved;
  }
  return sums[0] ?? nothing;
}

const nothing: Portion = { numerator: 0n, denominator: 1n };

function add(a: Portion = nothing, b: Portion = nothing): Portion {
  return {
    numerator: a.numerator * b.denominator + b.numerator * a.denominator,
    denominator: a.denominator * b.denominator,
  };
}
