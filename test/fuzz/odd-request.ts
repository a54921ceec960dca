import * as fc from 'fast-check';
import type {
  OpenapiDocument,
  OperationObject,
  ParameterObject,
  Reference,
} from '../../services/ledger/src/http/openapi/openapi-objects.ts';
import type { JsonSchema } from '../../services/ledger/src/http/openapi/operation.ts';
import { operationsOf } from '../../services/ledger/test-fixtures/document-check.ts';
import type { SentRequest } from '../../services/ledger/test-fixtures/send-request.ts';
import { jsonText, listOf, recordOf } from './json-text.ts';
import { oddInteger, oddText } from './odd-text.ts';
import { perhapsSpoiled } from './spoiled-body.ts';

/** Stands in a query for the last token of a page that was answered. */
export const lastToken = 'LAST-TOKEN';

/** Requests for the operations of a document: mostly such as it describes, and now and then odd in any part. */
export function oddRequests(document: OpenapiDocument): fc.Arbitrary<SentRequest> {
  return fc.oneof(
    ...operationsOf(document).map((described) => ({
      weight: weightOf(described.operation),
      arbitrary: requestFor(document, described),
    })),
  );
}

/** Writes make what reads find, and have the most that can be wrong. */
function weightOf({ requestBody, parameters, tags }: OperationObject): number {
  if (requestBody !== undefined) return 12;
  return tags.includes('server') || tags.includes('document') ? 1 : 3 + parameters.length;
}

interface Described {
  readonly path: string;
  readonly method: string;
  readonly operation: OperationObject;
}

function requestFor(document: OpenapiDocument, { path, method, operation }: Described): fc.Arbitrary<SentRequest> {
  const parameters = operation.parameters.map((parameter) => resolve(document, parameter));
  const content = operation.requestBody?.content['application/json'];
  const body =
    content === undefined
      ? rarely(40, fc.constant(undefined), fc.constant('{"unexpected":1}'))
      : perhapsSpoiled(
          fc.oneof(
            { weight: 3, arbitrary: jsonText(content.schema) },
            { weight: 1, arbitrary: fc.constant(JSON.stringify(content.example)) },
          ),
        );
  return fc
    .record({
      method: rarely(40, fc.constant(method.toUpperCase()), fc.constantFrom(...methods)),
      path: pathOf(path, parameters),
      query: queryOf(parameters),
      headers: headersOf(operation),
      body,
    })
    .map(({ method: asked, path: plain, query, headers, body: sent }) => {
      const hasBody = sent !== undefined && asked !== 'GET' && asked !== 'HEAD' && asked !== 'OPTIONS';
      const length = { 'content-length': String(Buffer.byteLength(sent ?? '')) };
      return {
        method: asked,
        path: query === '' ? plain : `${plain}?${query}`,
        headers: { ...headers, ...(hasBody && headers['transfer-encoding'] === undefined && length) },
        ...(hasBody && { body: sent }),
      };
    });
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'];

function rarely<Value>(weight: number, mostly: fc.Arbitrary<Value>, odd: fc.Arbitrary<Value>): fc.Arbitrary<Value> {
  return fc.oneof({ weight, arbitrary: mostly }, { weight: 1, arbitrary: odd });
}

function resolve({ components }: OpenapiDocument, parameter: ParameterObject | Reference): ParameterObject {
  if (!('$ref' in parameter)) return parameter;
  const found = components.parameters[parameter.$ref.split('/').at(-1) ?? ''];
  if (found === undefined) throw new Error(`the document has no ${parameter.$ref}`);
  return found;
}

/** A value of a parameter as text. */
function textOf({ schema }: Pick<ParameterObject, 'schema'>): fc.Arbitrary<string> {
  const examples = listOf(schema['examples']).map(String);
  const byType = typedText(schema);
  const known = examples.length === 0 ? byType : rarely(3, fc.constantFrom(...examples), byType);
  return rarely(12, known, fc.oneof(oddText, oddInteger));
}

function typedText(schema: JsonSchema): fc.Arbitrary<string> {
  const { type, format, pattern } = schema;
  if (Array.isArray(schema['enum'])) return fc.constantFrom(...schema['enum'].map(String));
  if (type === 'integer') return rarely(4, fc.nat({ max: 40 }).map(String), oddInteger);
  if (type === 'boolean') return fc.constantFrom('true', 'false', '1', '0', 'yes', 'TRUE', 'no');
  if (format === 'date-time') {
    return fc
      .date({ min: new Date('2020-01-01'), max: new Date('2030-01-01'), noInvalidDate: true })
      .map((date) => date.toISOString());
  }
  if (typeof pattern === 'string') return fc.stringMatching(new RegExp(pattern)).map((text) => text.slice(0, 80));
  return oddText;
}

function pathOf(template: string, parameters: readonly ParameterObject[]): fc.Arbitrary<string> {
  const segments = template.split('/').map((segment) => {
    const parameter = parameters.find(({ name, in: place }) => place === 'path' && segment === `{${name}}`);
    if (parameter === undefined) return fc.constant(segment);
    return rarely(30, textOf(parameter).map(escaped), fc.constantFrom(...brokenEscapes));
  });
  const whole = fc.tuple(...segments).map((parts) => parts.join('/'));
  return rarely(
    40,
    whole,
    fc.tuple(whole, fc.constantFrom<(path: string) => string>(...bends)).map(([path, bend]) => bend(path)),
  );
}

const brokenEscapes = ['%zz', '%', '%c3', '%ed%a0%80', '%00', '%2f', '%2e%2e', '..', '.', '\u00e9', '{ledger}', '*'];

const bends: readonly ((path: string) => string)[] = [
  (path) => `${path}/`,
  (path) => `/${path}`,
  (path) => path.toUpperCase(),
  (path) => `${path}/more`,
  (path) => path.slice(0, path.lastIndexOf('/')) || '/',
  (path) => `${path};a=b`,
  (path) => `${path}%3fa=b`,
];

function queryOf(parameters: readonly ParameterObject[]): fc.Arbitrary<string> {
  const known = parameters.filter(({ in: place }) => place === 'query');
  const odd = fc.oneof(
    fc.constantFrom(
      '',
      '&',
      '=',
      '?',
      'a',
      '%zz=1',
      'a=%',
      'a=%00',
      'a=%ff',
      'a=+',
      '__proto__=1',
      'metadata',
      'metadata[',
      'metadata[]=1',
      '[a]=1',
      'preview=1',
      'cursor=e30',
    ),
    fc.tuple(oddText, oddText).map(([name, value]) => `${escaped(name)}=${escaped(value)}`),
  );
  if (known.length === 0) return rarely(20, fc.constant(''), odd);
  const parts = fc
    .subarray([...known], { maxLength: Math.min(known.length, 3) })
    .chain((chosen) => fc.tuple(...chosen.map(partOf)));
  return fc
    .tuple(parts, rarely(15, fc.constant<string[]>([]), fc.array(odd, { minLength: 1, maxLength: 3 })))
    .map(([described, others]) => [...described, ...others].join('&'));
}

function partOf(parameter: ParameterObject): fc.Arbitrary<string> {
  const { name, schema, style } = parameter;
  if (style === 'deepObject') {
    const [example] = listOf(schema['examples']).map((each) => Object.entries(recordOf(each))[0] ?? ['k', 'v']);
    const key = rarely(2, fc.constantFrom(String(example?.[0]), 'a.b', 'a.0'), oddText);
    const value = rarely(2, fc.constant(String(example?.[1])), oddText);
    return fc.tuple(key, value).map(([asked, wanted]) => `${name}[${escaped(asked)}]=${escaped(wanted)}`);
  }
  if (schema['type'] === 'array') {
    const item = textOf({ schema: { type: 'string', examples: listOf(schema['examples']).flatMap(listOf) } });
    return fc
      .array(item, { maxLength: 4 })
      .map((values) => values.map((value) => `${name}=${escaped(value)}`).join('&'));
  }
  const value = name === 'cursor' || name === 'pagination_token' ? tokens : textOf(parameter);
  return value.map((text) => `${name}=${escaped(text)}`);
}

/** Page tokens: that of the last page, any JSON in their form, and what has no form. */
const tokens: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(lastToken) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        fc.subarray([
          'after',
          'pageSize',
          'offset',
          'address',
          'balance',
          'balanceOperator',
          'balanceAsset',
          'last',
          'reference',
          'account',
          'source',
          'startTime',
          'endTime',
          'metadata',
        ]),
        fc.infiniteStream(
          fc.oneof(jsonText({ type: 'integer' }), jsonText({ type: 'string', examples: ['wallet:7'] }), jsonText({})),
        ),
      )
      .map(([names, values]) => {
        const fields = names.map((name) => `${JSON.stringify(name)}:${String(values.next().value)}`);
        return Buffer.from(`{${fields.join(',')}}`).toString('base64url');
      }),
  },
  { weight: 1, arbitrary: oddText.map((text) => Buffer.from(text).toString('base64')) },
  { weight: 1, arbitrary: oddText },
);

