import { createDatabase, type TestDatabase } from '@daybook/stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { DocumentCheck, operationsOf } from '../../../test-fixtures/document-check.ts';
import { startApi, type RunningApi } from '../../../test-fixtures/start-api.ts';
import { migrate } from '../../migrate.ts';
import { buildDocument } from './document.ts';

const document = buildDocument();
const check = new DocumentCheck(document);
const operations = operationsOf(document);

let database: TestDatabase;
let api: RunningApi;

beforeAll(async () => {
  database = await createDatabase({ migrate: async (url) => await migrate(url, { lanes: 64 }) });
  api = await startApi({ databaseUrl: database.ledgerUrl });
  // So that there is something to list, and to revert.
  for (const path of ['/main/transactions', '/main/transactions']) {
    const body = JSON.stringify({ postings: [{ source: 'world', destination: 'a', amount: 7, asset: 'COIN' }] });
    await api.send({ method: 'POST', path, body });
  }
  await api.send({ method: 'POST', path: '/main/accounts/a/metadata', body: '{"any":"json"}' });
});

afterAll(async () => {
  await api.stop();
  await database.drop();
});

/** The examples of the document are what is sent. */
const requests = operations.map(({ path, method, operation }) => ({
  operationId: operation.operationId,
  method: method.toUpperCase(),
  path: path.replace('{ledger}', 'main').replace('{address}', 'a').replace('{txid}', '0'),
  body: operation.requestBody && JSON.stringify(operation.requestBody.content['application/json']?.example),
  success: Object.keys(operation.responses).find((status) => status.startsWith('2')),
}));

describe('each operation of the OpenAPI document is answered as it says', () => {
  it.each(requests)('$operationId', async ({ method, path, body, success }) => {
    const request = { method, path, ...(body !== undefined && { body }) };
    expect(check.bodyFaults(request)).toEqual([]);
    const answer = await api.send(request);
    expect(String(answer.status)).toBe(success);
    expect(check.answerFaults(request, answer)).toEqual([]);
  });

  it.each(requests.filter(({ path }) => path.startsWith('/main/')))('$operationId without a ledger', async (sent) => {
    const { method, body } = sent;
    const request = { method, path: sent.path.replace('main', '_none'), ...(body !== undefined && { body }) };
    const answer = await api.send(request);
    expect(answer.status).toBe(400);
    expect(check.answerFaults(request, answer)).toEqual([]);
  });

  it('and lists show what they have', async () => {
    for (const path of ['/main/logs', '/main/transactions', '/main/accounts', '/main/balances', '/main/_info']) {
      const answer = await api.send({ path });
      expect(answer.body).not.toContain('[]');
      expect(check.answerFaults({ path }, answer)).toEqual([]);
    }
  });
});

describe('the OpenAPI document is served', () => {
  it.each(['/openapi.json', '/swagger.json'])('in JSON at %s', async (path) => {
    const { headers, body } = await api.send({ path });
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    expect(JSON.parse(body)).toEqual(document);
  });

  it('in YAML at /swagger.yaml', async () => {
    const { headers, body } = await api.send({ path: '/swagger.yaml' });
    expect(headers['content-type']).toBe('application/yaml; charset=utf-8');
    expect(parse(body)).toEqual(document);
  });

  it('to people at /docs, by a page that loads nothing from elsewhere', async () => {
    const { headers, body } = await api.send({ path: '/docs' });
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    const policy = String(headers['content-security-policy']);
    expect(policy).toMatch(/^default-src 'none'; script-src 'self' 'sha256-[\w+/]{43}='; /);
    expect(policy).not.toMatch(/https?:|\*|unsafe-eval/);
    expect(body).not.toMatch(/https?:/);
    const loaded = [...body.matchAll(/(?:href|src)="(?<address>docs\/[^"]+)"/g)].map(([, address]) => address);
    expect(loaded).toEqual(['docs/swagger-ui.css', 'docs/swagger-ui-bundle.js']);
    for (const address of loaded) {
      const asset = await api.send({ path: `/${address}` });
      expect(asset.status).toBe(200);
      expect(asset.body.length).toBeGreaterThan(100_000);
    }
  });

  it('beside a ledger of the name docs', async () => {
    expect((await api.send({ path: '/docs/stats' })).body).toBe('{"data":{"transactions":0,"accounts":0}}');
  });
});
