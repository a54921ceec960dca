/**
 * A JSON value as this repository holds it: numbers that a JavaScript number shows exactly as sent are numbers, all
 * others (`12345678901234567890`, `1.0`, `1e2`) are `JSON.rawJSON` objects that keep the text.
 */
export type Json = null | boolean | number | string | RawJson | readonly Json[] | { readonly [key: string]: Json };

/** What `JSON.rawJSON` makes: `JSON.stringify` writes its text as it is. */
export interface RawJson {
  readonly rawJSON: string;
}
