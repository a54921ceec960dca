/** Metadata whose value at a path, as text, equals a value (v1.12, `meta_compare`). */
export interface MetadataFilter {
  /** Keys from the outside in. */
  readonly path: readonly string[];
  readonly value: string;
}

/** Dots descend into nested objects. */
export function metadataFilter(key: string, value: string): MetadataFilter {
  return { path: key.split('.'), value };
}

/** Both columns of the SQL parameters; null for none, which lets the planner drop the condition. */
export function metadataParameters(filters: readonly MetadataFilter[]) {
  if (filters.length === 0) return [null, null] as const;
  return [filters.map(({ path }) => arrayLiteral(path)), filters.map(({ value }) => value)] as const;
}

/**
 * The documents that an index on containment is asked for: the value as a string, and as the number or boolean that its
 * text may be. They find all rows that match, and some that do not. Undefined where they might not: for a path with a
 * number, which may stand for a place in an array, and for a value that may be an object or an array.
 */
export function containedDocuments({ path, value }: MetadataFilter): readonly [string, string] | undefined {
  if (path.some((key) => /^\s*[+-]?\d+\s*$/.test(key)) || /^[{[]/.test(value)) return undefined;
  const around = (inner: string) => path.reduceRight((json, key) => `{${JSON.stringify(key)}:${json}}`, inner);
  const text = JSON.stringify(value);
  // PostgreSQL shows no number with an exponent.
  const isScalar = /^(?:-?(?:0|[1-9]\d{0,1000})(?:\.\d{1,1000})?|true|false)$/.test(value);
  return [around(text), around(isScalar ? value : text)];
}

/** An array of text as PostgreSQL reads it; the driver would spread a nested array over two dimensions. */
function arrayLiteral(items: readonly string[]): string {
  return `{${items.map((item) => `"${item.replaceAll(/["\\]/g, String.raw`\$&`)}"`).join(',')}}`;
}
