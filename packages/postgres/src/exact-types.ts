import pg from 'pg';

const { builtins } = pg.types;

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

/** The type parsers of our connections: nothing passes through a type that could lose a digit. */
export const exactTypes: pg.CustomTypesConfig = {
  // The signature of pg-types is overloaded by format; all of ours are text, and the rest keep pg's own.
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    format === 'binary'
      ? pg.types.getTypeParser(oid, 'binary')
      : (parsers.get(oid) ?? pg.types.getTypeParser(oid, 'text'))) as typeof pg.types.getTypeParser,
};
