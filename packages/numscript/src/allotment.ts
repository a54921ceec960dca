import type { Portion } from './portion.ts';

/** A share of an allotment; at most one of them takes what the others leave. */
export type Share = Portion | 'remaining';

/** How a sum of portions compares with the whole: below, equal or above. */
export function compareWithWhole(portions: readonly Portion[]): -1 | 0 | 1 {
  const { numerator, denominator } = sumOf(portions);
  if (numerator === denominator) return 0;
  return numerator < denominator ? -1 : 1;
}

/**
 * Divides an amount that is not negative: each share rounded down, then what is left over given out one by one from the
 * first share on (v1.10, pkg/core/allotment.go). The parts add up to the amount.
 *
 * @param shares of which the portions do not exceed the whole, and reach it unless one is `remaining`
 */
export function allot(amount: bigint, shares: readonly Share[]): bigint[] {
  const { numerator, denominator } = sumOf(shares.filter((share) => share !== 'remaining'));
  const remaining = { numerator: denominator - numerator, denominator };
  const parts = shares.map((share) => {
    const portion = share === 'remaining' ? remaining : share;
    return (amount * portion.numerator) / portion.denominator;
  });
  let left = amount - parts.reduce((sum, part) => sum + part, 0n);
  // Each part lost less than one unit, so there are fewer units left than parts.
  return parts.map((part) => (left-- > 0n ? part + 1n : part));
}

/** Not in lowest terms: a common divisor of large denominators costs more than it saves. Equal denominators are added first. */
function sumOf(portions: readonly Portion[]): Portion {
  const byDenominator = new Map<bigint, bigint>();
  for (const { numerator, denominator } of portions) {
    byDenominator.set(denominator, (byDenominator.get(denominator) ?? 0n) + numerator);
  }
  let sum: Portion = { numerator: 0n, denominator: 1n };
  for (const [denominator, numerator] of byDenominator) {
    sum = {
      numerator: sum.numerator * denominator + numerator * sum.denominator,
      denominator: sum.denominator * denominator,
    };
  }
  return sum;
}
