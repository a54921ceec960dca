import { connect } from 'node:net';
import { createDatabase, type TestDatabase } from '@daybook/stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DocumentCheck } from '../../test-fixtures/document-check.ts';
import type { SentRequest } from '../../test-fixtures/send-request.ts';
import { startApi, type RunningApi } from '../../test-fixtures/start-api.ts';
import { migrate } from '../migrate.ts';

const bodyBytesMax = 20_000;

let database: TestDatabase;
let api: RunningApi;
const document = new DocumentCheck();

beforeAll(async () => {
  database = await createDatabase({ migrate: async (url) => await migrate(url, { lanes: 64 }) });
  api = await startApi({ databaseUrl: database.ledgerUrl, bodyBytesMax });
});

afterAll(async () => {
  await api.stop();
  await database.drop();
});

/** The one posting that every case below spoils. */
function withPosting(members: string, others = ''): string {
  return `{"postings":[{"source":"world","destination":"a",${members}}]${others}}`;
}

const good = withPosting('"amount":1,"asset":"USD"');
const transactions = { method: 'POST', path: '/bad/transactions' };
const batch = { method: 'POST', path: '/bad/transactions/batch' };
/** What every fault of a script comes with. */
const linkToPlayground: unknown = expect.stringMatching(/^https:\/\/play\.numscript\.org\/\?payload=/);

const scripts = { method: 'POST', path: '/bad/script' };
const unreadable = 'invalid transaction format';

interface BadRequest extends SentRequest {
  readonly what: string;
  readonly status?: number;
  readonly code?: string;
  readonly message: string;
}

const amounts: readonly BadRequest[] = [
  {
    what: 'no amount',
    ...transactions,
    body: withPosting('"asset":"USD"'),
    message: 'invalid posting 0: missing amount',
  },
  {
    what: 'a null amount',
    ...transactions,
    body: withPosting('"amount":null,"asset":"USD"'),
    message: 'invalid posting 0: missing amount',
  },
  { what: 'a fraction', ...transactions, body: withPosting('"amount":1.5,"asset":"USD"'), message: unreadable },
  { what: 'a whole fraction', ...transactions, body: withPosting('"amount":1.0,"asset":"USD"'), message: unreadable },
  { what: 'an exponent', ...transactions, body: withPosting('"amount":1e2,"asset":"USD"'), message: unreadable },
  { what: 'a quoted amount', ...transactions, body: withPosting('"amount":"1","asset":"USD"'), message: unreadable },
  { what: 'a boolean amount', ...transactions, body: withPosting('"amount":true,"asset":"USD"'), message: unreadable },
  {
    what: 'an object that looks like an exact number',
    ...transactions,
    body: withPosting('"amount":{"rawJSON":"1"},"asset":"USD"'),
    message: unreadable,
  },
  {
    what: 'a negative amount',
    ...transactions,
    body: withPosting('"amount":-1,"asset":"USD"'),
    message: 'invalid posting 0: negative amount',
  },
  {
    what: 'too many digits',
    ...transactions,
    body: withPosting(`"amount":${'9'.repeat(1_001)},"asset":"USD"`),
    message: 'invalid transaction format: a number has more than 1000 digits',
  },
  {
    what: 'no amount in a batch',
    ...batch,
    body: `{"transactions":[${good},${withPosting('"asset":"USD"')}]}`,
    message: 'invalid transaction 1: posting 0: missing amount',
  },
];

