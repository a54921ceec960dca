import { z } from 'zod';
import { addressLengthMax, addressPattern } from '@daybook/events';
import { scopesOf } from '../auth/access.ts';
import { idempotencyKeyPattern } from '../idempotency.ts';
import { api } from '../info.ts';
import { ledgerNamePattern } from '../ledger-name.ts';
import { requestIdPattern } from '../request-context.ts';
import { answerSchemas } from './answer-schemas.ts';
import type { OpenapiDocument, OperationObject, ParameterObject, Reference } from './openapi-objects.ts';
import { methods, type JsonSchema, type Method, type Operation, type PathDescription } from './operation.ts';
import { pathEntries } from './paths.ts';
import { responsesOf, sharedHeaders, sharedResponses } from './responses.ts';

const description = [
  `The REST interface of Formance Ledger ${api.version}, as Daybook speaks it.`,
  'An unknown path is answered with 404 in plain text, a path with a slash too many with a redirect (301, 307) to the one without, a method that a path does not have with 405 and `Allow`, what is not HTTP with 400, and what is too long for a request with 431. HEAD is answered wherever GET is.',
  'Bodies are JSON whatever their content type says, and what follows the first value is not looked at. Unknown fields and parameters are ignored. What no schema can say, such as balances, is refused with 400 and a message.',
].join('\n\n');

/** The OpenAPI document: routes from the table that serves, what they take from the schemas that parse it. */
export function buildDocument(): OpenapiDocument {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Daybook ledger',
      version: api.version,
      description,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [
      { name: 'transactions', description: 'Movements of money, and scripts that make them.' },
      { name: 'accounts', description: 'Accounts and their balances.' },
      { name: 'ledger', description: 'A ledger as a whole.' },
      { name: 'server', description: 'For operators, and for clients that look which API this is. Open to all.' },
      { name: 'document', description: 'This document. Open to all.' },
    ],
    paths: Object.fromEntries(pathEntries.map(([path, item]) => [templateOf(path), pathItem(path, item)])),
    components: {
      schemas: answerSchemas,
      parameters: sharedParameters,
      responses: sharedResponses,
      headers: sharedHeaders,
      securitySchemes: {
        basic: { type: 'http', scheme: 'basic', description: 'A user of `AUTH_BASIC_CREDENTIALS`.' },
        bearer: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'A token of the issuer; with `AUTH_BEARER_USE_SCOPES` it must hold one of the scopes.',
        },
      },
    },
  };
}

/** `/:ledger/stats` as OpenAPI writes it: `/{ledger}/stats`. */
function templateOf(path: string): string {
  return path.replaceAll(/:(\w+)/g, '{$1}');
}

function pathItem(path: string, item: PathDescription): Readonly<Record<string, OperationObject>> {
  return Object.fromEntries(
    methods.flatMap((method) => {
      const operation = item[method];
      return operation === undefined ? [] : [[method, operationObject(operation, { path, method, item })]];
    }),
  );
}

function operationObject(
  operation: Operation,
  { path, method, item }: { readonly path: string; readonly method: Method; readonly item: PathDescription },
): OperationObject {
  const { operationId, tag, summary, deprecated, body } = operation;
  const isWrite = method === 'post' || method === 'put';
  return {
    operationId,
    tags: [tag],
    summary,
    ...(operation.description !== undefined && { description: operation.description }),
    ...(deprecated && { deprecated }),
    security: securityOf(item, isWrite),
    parameters: [
      ...pathParameters(path),
      ...queryParameters(operation),
      ...(isWrite ? [shared('idempotencyKey')] : []),
      shared('requestId'),
    ],
    ...(body !== undefined && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: schemaOf(body.schema), example: body.example } },
      },
    }),
    responses: responsesOf(method, operation, item),
  };
}

/** Any one of these is enough; the first says that authentication may be off. */
function securityOf({ access }: PathDescription, isWrite: boolean): OperationObject['security'] {
  if (access === undefined) return [];
  const scopes = scopesOf[access][isWrite ? 'write' : 'read'];
  return [{}, { basic: [] }, ...scopes.map((scope) => ({ bearer: [scope] }))];
}

/** Parameters of many operations, by name. */
const sharedParameters: Readonly<Record<string, ParameterObject>> = {
  ledger: {
    name: 'ledger',
    in: 'path',
    required: true,
    description: 'A ledger, which comes into being when it is used.',
    schema: { type: 'string', pattern: ledgerNamePattern.source, examples: ['main'] },
  },
  address: {
    name: 'address',
    in: 'path',
    required: true,
    description: 'The address of an account.',
    schema: {
      type: 'string',
      maxLength: addressLengthMax,
      pattern: addressPattern.source,
      examples: ['wallet:7', 'world'],
    },
  },
  txid: {
    name: 'txid',
    in: 'path',
    required: true,
    description: 'The number of a transaction in its ledger.',
    schema: { type: 'integer', minimum: 0, examples: [0, 1, 2] },
  },
  metadata: {
    name: 'metadata',
    in: 'query',
    description: '`metadata[a.b]=v`: the text of the value at that path of the metadata.',
    style: 'deepObject',
    explode: true,
    schema: { type: 'object', additionalProperties: { type: 'string' }, examples: [{ any: 'json' }] },
  },
  idempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    description: 'The same request with the same key gets the first answer again. One namespace per ledger.',
    schema: { type: 'string', pattern: idempotencyKeyPattern.source },
  },
  requestId: {
    name: 'X-Request-Id',
    in: 'header',
    description: 'What the answer and the log call this request. Without it, or where it is not of this form: a UUID.',
    schema: { type: 'string', pattern: requestIdPattern.source },
  },
};

function shared(name: string): Reference {
  if (sharedParameters[name] === undefined) throw new Error(`no parameter is described as ${name}`);
  return { $ref: `#/components/parameters/${name}` };
}

function pathParameters(path: string): readonly Reference[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => shared(name));
}

function queryParameters({ query, metadataFilter }: Operation): readonly (ParameterObject | Reference)[] {
  const shape: Readonly<Record<string, z.core.$ZodType>> = query?.shape ?? {};
  const named = Object.entries(shape).map(([name, schema]) => {
    const { description: text, ...rest } = schemaOf(schema);
    return {
      name,
      in: 'query' as const,
      ...(typeof text === 'string' && { description: text }),
      ...(rest['type'] === 'array' && { style: 'form' as const, explode: true }),
      schema: rest,
    };
  });
  return metadataFilter === true ? [...named, shared('metadata')] : named;
}

/** What a schema takes, as JSON Schema. What it cannot express, such as an integer of any size, says so by `meta`. */
function schemaOf(schema: z.core.$ZodType): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return rest;
}
