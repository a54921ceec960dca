import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { parse as parseYaml } from 'yaml';
import { buildDocument } from '../src/http/openapi/document.ts';
import type {
  HeaderObject,
  OpenapiDocument,
  OperationObject,
  ResponseObject,
} from '../src/http/openapi/openapi-objects.ts';
import { methods, type JsonSchema, type Method } from '../src/http/openapi/operation.ts';
import type { ReceivedAnswer, SentRequest } from './send-request.ts';

const json = 'application/json';

/** Holds requests and their answers against the OpenAPI document. */
export class DocumentCheck {
  readonly #document: OpenapiDocument;
  readonly #templates: readonly { readonly path: string; readonly pattern: RegExp }[];
  readonly #ajv: Ajv2020;
  readonly #compiled = new Map<JsonSchema, ValidateFunction>();

  constructor(document = buildDocument()) {
    this.#document = document;
    const byFixedParts = Object.keys(document.paths).toSorted((one, other) => parameters(one) - parameters(other));
    this.#templates = byFixedParts.map((path) => ({ path, pattern: patternOf(path) }));
    this.#ajv = new Ajv2020({
      allErrors: true,
      strict: true,
      allowUnionTypes: true,
      // Properties that a schema next to it in `allOf` has.
      strictTypes: false,
      formats: { 'date-time': isMoment, uri: (text) => URL.canParse(text), int64: true },
    });
    // Where references of schemas lead.
    this.#ajv.addVocabulary(['components']);
  }

  /** The operation that a request asks for; undefined where the document has none. HEAD is answered wherever GET is. */
  operationOf({ method = 'GET', path }: Pick<SentRequest, 'method' | 'path'>): OperationObject | undefined {
    const asked = method.toLowerCase();
    const candidates = asked === 'head' ? (['head', 'get'] as const) : methods.filter((known) => known === asked);
    for (const template of this.#matching(path)) {
      for (const candidate of candidates) {
        const operation = this.#document.paths[template]?.[candidate];
        if (operation !== undefined) return operation;
      }
    }
    return undefined;
  }

  /** What the document does not say of this answer to this request. */
  answerFaults(request: SentRequest, answer: ReceivedAnswer): readonly string[] {
    const found = this.operationOf(request);
    const faults = found === undefined ? this.#strayFaults(request, answer) : this.#faultsOf(found, request, answer);
    return faults.map((fault) => `${request.method ?? 'GET'} ${request.path} → ${answer.status}: ${fault}`);
  }

  /** What the document does not allow in the body of this request. */
  bodyFaults(request: SentRequest): readonly string[] {
    const content = this.operationOf(request)?.requestBody?.content[json];
    if (content === undefined || request.body === undefined) return [];
    return this.#faults(content.schema, firstValue(String(request.body)));
  }

  #matching(path: string): readonly string[] {
    const [plain = ''] = path.split('?', 1);
    return this.#templates.filter(({ pattern }) => pattern.test(plain)).map((template) => template.path);
  }

  #faultsOf(
    { responses }: OperationObject,
    { method = 'GET' }: SentRequest,
    answer: ReceivedAnswer,
  ): readonly string[] {
    const listed = responses[answer.status];
    if (listed === undefined) return ['the status is not listed'];
    const response = '$ref' in listed ? this.#sharedResponse(listed.$ref) : listed;
    // A refusal of origin has a body, one of authentication has none.
    const mayBeEmpty = answer.status === 403 && answer.body === '';
    return [
      ...this.#headerFaults(response, answer),
      ...(method === 'HEAD' || mayBeEmpty ? emptyFaults(answer) : this.#contentFaults(response, answer)),
    ];
  }

  #sharedResponse($ref: string): ResponseObject {
    const response = this.#document.components.responses[$ref.split('/').at(-1) ?? ''];
    if (response === undefined) throw new Error(`the document has no ${$ref}`);
    return response;
  }

  #sharedHeader($ref: string): HeaderObject {
    const header = this.#document.components.headers[$ref.split('/').at(-1) ?? ''];
    if (header === undefined) throw new Error(`the document has no ${$ref}`);
    return header;
  }

  #headerFaults({ headers = {} }: ResponseObject, answer: ReceivedAnswer): readonly string[] {
    return Object.entries(headers).flatMap(([name, header]) => {
      const { required, schema } = '$ref' in header ? this.#sharedHeader(header.$ref) : header;
      const value = answer.headers[name.toLowerCase()];
      if (value === undefined) return required ? [`the header ${name} is missing`] : [];
      const isNumber = schema['type'] === 'integer' && /^\d+$/.test(String(value));
      return this.#faults(schema, isNumber ? Number(value) : String(value)).map((fault) => `${name}: ${fault}`);
    });
  }

  #contentFaults({ content }: ResponseObject, answer: ReceivedAnswer): readonly string[] {
    if (content === undefined) return emptyFaults(answer);
    const type = typeOf(answer);
    const listed = content[type];
    if (listed === undefined) return [`the content type ${type} is not listed`];
    return this.#faults(listed.schema, valueOf(type, answer.body));
  }

  /** What is asked for is no operation: the answers that the document describes for all such requests. */
  #strayFaults({ method = 'GET', path }: SentRequest, answer: ReceivedAnswer): readonly string[] {
    const [plain = ''] = path.split('?', 1);
    const isRead = method === 'GET' || method === 'HEAD';
    // What is too long or no text is refused before it is looked at, and writes of pages from elsewhere before anything is.
    const isError =
      answer.status === 431 || (answer.status === 400 && !isText(plain)) || (answer.status === 403 && !isRead);
    const templates = this.#matching(plain);
    if (templates.length > 0) {
      const allowed = typeof answer.headers.allow === 'string' && answer.headers.allow.length > 0;
      if (answer.status === 405 && !allowed) return ['the header Allow is missing'];
      return answer.status === 405 || isError ? this.#errorFaults(method, answer) : ['the path has no such method'];
    }
    if (isError) return this.#errorFaults(method, answer);
    if (plain.endsWith('/') && this.#matching(plain.replace(/\/$/, '')).length > 0) {
      const isLocated = answer.headers.location !== undefined;
      return answer.status === (isRead ? 301 : 307) && isLocated ? [] : ['no redirect to the path without the slash'];
    }
    return answer.status === 404 && typeOf(answer) === 'text/plain' ? [] : ['the path is not in the document'];
  }

  #errorFaults(method: string, answer: ReceivedAnswer): readonly string[] {
    if (method === 'HEAD') return emptyFaults(answer);
    const { Error: schema = {} } = this.#document.components.schemas;
    return typeOf(answer) === json ? this.#faults(schema, parse(answer.body)) : ['the error is not in JSON'];
  }

  #faults(schema: JsonSchema, value: unknown): readonly string[] {
    if (value === undefined) return ['the body is no JSON'];
    const validate = this.#validatorOf(schema);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  }

  #validatorOf(schema: JsonSchema): ValidateFunction {
    const { components } = this.#document;
    const validate =
      this.#compiled.get(schema) ?? this.#ajv.compile({ allOf: [schema], components: { schemas: components.schemas } });
    this.#compiled.set(schema, validate);
    return validate;
  }
}