const shapes: readonly BadRequest[] = [
  { what: 'malformed JSON', ...transactions, body: '{"postings":', message: unreadable },
  { what: 'no body', ...transactions, message: unreadable },
  { what: 'a body of blanks', ...transactions, body: ' \n', message: unreadable },
  { what: 'a text', ...transactions, body: '"x"', message: unreadable },
  { what: 'null', ...transactions, body: 'null', message: unreadable },
  { what: 'postings that are an object', ...transactions, body: '{"postings":{}}', message: unreadable },
  { what: 'a posting that is null', ...transactions, body: '{"postings":[null]}', message: unreadable },
  { what: 'a source that is a number', ...transactions, body: '{"postings":[{"source":1}]}', message: unreadable },
  {
    what: 'metadata that is an array',
    ...transactions,
    body: withPosting('"amount":1,"asset":"USD"', ',"metadata":[]'),
    message: unreadable,
  },
  {
    what: 'a timestamp that is none',
    ...transactions,
    body: withPosting('"amount":1,"asset":"USD"', ',"timestamp":"yesterday"'),
    message: unreadable,
  },
  {
    what: 'a day that does not exist',
    ...transactions,
    body: withPosting('"amount":1,"asset":"USD"', ',"timestamp":"2023-02-30T00:00:00Z"'),
    message: unreadable,
  },
  {
    what: 'neither postings nor script',
    ...transactions,
    body: '{}',
    message: 'invalid payload: should contain either postings or script',
  },
  {
    what: 'both postings and script',
    ...transactions,
    body: withPosting('"amount":1,"asset":"USD"', ',"script":{"plain":"send"}'),
    message: 'invalid payload: should contain either postings or script',
  },
  {
    what: 'a script that does not compile',
    ...transactions,
    body: '{"script":{"plain":"sned [COIN 1] ("}}',
    code: 'COMPILATION_FAILED',
    message:
      "[COMPILATION_FAILED] line 1, column 1: expected a statement ('send', 'set_tx_meta', 'set_account_meta', 'print' or 'fail'), found 'sned'\n1 | sned [COIN 1] (\n  | ^^^^",
  },
  { what: 'a script that is no text', ...transactions, body: '{"script":{"plain":1}}', message: unreadable },
  {
    what: 'variables that are a list',
    ...transactions,
    body: '{"script":{"plain":"fail","vars":[]}}',
    message: unreadable,
  },
  {
    what: 'a script that fails',
    ...transactions,
    body: '{"script":{"plain":"fail"}}',
    message: 'line 1, column 1: the script failed, as it says\n1 | fail\n  | ^^^^',
  },
  { what: 'a script request that is malformed', ...scripts, body: '{', message: 'invalid script format' },
  { what: 'a script request without a body', ...scripts, message: 'invalid script format' },
  {
    what: 'a script request with a timestamp that is none',
    ...scripts,
    body: '{"plain":"fail","timestamp":"yesterday"}',
    message: 'invalid script format',
  },
  { what: 'a batch that is null', ...batch, body: '{"transactions":null}', message: 'invalid transactions format' },
  { what: 'an empty batch', ...batch, body: '{"transactions":[]}', message: 'no transaction to insert' },
  {
    what: 'a mapping that is malformed',
    method: 'PUT',
    path: '/bad/mapping',
    body: '{',
    message: 'invalid mapping format',
  },
  {
    what: 'a mapping that is an exact number',
    method: 'PUT',
    path: '/bad/mapping',
    body: '1e2',
    message: 'invalid mapping format',
  },
  {
    what: 'a posting that is an exact number',
    ...transactions,
    body: `{"postings":[${'9'.repeat(20)}]}`,
    message: unreadable,
  },
  { what: 'a script that is an exact number', ...transactions, body: '{"script":1e2}', message: unreadable },
  { what: 'a script request that is an exact number', ...scripts, body: '1e2', message: 'invalid script format' },
  {
    what: 'a transaction of a batch that is an exact number',
    ...batch,
    body: '{"transactions":[1e2]}',
    message: 'invalid transactions format',
  },
  {
    what: 'a contract that is null',
    method: 'PUT',
    path: '/bad/mapping',
    body: '{"contracts":[null]}',
    message: 'invalid mapping format',
  },
];

