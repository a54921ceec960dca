import { isJsonArray, type Json } from './json.ts';

// oxlint-disable-next-line no-control-regex -- control characters are what JSON must escape.
const needsEscape = /["\\<>&\u0000-\u001f\u2028\u2029]/;

/** What Go escapes and `JSON.stringify` does not, or writes in another way (`\b`, `\f`; a backslash itself is passed by). */
const goEscapes = /\\[\\bf]|[<>&\u2028\u2029]/g;

const surrogate = /[\ud800-\udfff]/;

/**
 * The one text of a JSON value: keys in the order of their UTF-8 bytes, no blanks, numbers as they were sent, and the
 * escapes of Go's encoding/json, which the v1 hash chain covers. So answers, events, columns and hashes share one text.
 */
export function writeJson(value: Json): string {
  if (typeof value === 'string') return writeString(value);
  if (value === null || typeof value !== 'object') return String(value);
  if (JSON.isRawJSON(value)) return value.rawJSON;
  if (isJsonArray(value)) return writeArray(value);
  return writeObject(value);
}

export function writeString(text: string): string {
  if (!needsEscape.test(text)) return `"${text}"`;
  return JSON.stringify(text).replace(goEscapes, goEscape);
}

function goEscape(found: string): string {
  if (found === '\\\\') return found;
  if (found === '\\b') return '\\u0008';
  if (found === '\\f') return '\\u000c';
  return `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function writeArray(items: readonly Json[]): string {
  let text = '[';
  for (const item of items) text += text.length === 1 ? writeJson(item) : `,${writeJson(item)}`;
  return `${text}]`;
}

function writeObject(value: { readonly [key: string]: Json }): string {
  const keys = Object.keys(value);
  if (keys.length > 1) sortByBytes(keys);
  let text = '{';
  for (const key of keys) {
    const item = value[key];
    if (item === undefined) continue;
    if (text.length > 1) text += ',';
    text += `${writeString(key)}:${writeJson(item)}`;
  }
  return `${text}}`;
}

/** UTF-16 order is the order of the bytes, but for characters above U+FFFF against U+E000 to U+FFFF. */
function sortByBytes(keys: string[]): void {
  if (keys.some((key) => surrogate.test(key))) keys.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  else keys.sort();
}
