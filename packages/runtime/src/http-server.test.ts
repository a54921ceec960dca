import { once } from 'node:events';
import { connect } from 'node:net';
import { Agent, request } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, test, vi } from 'vitest';
import { httpServer } from './http-server.ts';
import type { HttpServer } from './http-server.ts';

/** A request over its own keep-alive connection. */
async function get(
  server: HttpServer,
  agent: Agent,
): Promise<{ status: number | undefined; connection: string | undefined; body: string }> {
  const outgoing = request({ ...server.address, agent }).end();
  const [response]: IncomingMessage[] = await once(outgoing, 'response');
  if (response === undefined) throw new Error('no response');
  return { status: response.statusCode, connection: response.headers.connection, body: await text(response) };
}

/** A server whose requests wait until they are released; `arrived` resolves with the first. */
async function gated(options: { readonly drainTimeoutMs?: number } = {}) {
  const arrived = Promise.withResolvers<ServerResponse>();
  const server = httpServer({
    bind: '127.0.0.1:0',
    handler: (_request, response) => arrived.resolve(response),
    ...options,
  });
  await server.start();
  return { server, arrived: arrived.promise };
}

test('a stop lets the request in flight finish, and tells the client to close', async () => {
  const { server, arrived } = await gated();
  const agent = new Agent({ keepAlive: true });
  const answered = get(server, agent);
  const response = await arrived;
  const stopped = server.stop();
  response.end('done');
  expect(await answered).toEqual({ status: 200, connection: 'close', body: 'done' });
  await stopped;
  agent.destroy();
});

test('a stop closes idle and silent connections at once', async () => {
  const handler = (_request: IncomingMessage, response: ServerResponse) => void response.end('ok');
  const server = httpServer({ bind: '127.0.0.1:0', drainTimeoutMs: 600_000, handler });
  await server.start();
  const agent = new Agent({ keepAlive: true });
  expect((await get(server, agent)).connection).toBe('keep-alive');
  const silent = connect(server.address.port, '127.0.0.1');
  await once(silent, 'connect');
  // A second answer shows that the server has taken the silent connection, which came before.
  await get(server, new Agent());
  const closed = once(silent, 'close');
  silent.resume();
  await server.stop();
  await closed;
  agent.destroy();
});

test.each([
  ['after drainTimeoutMs', { drainTimeoutMs: 1 }, undefined],
  ['at the deadline', {}, AbortSignal.abort()],
])('a stop cuts off what hangs %s', async (_title, options, deadline) => {
  const { server, arrived } = await gated(options);
  const answered = get(server, new Agent()).catch((error: unknown) => error);
  await arrived;
  await server.stop(deadline);
  expect(await answered).toMatchObject({ message: 'socket hang up' });
});

test('a handler that throws gives 500 and is reported; the server goes on', async () => {
  const onError = vi.fn<(error: unknown) => void>();
  const server = httpServer({ bind: '127.0.0.1:0', handler: () => Promise.reject(new Error('broken')), onError });
  await server.start();
  expect((await get(server, new Agent())).status).toBe(500);
  expect((await get(server, new Agent())).status).toBe(500);
  expect(onError).toHaveBeenCalledTimes(2);
  await server.stop();
});

test('a handler that throws after it has begun cuts the answer off', async () => {
  const handler = (_request: IncomingMessage, response: ServerResponse) => {
    response.write('half');
    throw new Error('broken');
  };
  const server = httpServer({ bind: '127.0.0.1:0', handler });
  await server.start();
  await expect(get(server, new Agent())).rejects.toThrow(/aborted|socket hang up/);
  await server.stop();
});

test('a taken port is an error that names the address', async () => {
  const { server } = await gated();
  const bind = `127.0.0.1:${server.address.port}`;
  const second = httpServer({ bind, handler: () => {} });
  await expect(second.start()).rejects.toThrow(`cannot listen on ${bind}: listen EADDRINUSE`);
  await second.stop();
  await server.stop();
});

test('url and address tell the port that the system chose, and only while listening', async () => {
  const { server } = await gated();
  expect(server.url).toBe(`http://127.0.0.1:${server.address.port}`);
  expect(server.address.port).toBeGreaterThan(0);
  await server.stop();
  expect(() => server.url).toThrow('does not listen');
});

