/** A JSON value whose integers are exact. */
export type ExactJson = null | boolean | number | bigint | string | ExactJson[] | { [key: string]: ExactJson };

interface NumberSource {
  readonly source: string;
}

/**
 * Parses JSON with every integer as a bigint. Written apart from the parser of the services, since a checker that shares
 * the code it checks shares its mistakes.
 */
export function parseExact(text: string): ExactJson {
  const revive = (_key: string, value: ExactJson, context?: NumberSource): ExactJson =>
    typeof value === 'number' && /^-?\d+$/.test(context?.source ?? '') ? BigInt(context?.source ?? '') : value;
  return JSON.parse(text, revive);
}

export type ExactObject = { [key: string]: ExactJson };

/** @throws TypeError when the value is something else. */
export function objectAt(value: ExactJson | undefined, path: string): ExactObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`${path} is not an object`);
  }
  return value;
}

/** @throws TypeError when the value is something else. */
export function arrayAt(value: ExactJson | undefined, path: string): ExactJson[] {
  if (!Array.isArray(value)) {
    throw new TypeError(`${path} is not an array`);
  }
  return value;
}

/** @throws TypeError when the value is something else. */
export function integerAt(value: ExactJson | undefined, path: string): bigint {
  if (typeof value !== 'bigint') {
    throw new TypeError(`${path} is not an integer`);
  }
  return value;
}

/** @throws TypeError when the value is something else. */
export function textAt(value: ExactJson | undefined, path: string): string {
  if (typeof value !== 'string') {
    throw new TypeError(`${path} is not a text`);
  }
  return value;
}
