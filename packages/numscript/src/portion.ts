import { limits } from './limits.ts';

/** An exact share from 0 to 1, in lowest terms. */
export interface Portion {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

const percentForm = /^(\d+)(?:\.(\d+))?%$/;
const fractionForm = /^(\d+)\s?\/\s?(\d+)$/;

/** `15%`, `2.5%`, `1/3`. A text says what is wrong with the portion. */
export function readPortion(text: string): Portion | string {
  const percent = percentForm.exec(text);
  if (percent !== null) {
    const [, whole = '', decimals = ''] = percent;
    if (whole.length + decimals.length > limits.portionDigitsMax) return tooManyDigits;
    return portionOf(BigInt(whole + decimals), 100n * 10n ** BigInt(decimals.length));
  }
  const fraction = fractionForm.exec(text);
  if (fraction === null) return 'a portion is written 15%, 2.5% or 1/3';
  const [, numerator = '', denominator = ''] = fraction;
  if (Math.max(numerator.length, denominator.length) > limits.portionDigitsMax) return tooManyDigits;
  return portionOf(BigInt(numerator), BigInt(denominator));
}

/** As Go's `big.Rat` writes itself in JSON: whole numbers without a denominator. */
export function portionText({ numerator, denominator }: Portion): string {
  return denominator === 1n ? String(numerator) : `${numerator}/${denominator}`;
}

const tooManyDigits = `a portion has at most ${limits.portionDigitsMax} digits`;

function portionOf(numerator: bigint, denominator: bigint): Portion | string {
  if (denominator === 0n) return 'a portion must not have zero as its denominator';
  if (numerator > denominator) return 'a portion must be between 0% and 100% inclusive';
  const divisor = greatestCommonDivisor(numerator, denominator);
  return { numerator: numerator / divisor, denominator: denominator / divisor };
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let [left, right] = [a, b];
  while (right !== 0n) [left, right] = [right, left % right];
  return left;
}