test.each([
  ['an unknown method', 'FROB / HTTP/1.1\r\nhost: x\r\n\r\n', 400, 'unknown method'],
  ['a line that is not HTTP', 'GET / FTP/1.1\r\n\r\n', 400, 'Bad Request'],
  [
    'oversized headers',
    `GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`,
    431,
    'Header Fields Too Large',
  ],
])('%s gets a body, and the connection is closed', async (_what, sent, status, reason) => {
  const bodyOfMalformed = (message: string) => JSON.stringify({ message });
  const server = httpServer({ bind: '127.0.0.1:0', handler: () => {}, bodyOfMalformed });
  await server.start();
  const socket = connect(server.address);
  socket.write(sent);
  const answer = await text(socket);
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(head).toContain(`content-length: ${body.length}`);
  expect(JSON.parse(body)).toMatchObject({ message: expect.stringContaining(reason) });
  await server.stop();
});

test('what is not HTTP behind a request whose answer has begun cuts that off, and puts nothing into it', async () => {
  const handler = (_request: IncomingMessage, response: ServerResponse) => void response.write('half');
  const server = httpServer({ bind: '127.0.0.1:0', handler, bodyOfMalformed: () => '{}' });
  await server.start();
  const socket = connect(server.address);
  socket.write('POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n');
  const [begun]: Buffer[] = await once(socket, 'data');
  socket.write('not a chunk\r\n');
  const rest = await text(socket).catch((error: NodeJS.ErrnoException) => error.code);
  expect(`${String(begun)}${rest}`).toMatch(/^HTTP\/1.1 200 /);
  expect(`${String(begun)}${rest}`).not.toContain('HTTP/1.1 400');
  await server.stop();
});

test('a HEAD that is not HTTP gets no body, which its sender would not look for', async () => {
  const server = httpServer({ bind: '127.0.0.1:0', handler: () => {}, bodyOfMalformed: () => '{}' });
  await server.start();
  const socket = connect(server.address);
  socket.write('HEAD /\u00e9 HTTP/1.1\r\nhost: x\r\n\r\n', 'latin1');
  const answer = await text(socket);
  expect(answer).toMatch(/^HTTP\/1.1 400 /);
  expect(answer).toMatch(/content-length: 2\r\n\r\n$/);
  await server.stop();
});

test.each([
  ['headers', `GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(2_000)}\r\n\r\n`],
  ['a URL', `GET /${'y'.repeat(2_000)} HTTP/1.1\r\nhost: x\r\n\r\n`],
])('%s beyond headerBytesMax get 431, and the connection is closed', async (_what, sent) => {
  const handler = (_request: IncomingMessage, response: ServerResponse) => void response.end('ok');
  const server = httpServer({ bind: '127.0.0.1:0', handler, headerBytesMax: 1_500 });
  await server.start();
  const socket = connect(server.address);
  socket.write(sent);
  expect(await text(socket)).toMatch(/^HTTP\/1.1 431 /);
  const shorter = connect(server.address);
  shorter.end(sent.replace(/y+/, 'y'.repeat(1_000)).replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n'));
  expect(await text(shorter)).toMatch(/^HTTP\/1.1 200 /);
  await server.stop();
});

test('a connection beyond connectionsMax is closed as it comes, and there is room again once another ends', async () => {
  const handler = (_request: IncomingMessage, response: ServerResponse) => void response.end('ok');
  const server = httpServer({ bind: '127.0.0.1:0', handler, connectionsMax: 1 });
  await server.start();
  const agent = new Agent({ keepAlive: true });
  expect((await get(server, agent)).status).toBe(200);
  await expect(get(server, new Agent())).rejects.toThrow(/socket hang up|ECONNRESET/);
  expect((await get(server, agent)).status).toBe(200);
  agent.destroy();
  await vi.waitFor(async () => expect((await get(server, new Agent())).status).toBe(200));
  await server.stop();
});

test.each([
  ['whose headers', 'GET / HTTP/1.1\r\nhost: x\r\n'],
  ['whose body', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nhalf'],
])(
  'a request %s have not arrived within requestTimeoutMs gets 408, and the connection is closed',
  async (_what, sent) => {
    const server = httpServer({ bind: '127.0.0.1:0', handler: () => {}, requestTimeoutMs: 50 });
    await server.start();
    const socket = connect(server.address);
    socket.write(sent);
    expect(await text(socket)).toMatch(/^HTTP\/1.1 408 /);
    await server.stop();
  },
);
