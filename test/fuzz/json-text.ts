import * as fc from 'fast-check';
import type { JsonSchema } from '../../services/ledger/src/http/openapi/operation.ts';
import { oddInteger, oddText } from './odd-text.ts';

// JSON is made as text rather than as values, since much of what is odd about it (numbers without end, a key twice, half a
// surrogate pair as an escape) is lost in a value.

/** How often a value is what its schema says, against once that it is anything. */
const fitting = 40;

/** JSON text that mostly fits a schema, and now and then does not, at any depth. */
export function jsonText(schema: JsonSchema, depth = 0): fc.Arbitrary<string> {
  return fc.oneof({ weight: fitting, arbitrary: fittingText(schema, depth) }, { weight: 1, arbitrary: oddJson });
}

function fittingText(schema: JsonSchema, depth: number): fc.Arbitrary<string> {
  const [first, ...others] = listOf(schema['examples']).map((example) => JSON.stringify(example));
  const variants = fc.oneof(...variantsOf(schema, depth));
  if (first === undefined) return variants;
  // What a document names first is what is mostly meant.
  return fc.oneof(
    { weight: 8, arbitrary: fc.constant(first) },
    ...(others.length > 0 ? [{ weight: 8, arbitrary: fc.constantFrom(...others) }] : []),
    { weight: 1, arbitrary: variants },
  );
}

/** A schema may be a list of schemas, or of types. */
function variantsOf(schema: JsonSchema, depth: number): readonly fc.WeightedArbitrary<string>[] {
  const alternatives = [...listOf(schema['anyOf']), ...listOf(schema['oneOf'])].map(recordOf);
  const weightOf = (type: unknown) => (type === 'null' ? 1 : 8);
  if (alternatives.length > 0) {
    return alternatives.map((each) => ({ weight: weightOf(each['type']), arbitrary: fittingText(each, depth) }));
  }
  const types: readonly unknown[] = Array.isArray(schema['type']) ? schema['type'] : [schema['type']];
  return types.map((type) => ({ weight: weightOf(type), arbitrary: textOfType({ ...schema, type }, depth) }));
}

function textOfType(schema: JsonSchema, depth: number): fc.Arbitrary<string> {
  switch (schema['type']) {
    case 'object':
      return objectText(schema, depth);
    case 'array': {
      const item = jsonText(recordOf(schema['items']), depth + 1);
      return fc.oneof(
        { weight: 12, arbitrary: fc.array(item, { minLength: 1, maxLength: 3 }).map(inBrackets) },
        { weight: 1, arbitrary: fc.constant('[]') },
        {
          weight: 1,
          arbitrary: fc
            .tuple(item, fc.nat({ max: 200 }))
            .map(([text, times]) => inBrackets(Array.from({ length: times }, () => text))),
        },
      );
    }
    case 'integer':
      return fc.oneof(
        { weight: 6, arbitrary: fc.nat({ max: 1_000 }).map(String) },
        { weight: 1, arbitrary: oddInteger },
      );
    case 'null':
      return fc.constant('null');
    case 'boolean':
      return fc.constantFrom('true', 'false');
    case 'string':
      return fc.oneof(
        { weight: 1, arbitrary: fc.stringMatching(/^[a-z]{1,9}$/).map(quoted) },
        { weight: 2, arbitrary: oddText.map(quoted) },
      );
    default:
      return oddJson;
  }
}

function objectText(schema: JsonSchema, depth: number): fc.Arbitrary<string> {
  const required = new Set(listOf(schema['required']));
  const members = Object.entries(recordOf(schema['properties'])).map(([name, value]) => {
    // The alternatives of a request stand beside each other at its top; deeper down, what is there is mostly needed.
    const presence = depth === 0 ? 1 : 25;
    const member = jsonText(recordOf(value), depth + 1).map((text) => [`${JSON.stringify(name)}:${text}`]);
    return fc.oneof(
      { weight: required.has(name) ? 40 : presence, arbitrary: member },
      { weight: 1, arbitrary: fc.constant<string[]>([]) },
    );
  });
  const strange = fc.tuple(oddText, oddJson).map(([key, value]) => [`${quoted(key)}:${value}`]);
  const further = schema['additionalProperties'] === true ? 3 : 30;
  const others = fc.oneof({ weight: further, arbitrary: fc.constant<string[]>([]) }, { weight: 1, arbitrary: strange });
  return fc.tuple(fc.tuple(...members), others, fc.nat({ max: 60 })).map(([known, unknown, chance]) => {
    const all = [...known, unknown].flat();
    // Sometimes a key comes twice.
    return `{${(chance === 0 ? [...all, ...all] : all).join(',')}}`;
  });
}

/** Any JSON, the odd kinds of it most of all. */
const oddJson: fc.Arbitrary<string> = fc.oneof(
  fc.json({ maxDepth: 3 }),
  oddInteger,
  oddText.map(quoted),
  fc.constantFrom('1.5', '1.0', '1e2', '1E+2', '-1.5e-7', '1e400', '0.1e-400', 'true', 'null', '{}', '[]', '""'),
  fc.constantFrom(String.raw`"\u0000"`, String.raw`"\ud800"`, String.raw`{"\u0000":1}`, String.raw`"\udc00\ud800"`),
  fc.constantFrom('{"__proto__":1}', '{"a":1,"a":2}', '{"rawJSON":"1"}', '{"toString":null}', '[null]', '[[]]'),
  fc.constantFrom(20, 99, 100, 101, 5_000).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
  fc.constantFrom(50, 101).map((depth) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`),
);

function quoted(text: string): string {
  return JSON.stringify(text);
}

function inBrackets(items: readonly string[]): string {
  return `[${items.join(',')}]`;
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function recordOf(value: unknown): JsonSchema {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- parts of a schema that was written as one
  return typeof value === 'object' && value !== null ? (value as JsonSchema) : {};
}
