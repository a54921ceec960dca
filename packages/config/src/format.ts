import convict from 'convict';
import { expectationOf } from './setting.ts';
import type { ValueDefinition } from './setting.ts';

/**
 * Our formats for convict, one per `format` of a definition. `coerce` makes a value of the text of a flag or variable and leaves text that
 * it cannot read as it is, so that `validate` refuses it: convict's own `int` would read "12abc" as 12, and its `Boolean` "no" as true.
 */
const formats: { readonly [F in ValueDefinition['format']]: Format } = {
  boolean: { coerce: booleanOf, accepts: (value) => typeof value === 'boolean' },
  integer: {
    coerce: (text) => (/^[+-]?\d+$/.test(text.trim()) ? Number(text) : text),
    accepts: (value, definition) =>
      Number.isSafeInteger(value) &&
      definition.format === 'integer' &&
      Number(value) >= (definition.min ?? -Infinity) &&
      Number(value) <= (definition.max ?? Infinity),
  },
  text: {
    coerce: (text) => text,
    accepts: (value, definition) =>
      typeof value === 'string' && (definition.format !== 'text' || (definition.pattern?.test(value) ?? true)),
  },
  choice: {
    coerce: (text) => text,
    accepts: (value, definition) =>
      typeof value === 'string' && definition.format === 'choice' && definition.choices.includes(value),
  },
  list: {
    coerce: (text) => text.split(/[\s,]+/).filter((item) => item !== ''),
    accepts: (value, definition) =>
      Array.isArray(value) &&
      value.every(
        (item) =>
          typeof item === 'string' &&
          item !== '' &&
          (definition.format !== 'list' || definition.items !== 'address' || isAddress(item)),
      ),
  },
  url: {
    coerce: (text) => text.trim(),
    accepts: (value, definition) =>
      typeof value === 'string' && definition.format === 'url' && isUrl(value, definition.protocols),
  },
  address: {
    coerce: (text) => text.trim(),
    accepts: (value) => typeof value === 'string' && isAddress(value),
  },
};

interface Format {
  readonly coerce: (text: string) => unknown;
  readonly accepts: (value: unknown, definition: ValueDefinition) => boolean;
}

/** The name under which convict knows a format of ours; its registry is global to the process. */
export function convictFormatOf(definition: ValueDefinition): string {
  return `daybook-${definition.format}`;
}

for (const [name, { coerce, accepts }] of Object.entries(formats)) {
  convict.addFormat({
    name: `daybook-${name}`,
    coerce,
    validate(value: unknown, schema: convict.SchemaObj<unknown>) {
      if (value === null) throw new Error('is required and was not given');
      const definition: ValueDefinition | undefined = schema['definition'];
      if (definition === undefined) throw new TypeError('the schema of a setting carries its definition');
      if (!accepts(value, definition)) throw new Error(`must be ${expectationOf(definition)}`);
    },
  });
}

const booleanWords = new Map<string, boolean>([
  ...['true', 't', '1', 'yes', 'on'].map((word) => [word, true] as const),
  ...['false', 'f', '0', 'no', 'off'].map((word) => [word, false] as const),
]);

/** The words of Go's ParseBool, which v1 reads, and yes, no, on, off; text that is none of them comes back as it is. */
export function booleanOf(text: string): boolean | string {
  return booleanWords.get(text.trim().toLowerCase()) ?? text;
}

function isUrl(text: string, protocols: readonly string[] | undefined): boolean {
  const protocol = URL.parse(text)?.protocol.slice(0, -1);
  return protocol !== undefined && (protocols?.includes(protocol) ?? true);
}

function isAddress(text: string): boolean {
  const match = /^(?:\[[0-9a-fA-F:.]+\]|[^\s:[\]/]*):(\d{1,5})$/.exec(text);
  return match?.[1] !== undefined && Number(match[1]) <= 65_535;
}