const texts: readonly BadRequest[] = [
  {
    what: 'bytes that are not UTF-8',
    ...transactions,
    body: Buffer.from(good.replace('USD', 'US\u00e9'), 'latin1'),
    message: 'invalid transaction format: the body is not valid UTF-8',
  },
  {
    what: 'a byte order mark',
    ...transactions,
    body: `\ufeff${good}`,
    message: unreadable,
  },
  {
    what: 'NUL in a reference',
    ...transactions,
    body: withPosting('"amount":1,"asset":"USD"', String.raw`,"reference":"a\u0000"`),
    message: 'invalid transaction format: a string holds the character NUL',
  },
  {
    what: 'NUL in a key of metadata',
    ...transactions,
    body: withPosting('"amount":1,"asset":"USD"', String.raw`,"metadata":{"a\u0000":1}`),
    message: 'invalid transaction format: a string holds the character NUL',
  },
  {
    what: 'a lone surrogate in metadata',
    method: 'POST',
    path: '/bad/accounts/a/metadata',
    body: String.raw`{"k":"\ud800"}`,
    message: 'invalid metadata format: a string holds half of a surrogate pair',
  },
  {
    what: 'metadata nested deeply',
    method: 'POST',
    path: '/bad/accounts/a/metadata',
    body: `{"k":${'['.repeat(5_000)}${']'.repeat(5_000)}}`,
    message: 'invalid metadata format: values are nested deeper than 100',
  },
  {
    what: 'a reference that is too long',
    ...transactions,
    body: withPosting('"amount":1,"asset":"USD"', `,"reference":"${'r'.repeat(1_025)}"`),
    message: 'invalid reference: it is 1025 bytes long, the limit is 1024',
  },
];

const transport: readonly BadRequest[] = [
  {
    what: 'a method that a path does not know',
    method: 'PATCH',
    path: '/bad/transactions',
    status: 405,
    message: 'method PATCH is not allowed here, only GET, HEAD, POST',
  },
  {
    what: 'a GET that names a transaction like a path that only takes POST, as in v1',
    path: '/bad/transactions/batch',
    message: 'invalid transaction ID',
  },
  {
    what: 'a GET on a path that only takes POST',
    path: '/bad/transactions/0/revert',
    status: 405,
    message: 'method GET is not allowed here, only POST',
  },
  {
    what: 'a body above the limit',
    ...transactions,
    body: good.padEnd(bodyBytesMax + 1),
    status: 413,
    message: `the body is larger than ${bodyBytesMax} bytes (BODY_BYTES_MAX)`,
  },
  {
    what: 'a chunked body above the limit',
    ...transactions,
    headers: { 'transfer-encoding': 'chunked' },
    body: good.padEnd(bodyBytesMax * 20),
    status: 413,
    message: `the body is larger than ${bodyBytesMax} bytes (BODY_BYTES_MAX)`,
  },
  {
    what: 'a compressed body',
    ...transactions,
    headers: { 'content-encoding': 'gzip' },
    body: good,
    status: 415,
    message: 'content-encoding "gzip" is not supported: send the body as it is',
  },
  {
    what: 'a broken percent sign in the path',
    path: '/bad/accounts/%zz',
    message: 'invalid percent-encoding in the path',
  },
  {
    what: 'a broken percent sign in the query',
    path: '/bad/transactions?reference=%zz',
    message: 'invalid percent-encoding in the query',
  },
  { what: 'NUL in the query', path: '/bad/transactions?reference=%00', message: 'invalid query: NUL is not allowed' },
  { what: 'NUL in an address', path: '/bad/accounts/a%00', message: 'invalid account address format' },
  {
    what: 'an idempotency key that is too long',
    ...transactions,
    headers: { 'idempotency-key': 'k'.repeat(256) },
    body: good,
    message: 'invalid Idempotency-Key: 1 to 255 printable ASCII characters',
  },
];

const ledgerNameRule = 'invalid ledger name: 1 to 63 of 0-9, A-Z, a-z, _, . and -, not beginning with _';