function headersOf({ parameters }: OperationObject): fc.Arbitrary<Readonly<Record<string, string>>> {
  const takesKey = parameters.some((parameter) => '$ref' in parameter && parameter.$ref.endsWith('idempotencyKey'));
  const key = rarely(
    8,
    fc.integer({ min: 1, max: 30 }).map((number) => `key-${number}`),
    headerText,
  );
  return fc
    .record(
      {
        ...(takesKey && { 'idempotency-key': rarely(3, fc.constant(''), key) }),
        'content-type': fc.constantFrom('application/json', 'text/plain', 'application/x-www-form-urlencoded', ''),
        'content-encoding': rarely(30, fc.constant('identity'), fc.constantFrom('gzip', 'br', 'IDENTITY', '')),
        'transfer-encoding': fc.constant('chunked'),
        accept: fc.constantFrom('*/*', 'application/xml', 'application/json;q=0'),
        authorization: rarely(1, fc.constant('Basic YTpi'), headerText),
        origin: fc.constantFrom('null', 'https://elsewhere.example', 'x'),
        'x-forwarded-for': headerText,
        'x-request-id': headerText,
      },
      { requiredKeys: takesKey ? ['idempotency-key'] : [] },
    )
    .chain((all) => thinned(all));
}

/** Most requests have few of the headers that could be. */
function thinned(all: Readonly<Record<string, string | undefined>>): fc.Arbitrary<Readonly<Record<string, string>>> {
  const given = Object.entries(all).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '',
  );
  return fc
    .tuple(...given.map(([name]) => fc.nat({ max: name === 'idempotency-key' ? 1 : 12 })))
    .map((chances) => Object.fromEntries(given.filter((_, index) => (chances[index] ?? 0) === 0)));
}

/** What may stand in a header at all. */
const headerText = oddText.map((text) => text.replaceAll(/[^\t\u0020-\u007e\u0080-\u00ff]/g, '').slice(0, 400));

/** Percent-encoded, also halves of surrogate pairs, which come out as no UTF-8. */
function escaped(text: string): string {
  return Array.from(text, (character) =>
    /^[\ud800-\udfff]$/.test(character) ? '%ed%a0%80' : encodeURIComponent(character).replaceAll("'", '%27'),
  ).join('');
}
