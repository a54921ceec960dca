/**
 * A JSON value as this repository holds it: numbers that a JavaScript number shows exactly as sent are numbers, all
 * others (`12345678901234567890`, `1.0`, `1e2`) are `JSON.rawJSON` objects that keep the text.
 */
export type Json = null | boolean | number | string | RawJson | readonly Json[] | { readonly [key: string]: Json };

/**
 * What `JSON.rawJSON` makes: `JSON.stringify` writes its text as it is. Tell it apart with `JSON.isRawJSON` only: a
 * client may send an object with a key `rawJSON`.
 */
interface RawJson {
  readonly rawJSON: string;
}

/** `Array.isArray` does not narrow a readonly array. */
export function isJsonArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** Of what `parseJson` gave: an object, and neither an array nor an exact number. */
export function isJsonObject(value: unknown): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !JSON.isRawJSON(value);
}

declare global {
  // The parts of "JSON.parse source text access" (ES2026) that Node 24 has and TypeScript's library does not declare yet.
  interface JSON {
    rawJSON(text: string): RawJson;
    isRawJSON(value: unknown): value is RawJson;
  }
}