const names: readonly BadRequest[] = [
  { what: 'a ledger name that begins with _', path: '/_system/transactions', message: ledgerNameRule },
  { what: 'a ledger name that is too long', path: `/${'l'.repeat(64)}/mapping`, message: ledgerNameRule },
  {
    what: 'a ledger name with a blank',
    ...transactions,
    path: '/a%20b/transactions',
    body: good,
    message: ledgerNameRule,
  },
  { what: 'an id above 64 bits', path: '/bad/transactions/18446744073709551616', message: 'invalid transaction ID' },
  {
    what: 'an id that no transaction has',
    path: '/bad/transactions/18446744073709551615',
    status: 404,
    code: 'NOT_FOUND',
    message: 'transaction not found',
  },
  {
    what: 'a revert of nothing',
    method: 'POST',
    path: '/bad/transactions/7/revert',
    status: 404,
    code: 'NOT_FOUND',
    message: 'transaction 7 not found',
  },
  {
    what: 'a broken regular expression',
    path: '/bad/accounts?address=a(',
    message: 'invalid regular expression: parentheses () not balanced',
  },
  {
    what: 'a filter that is too long',
    path: `/bad/accounts?address=${'a'.repeat(257)}`,
    message: "invalid 'address' query param: longer than 256 characters",
  },
  {
    what: 'a balance that is no number of 64 bits',
    path: '/bad/accounts?balance=9223372036854775808',
    message: "invalid parameter 'balance', should be a number",
  },
  {
    what: 'more addresses than a page can have',
    path: `/bad/balances?address=${'a,'.repeat(1_001)}`,
    message: "invalid 'address' query param: more than 1000 addresses",
  },
  {
    what: 'a filter that is no regular expression, in a ledger that is not there',
    path: '/nowhere/transactions?account=%5B',
    message: 'invalid regular expression: brackets [] not balanced',
  },
  {
    what: 'a cursor with a balance that is none',
    path: `/bad/accounts?cursor=${Buffer.from('{"balance":"x"}').toString('base64url')}`,
    message: "invalid 'cursor' query param",
  },
];

describe.each([
  { kind: 'an amount', cases: amounts },
  { kind: 'a shape', cases: shapes },
  { kind: 'a text', cases: texts },
  { kind: 'a transport', cases: transport },
  { kind: 'a name', cases: names },
])('a request refused for $kind', ({ cases }) => {
  it.each(cases)('$what', async (request) => {
    const { status = 400, code = 'VALIDATION', message } = request;
    const answer = await api.send(request);
    expect({
      status: answer.status,
      type: answer.headers['content-type'],
      body: JSON.parse(answer.body) as unknown,
    }).toEqual({
      status,
      type: 'application/json; charset=utf-8',
      body: {
        errorCode: code,
        errorMessage: message,
        error_code: code,
        error_message: message,
        ...(code === 'COMPILATION_FAILED' && { details: linkToPlayground }),
      },
    });
    expect(document.answerFaults(request, answer)).toEqual([]);
  });
});

/** Bodies that are JSON of the right shape: what is wrong with them, no schema says. */
const unschematic: ReadonlySet<string> = new Set([
  'a whole fraction',
  'an exponent',
  'a timestamp that is none',
  'a day that does not exist',
  'a script request with a timestamp that is none',
]);

describe('a body of the wrong shape is not allowed by the OpenAPI document either', () => {
  const unreadables = new Set([
    unreadable,
    'invalid script format',
    'invalid transactions format',
    'invalid mapping format',
  ]);
  const misshapen = [...amounts, ...shapes].filter(
    ({ what, body, message }) => body !== undefined && unreadables.has(message) && !unschematic.has(what),
  );

  it.each(misshapen)('$what', (request) => {
    expect(document.bodyFaults(request)).not.toEqual([]);
  });
});

