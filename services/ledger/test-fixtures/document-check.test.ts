import { describe, expect, it } from 'vitest';
import { DocumentCheck } from './document-check.ts';
import type { ReceivedAnswer } from './send-request.ts';

const check = new DocumentCheck();
const json = { 'content-type': 'application/json; charset=utf-8' };
const stats = { path: '/main/stats' };
const good = '{"data":{"transactions":1,"accounts":2}}';
const problem = (code: string) =>
  JSON.stringify({ errorCode: code, errorMessage: 'm', error_code: code, error_message: 'm' });

interface Wrong extends Partial<ReceivedAnswer> {
  readonly what: string;
  readonly method?: string;
  readonly path?: string;
  readonly fault: string;
}

const wrong: readonly Wrong[] = [
  { what: 'a status that is not listed', status: 418, fault: 'the status is not listed' },
  { what: 'a missing field', body: '{"data":{"transactions":1}}', fault: "must have required property 'accounts'" },
  { what: 'a field too many', body: good.replace('{"t', '{"x":1,"t'), fault: 'must NOT have additional properties' },
  { what: 'a field of another type', body: good.replace('1', '"1"'), fault: 'must be integer' },
  { what: 'a body that is no JSON', body: '{', fault: 'the body is no JSON' },
  { what: 'another content type', headers: { 'content-type': 'text/html' }, fault: 'text/html is not listed' },
  { what: 'no content type', headers: {}, fault: 'the content type  is not listed' },
  { what: 'a code that the operation does not have', status: 400, body: problem('CONFLICT'), fault: 'must be equal' },
  { what: '503 without a word of when', status: 503, body: problem('STORE'), fault: 'Retry-After is missing' },
  { what: '401 with a body', status: 401, headers: { 'www-authenticate': 'Basic' }, fault: 'there is a body' },
  { what: 'a count that is missing', method: 'HEAD', path: '/main/accounts', body: '', fault: 'Count is missing' },
  {
    what: 'a count that is none',
    method: 'HEAD',
    path: '/main/accounts',
    headers: { count: 'many' },
    body: '',
    fault: 'must be integer',
  },
  { what: 'a request id that is none', headers: { ...json, 'x-request-id': 'a b' }, fault: 'X-Request-Id' },
  { what: 'an answer to HEAD with a body', method: 'HEAD', fault: 'there is a body' },
  { what: 'a path that is not in the document', path: '/main/nothing', fault: 'the path is not in the document' },
  { what: 'a method that is not in the document', method: 'PATCH', fault: 'the path has no such method' },
  {
    what: '405 without the methods',
    method: 'PATCH',
    status: 405,
    body: problem('VALIDATION'),
    fault: 'Allow is missing',
  },
  {
    what: 'a refusal of a path that is not in the document',
    path: '/main/x',
    status: 400,
    fault: 'not in the document',
  },
  { what: 'a path with a slash too many, answered', path: '/main/stats/', fault: 'no redirect' },
  {
    what: 'an amount that is a text',
    path: '/main/accounts/a',
    body: '{"data":{"address":"a","metadata":{},"volumes":{},"balances":{"COIN":"1"}}}',
    fault: '/data/balances/COIN must be integer',
  },
];

describe('the check of answers against the OpenAPI document', () => {
  it('finds nothing in a good one', () => {
    expect(check.answerFaults(stats, { status: 200, headers: json, body: good })).toEqual([]);
  });

  it('finds nothing in an integer beyond the range of a float', () => {
    const body = `{"data":{"address":"a","metadata":{},"volumes":{},"balances":{"COIN":-${'9'.repeat(999)}}}}`;
    expect(check.answerFaults({ path: '/main/accounts/a' }, { status: 200, headers: json, body })).toEqual([]);
  });

  it('finds nothing in a request id that looks like a number', () => {
    expect(check.answerFaults(stats, { status: 200, headers: { ...json, 'x-request-id': '9' }, body: good })).toEqual(
      [],
    );
  });

  it.each(wrong)('finds $what', ({ method, path = stats.path, fault, ...answer }) => {
    const request = { path, ...(method !== undefined && { method }) };
    const faults = check.answerFaults(request, { status: 200, headers: json, body: good, ...answer });
    expect(faults).not.toEqual([]);
    expect(faults.join('\n')).toContain(fault);
  });
});

describe('the check of bodies against the OpenAPI document', () => {
  const request = { method: 'POST', path: '/main/transactions' };

  it.each([
    '{"postings":[{"source":"world","destination":"a","amount":1,"asset":"USD"}]}',
    '{"postings":null,"unknown":1}',
    '{} and what follows',
  ])('finds nothing in %s', (body) => {
    expect(check.bodyFaults({ ...request, body })).toEqual([]);
  });

  it.each([
    ['{"postings":[{"amount":"1"}]}', '/postings/0/amount must be integer'],
    ['{"postings":{}}', '/postings must be array'],
    ['{"reference":1}', '/reference must be string'],
    ['[]', 'must be object'],
    ['{', 'the body is no JSON'],
  ])('finds what is wrong in %s', (body, fault) => {
    expect(check.bodyFaults({ ...request, body }).join('\n')).toContain(fault);
  });
});
