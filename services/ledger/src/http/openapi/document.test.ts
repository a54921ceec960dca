import { Validator } from '@seriousme/openapi-schema-validator';
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { buildDocument } from './document.ts';
import { documentInYaml } from './show-document.ts';

const openapiDocument = buildDocument();
const operations = Object.values(openapiDocument.paths).flatMap((methods) => Object.values(methods));

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator();
    // The validator changes what it is given.
    const { valid, errors } = await validator.validate(structuredClone(openapiDocument));
    expect({ valid, errors }).toEqual({ valid: true, errors: undefined });
    expect(validator.version).toBe('3.1');
  });

  it('names each operation once', () => {
    const ids = operations.map(({ operationId }) => operationId);
    expect(ids.length).toBeGreaterThan(20);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('names for each operation every answer that is not its own, and none that it cannot give', () => {
    const statuses = Object.fromEntries(
      operations.map(({ operationId, responses }) => [operationId, Object.keys(responses).join(' ')]),
    );
    expect(statuses).toMatchObject({
      createTransaction: '200 400 401 403 408 409 413 415 431 500 503',
      listTransactions: '200 400 401 403 408 431 500 503',
      showTransaction: '200 400 401 403 404 408 431 500 503',
      saveAccountMetadata: '204 400 401 403 408 413 415 431 500 503',
      showInfo: '200 408 431 500 503',
      showLiveness: '200 408 431 503',
    });
  });

  it('gives an integer of any size no format and no bound above', () => {
    const amount = /"amount":\{.*?"anyOf":\[(?<schema>\{.*?\})/.exec(JSON.stringify(schemaOf('createTransaction')));
    expect(amount?.groups?.['schema']).toBe('{"type":"integer","minimum":0,"examples":[250,0,100]}');
    expect(JSON.stringify(openapiDocument.components.schemas)).not.toMatch(/int64|"maximum":\d{5,}/);
  });

  it('is the same in YAML', () => {
    expect(parse(documentInYaml())).toEqual(openapiDocument);
  });
});

function schemaOf(operationId: string): Readonly<Record<string, unknown>> {
  const found = operations.find((operation) => operation.operationId === operationId);
  return found?.requestBody?.content['application/json']?.schema ?? {};
}