/** Every operation of a document with its path and method. */
export function operationsOf(
  document: OpenapiDocument,
): readonly { readonly path: string; readonly method: Method; readonly operation: OperationObject }[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = item[method];
      return operation === undefined ? [] : [{ path, method, operation }];
    }),
  );
}

function emptyFaults({ body }: ReceivedAnswer): readonly string[] {
  return body === '' ? [] : ['there is a body'];
}

function typeOf({ headers }: ReceivedAnswer): string {
  return (headers['content-type'] ?? '').split(';', 1)[0] ?? '';
}

function parameters(path: string): number {
  return path.split('{').length;
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll('.', String.raw`\.`).replaceAll(/\{\w+\}/g, '[^/]+')}$`);
}

/** Whether a path is ASCII, as HTTP wants it, and its percent signs make sense. */
function isText(path: string): boolean {
  if (!/^[\u0021-\u007e]*$/.test(path)) return false;
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

/** RFC 3339. */
function isMoment(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/.test(text);
}

function valueOf(type: string, body: string): unknown {
  if (type === json) return parse(body);
  return type === 'application/yaml' ? parseYaml(body) : body;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text, finite);
  } catch {
    return undefined;
  }
}

/** Of a body whose end is not looked at: the first JSON value, by dropping from the end what is none. */
function firstValue(text: string): unknown {
  const whole = parse(text);
  if (whole !== undefined) return whole;
  for (let end = text.length - 1; end > 0; end -= 1) {
    if (!/[}\]"\w]/.test(text[end - 1] ?? '')) continue;
    const value = parse(text.slice(0, end));
    if (value !== undefined) return value;
  }
  return undefined;
}

/** An integer past the range of a float reads as infinite, which a schema takes for no integer. */
function finite(_key: string, value: unknown): unknown {
  if (value === Infinity) return Number.MAX_VALUE;
  return value === -Infinity ? -Number.MAX_VALUE : value;
}
