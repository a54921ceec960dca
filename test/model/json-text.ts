import type { ExactJson } from '../../packages/stack/src/testing/index.ts';

/** What Go's encoder escapes beyond what JSON asks for. */
const escapedByGo = /[<>&\u2028\u2029]/g;

/** JSON as Go writes it, which is what v1 hashes: keys sorted, no spaces, and `<`, `>` and `&` escaped. */
export function jsonText(value: ExactJson): string {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'string') return textOf(value);
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, item]) => `${textOf(key)}:${jsonText(item)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}

function textOf(text: string): string {
  return JSON.stringify(text).replaceAll(
    escapedByGo,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
