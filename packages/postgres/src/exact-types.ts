import { types, type CustomTypesConfig } from 'pg';

const { builtins } = types;

/** Parses PostgreSQL's int8 as a number. Ours count rows and never come near 2^53; money is `numeric` and stays text. */
function parseCount(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`int8 ${text} does not fit a number exactly`);
  return value;
}

function asText(text: string): string {
  return text;
}

const parsers = new Map<number, (text: string) => unknown>([
  [builtins.INT8, parseCount],
  [builtins.NUMERIC, asText],
  // Parsing JSON would send amounts through floating point, and dates would lose their microseconds.
  [builtins.JSON, asText],
  [builtins.JSONB, asText],
  [builtins.TIMESTAMPTZ, asText],
  [builtins.TIMESTAMP, asText],
  [builtins.DATE, asText],
]);

/** The type parsers of our connections, all of text: nothing passes through a type that could lose a digit. */
export const exactTypes: CustomTypesConfig = {
  // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- any type's oid may come, not only those that pg-types names
  getTypeParser: (oid: number) => parsers.get(oid) ?? types.getTypeParser(oid, 'text'),
};
