import { createLogger, httpServer, type HttpServer } from '@daybook/runtime';
import express from 'express';
import { afterEach, describe, expect, it } from 'vitest';
import { sendRequest } from '../../test-fixtures/send-request.ts';
import { cors, originsFault } from './cors.ts';
import { errorHandler } from './error-handler.ts';

let server: HttpServer | undefined;

afterEach(async () => {
  await server?.stop();
});

const app = 'https://app.example';

/** What a request gets of an application behind the origins. It answers everything that reaches it with 200. */
async function ask(
  allowed: readonly string[],
  { method = 'GET', headers }: { readonly method?: string; readonly headers?: Readonly<Record<string, string>> },
): Promise<Response> {
  const served = express();
  served.use(cors(allowed, true));
  served.use((_request, response) => void response.end('reached'));
  served.use(errorHandler(createLogger({ service: 'test', level: 'silent' })));
  server = httpServer({ bind: '127.0.0.1:0', handler: served });
  await server.start();
  return await fetch(server.url, { method, headers: { connection: 'close', ...headers } });
}

function corsHeaders(response: Response): Readonly<Record<string, string>> {
  return Object.fromEntries([...response.headers].filter(([name]) => /^(?:access-control-|vary)/.test(name)));
}

const bodies: Readonly<Record<number, RegExp>> = { 200: /^reached$/, 204: /^$/, 403: /"errorCode":"VALIDATION"/ };
const preflight = { origin: app, 'access-control-request-method': 'POST' };
const exposed = { 'access-control-expose-headers': 'Count,Idempotency-Hit,Retry-After' };
const told = {
  'access-control-allow-methods': 'GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS',
  'access-control-allow-headers': 'Origin,Content-Length,Content-Type,Authorization,Idempotency-Key',
  'access-control-max-age': '43200',
};

describe('a page of an origin', () => {
  it.each<{
    readonly what: string;
    readonly allowed: readonly string[];
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly status: number;
    readonly cors: Readonly<Record<string, string>>;
  }>([
    { what: 'by default, no origin', allowed: [], status: 200, cors: {} },
    { what: 'by default, no origin, a write', allowed: [], method: 'POST', status: 200, cors: {} },
    { what: 'by default, a read', allowed: [], headers: { origin: app }, status: 200, cors: {} },
    { what: 'by default, a write', allowed: [], method: 'POST', headers: { origin: app }, status: 403, cors: {} },
    {
      what: 'by default, a write of null',
      allowed: [],
      method: 'POST',
      headers: { origin: 'null' },
      status: 403,
      cors: {},
    },
    { what: 'by default, a preflight', allowed: [], method: 'OPTIONS', headers: preflight, status: 403, cors: {} },
    {
      what: 'allowed, a read',
      allowed: ['https://other.example', app],
      headers: { origin: app },
      status: 200,
      cors: { 'access-control-allow-origin': app, ...exposed, vary: 'Origin' },
    },
    {
      what: 'allowed, a write',
      allowed: [app],
      method: 'PUT',
      headers: { origin: app },
      status: 200,
      cors: { 'access-control-allow-origin': app, ...exposed, vary: 'Origin' },
    },
    {
      what: 'allowed, a preflight',
      allowed: [app],
      method: 'OPTIONS',
      headers: preflight,
      status: 204,
      cors: { 'access-control-allow-origin': app, ...told, vary: 'Origin' },
    },
    { what: 'allowed, no origin', allowed: [app], status: 200, cors: { vary: 'Origin' } },
    {
      what: 'not the allowed one, a read',
      allowed: [app],
      headers: { origin: 'https://app.example.evil' },
      status: 200,
      cors: { vary: 'Origin' },
    },
    {
      what: 'not the allowed one, a write',
      allowed: [app],
      method: 'POST',
      headers: { origin: 'http://app.example' },
      status: 403,
      cors: { vary: 'Origin' },
    },
    {
      what: 'any, a write',
      allowed: ['*'],
      method: 'POST',
      headers: { origin: app },
      status: 200,
      cors: { 'access-control-allow-origin': '*', ...exposed },
    },
    {
      what: 'any, a preflight',
      allowed: ['*'],
      method: 'OPTIONS',
      headers: preflight,
      status: 204,
      cors: { 'access-control-allow-origin': '*', ...told },
    },
    {
      what: 'any, OPTIONS that is no preflight',
      allowed: ['*'],
      method: 'OPTIONS',
      headers: { origin: app },
      status: 200,
      cors: { 'access-control-allow-origin': '*', ...exposed },
    },
  ])('$what', async ({ allowed, method, headers, status, cors: expected }) => {
    const response = await ask(allowed, { ...(method && { method }), ...(headers && { headers }) });
    expect(response.status).toBe(status);
    expect(corsHeaders(response)).toEqual(expected);
    expect(await response.text()).toMatch(bodies[status] ?? '');
  });

  it('that the API itself serves may write', async () => {
    const first = await ask([], {});
    const { origin } = new URL(first.url);
    expect((await fetch(first.url, { method: 'POST', headers: { origin, connection: 'close' } })).status).toBe(200);
  });
});

describe('a page whose own name leads here', () => {
  const page = { host: 'evil.example:3068', origin: 'http://evil.example:3068' };

  it.each([
    { what: 'may not write to an API that is open', isOpen: true, headers: page, status: 403 },
    { what: 'is asked who it is where that is asked', isOpen: false, headers: page, status: 200 },
    {
      what: 'may, under an address',
      isOpen: true,
      headers: { host: '[::1]:1', origin: 'http://[::1]:1' },
      status: 200,
    },
    {
      what: 'may, under another',
      isOpen: true,
      headers: { host: '10.0.0.7:1', origin: 'http://10.0.0.7:1' },
      status: 200,
    },
  ])('$what', async ({ isOpen, headers, status }) => {
    const served = express();
    served.use(cors([], isOpen));
    served.use((_request, response) => void response.end('reached'));
    served.use(errorHandler(createLogger({ service: 'test', level: 'silent' })));
    server = httpServer({ bind: '127.0.0.1:0', handler: served });
    await server.start();
    expect((await sendRequest(server.address, { method: 'POST', path: '/', headers })).status).toBe(status);
  });
});

describe('the list of origins', () => {
  it.each([[[]], [['*']], [[app]], [[app, 'http://localhost:8080']]])('may be %j', (allowed) => {
    expect(originsFault(allowed)).toBeUndefined();
  });

  it.each([
    ['*', app],
    [`${app}/`],
    ['app.example'],
    ['https://APP.example'],
    ['https://app.example:443'],
    ['null'],
    ['https://*.example'],
  ])('may not be %j', (...allowed) => {
    expect(originsFault(allowed)).toMatch(/^must be \* alone, or origins such as https:\/\/app.example: .* is none$/);
  });
});
