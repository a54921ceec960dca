import type { ValueDefinition } from './setting.ts';

const secretMark = '***';

/** Hides the password of every URL in the text, in its user part and in a parameter. Greedy: rather too much than a bit of a password. */
export function redactUrls(text: string): string {
  return text
    .replaceAll(/:\/\/([^:/\s@]*):\S*@/g, `://$1:${secretMark}@`)
    .replaceAll(/([?&][a-z_-]*(?:password|secret|token)=)[^&\s]*/gi, `$1${secretMark}`);
}

/** Text stays text; what a file gave in another type is shown as the JSON that it was. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A value as it may be printed: secrets hidden, of a secret URL the password only, so that an operator sees which host is meant. */
export function printableValue(value: unknown, definition: ValueDefinition): string {
  if (value === undefined || value === null) return '(none)';
  const text = Array.isArray(value) ? value.join(' ') : textOf(value);
  if (text === '') return '(empty)';
  return definition.secret === true && definition.format !== 'url' ? secretMark : redactUrls(text);
}
