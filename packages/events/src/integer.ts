import type { Json } from './json.ts';

/** An exact integer out of a JSON value; undefined for all else, fractions and exponents (`1.0`, `1e2`) included, as in v1. */
export function integerOf(value: Json): bigint | undefined {
  if (typeof value === 'number') return Number.isInteger(value) ? integerOfText(String(value)) : undefined;
  return JSON.isRawJSON(value) ? integerOfText(value.rawJSON) : undefined;
}

function integerOfText(text: string): bigint | undefined {
  return /^-?\d+$/.test(text) ? BigInt(text) : undefined;
}
