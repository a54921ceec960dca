import { readFileSync } from 'node:fs';
import { createDatabase, type TestDatabase } from '../../packages/stack/src/testing/index.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate } from '../../services/ledger/src/migrate.ts';
import { LedgerProcess } from '../../services/ledger/test-fixtures/ledger-process.ts';
import { sendRequest } from '../../services/ledger/test-fixtures/send-request.ts';
import { answerDifferences, apiExamplesOf, differences } from './api-examples.ts';

const page = readFileSync(new URL('../../docs/API.md', import.meta.url), 'utf8');
const examples = apiExamplesOf(page);

let database: TestDatabase;
let service: LedgerProcess;
let address: { readonly host: string; readonly port: number };

beforeAll(async () => {
  database = await createDatabase({ migrate: async (url) => await migrate(url, { lanes: 64 }) });
  service = new LedgerProcess(['serve'], { DATABASE_URL: database.ledgerUrl });
  const { hostname, port } = new URL(await service.url());
  address = { host: hostname, port: Number(port) };
});

afterAll(async () => {
  await service.kill();
  await database.drop();
});

describe('docs/API.md', () => {
  it.each(examples)('shows in line $line what $method $path is answered with', async (example) => {
    const { method, path, headers, body, status, answer } = example;
    const given = await sendRequest(address, { method, path, headers, ...(body !== undefined && { body }) });
    expect({ status: given.status, differences: answerDifferences(answer, given) }).toEqual({
      status,
      differences: [],
    });
  });

  it('has an example of each route of its table', () => {
    const table = page.slice(page.indexOf('## Routes'), page.indexOf('## Authentication'));
    const routes = [...table.matchAll(/^\| `(GET|HEAD|POST|PUT) ([^`?]+)`((?:, `[^`]+`)*)/gm)].flatMap(
      ({ 1: method = '', 2: path = '', 3: more = '' }) =>
        [path, ...[...more.matchAll(/`([^`]+)`/g)].map((other) => other[1] ?? '')].map((one) => ({
          method,
          path: one,
        })),
    );
    expect(routes.length).toBeGreaterThan(20);
    const isShown = (route: { readonly method: string; readonly path: string }) => {
      const pattern = new RegExp(`^${route.path.replaceAll(/\{[^}]+\}/g, '[^/?]+')}(\\?|$)`);
      return examples.some(({ method, path }) => method === route.method && pattern.test(path));
    };
    expect(routes.filter((route) => !isShown(route))).toEqual([]);
  });

  it('would notice an answer that is another', () => {
    expect(differences({ a: [1, '…'] }, { a: [1, 'now'] })).toEqual([]);
    expect(differences({ a: [1, '…'] }, { a: [2] })).toEqual(['/a/0: 1 is shown, 2 came', '/a/1: missing']);
    expect(differences({ a: 1 }, { a: 1, b: 2 })).toEqual(['/b: undefined is shown, 2 came']);
    const text = { kind: 'text', text: 'Count: 1\n' } as const;
    expect(answerDifferences(text, { headers: { count: '2' }, body: '' })).toEqual(['Count: 2 came']);
    expect(answerDifferences({ kind: 'text', text: '' }, { headers: {}, body: 'x' })).toEqual(['a body came: x']);
    expect(() => apiExamplesOf('```http\nGET /\n```\n')).toThrow('a request of the page has no answer');
  });
});