describe('a path', () => {
  it.each([
    { path: '/', method: 'GET' },
    { path: '/bad', method: 'GET' },
    { path: '/bad/', method: 'POST' },
    { path: '/bad/Transactions', method: 'GET' },
    { path: '/bad//transactions', method: 'GET' },
    { path: '/bad/transactions/0/unknown', method: 'DELETE' },
  ])('$method $path is unknown in plain text, as in v1', async (request) => {
    const answer = await api.send(request);
    const { status, headers, body } = answer;
    expect({ status, type: headers['content-type'], body }).toEqual({
      status: 404,
      type: 'text/plain',
      body: '404 page not found',
    });
    expect(document.answerFaults(request, answer)).toEqual([]);
  });

  it.each([
    { path: '/bad/accounts/a/?x=1', method: 'GET', status: 301, location: '/bad/accounts/a?x=1' },
    { path: '/bad/transactions/', method: 'POST', status: 307, location: '/bad/transactions' },
    { path: '/_info/', method: 'HEAD', status: 301, location: '/_info' },
  ])('$method $path leads to the one without the slash', async ({ path, method, status, location }) => {
    const answer = await api.send({ path, method });
    expect({ status: answer.status, location: answer.headers.location }).toEqual({ status, location });
    expect(document.answerFaults({ path, method }, answer)).toEqual([]);
  });
});

describe('an idempotency key', () => {
  it('is refused, with a body, for another request than its first', async () => {
    const first = { method: 'POST', path: '/keys/transactions', headers: { 'idempotency-key': 'k' }, body: good };
    const [written, replayed] = [await api.send(first), await api.send(first)];
    expect([written.status, replayed.status, replayed.headers['idempotency-hit']]).toEqual([200, 200, 'true']);
    expect(replayed.body).toBe(written.body);
    for (const other of [
      { ...first, body: `${good} ` },
      { ...first, path: '/keys/transactions?preview=true' },
      { ...first, path: '/keys/accounts/a/metadata' },
    ]) {
      const refused = await api.send(other);
      expect(refused.status).toBe(400);
      expect(JSON.parse(refused.body)).toMatchObject({
        errorMessage: 'this Idempotency-Key was used for another request',
      });
    }
  });
});

describe('beside bad requests', () => {
  it('good ones on the same ledger are written', async () => {
    const bad = [...amounts, ...shapes, ...texts];
    const answers = await Promise.all(
      bad.flatMap((request) => [
        api.send(request),
        api.send({ method: 'POST', path: '/neighbours/transactions', body: good }),
      ]),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(bad.length);
    expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
    const account = await api.send({ path: '/neighbours/accounts/a' });
    expect(JSON.parse(account.body)).toMatchObject({ data: { balances: { USD: bad.length } } });
  });

  it('no ledger came into being by a refusal', async () => {
    const info = await api.send({ path: '/_info' });
    expect(JSON.parse(info.body)).toMatchObject({ data: { config: { storage: { ledgers: ['keys', 'neighbours'] } } } });
  });

  it('a client that goes away in the middle of its body harms nobody', async () => {
    const { hostname, port } = new URL(api.url);
    const socket = connect(Number(port), hostname);
    socket.write('POST /neighbours/transactions HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"postings"');
    await new Promise((resolve) => {
      socket.once('connect', resolve);
    });
    socket.destroy();
    expect((await api.send({ path: '/neighbours/transactions?pageSize=1' })).status).toBe(200);
  });

  it('an upload far beyond the limit is answered before it ends', async () => {
    const { hostname, port } = new URL(api.url);
    const socket = connect(Number(port), hostname);
    socket.write('POST /neighbours/transactions HTTP/1.1\r\nhost: x\r\ncontent-length: 100000000\r\n\r\n{');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    await new Promise((resolve) => {
      socket.once('close', resolve);
    });
    const text = Buffer.concat(chunks).toString();
    expect(text).toMatch(/^HTTP\/1\.1 413 /);
    expect(text.toLowerCase()).toContain('connection: close');
  });
});
