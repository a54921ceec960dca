import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from './eventually.ts';
import { portOf, TcpProxy } from './tcp-proxy.ts';

let server: Server;
let received: string;
let served: Socket[];
let proxy: TcpProxy;
const clients: Socket[] = [];

beforeEach(async () => {
  received = '';
  served = [];
  server = createServer((socket) => {
    served.push(socket);
    socket.on('data', (chunk) => {
      received += chunk.toString();
      socket.write(chunk);
    });
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  proxy = await TcpProxy.open('127.0.0.1', portOf(server));
});

afterEach(async () => {
  for (const socket of [...clients.splice(0), ...served]) {
    socket.destroy();
  }
  await proxy.close();
  await new Promise((resolve) => {
    server.close(resolve);
  });
});

interface Client {
  socket: Socket;
  echoed: string;
  closed: boolean;
}

function connect(): Client {
  const client: Client = { socket: createConnection(proxy.port, '127.0.0.1'), echoed: '', closed: false };
  clients.push(client.socket);
  client.socket.on('data', (chunk) => {
    client.echoed += chunk.toString();
  });
  client.socket.on('error', () => undefined);
  client.socket.on('close', () => {
    client.closed = true;
  });
  return client;
}

test('bytes pass in both directions', async () => {
  const client = connect();
  client.socket.write('hello');
  await eventually(() => client.echoed === 'hello', { what: 'the echo' });
  expect(received).toBe('hello');
});

test('the end of one side reaches the other', async () => {
  const client = connect();
  client.socket.end('last words');
  await eventually(() => client.echoed === 'last words' && client.closed, { what: 'echo and end' });
  await eventually(() => proxy.connectionCount === 0, { what: 'the link to go' });
  expect(received).toBe('last words');
});

test('a cut closes both sides, and new connections pass', async () => {
  const client = connect();
  client.socket.write('a');
  await eventually(() => client.echoed === 'a', { what: 'the echo' });
  proxy.cut();
  await eventually(() => client.closed && served.every((socket) => socket.destroyed), { what: 'both ends to close' });
  const next = connect();
  next.socket.write('b');
  await eventually(() => next.echoed === 'b', { what: 'the echo on a new connection' });
  expect(received).toBe('ab');
});

test('while refusing, nothing reaches the server', async () => {
  proxy.refuse();
  const client = connect();
  await eventually(() => client.closed, { what: 'the refusal' });
  expect(served).toHaveLength(0);
  proxy.accept();
  const next = connect();
  next.socket.write('b');
  await eventually(() => next.echoed === 'b', { what: 'the echo after accepting again' });
});

test('a pause swallows bytes and leaves the connection open; resuming resets it', async () => {
  const client = connect();
  client.socket.write('a');
  await eventually(() => client.echoed === 'a', { what: 'the echo' });
  proxy.pause();
  client.socket.write('lost');
  await eventually(() => client.socket.bytesWritten === 5 && proxy.swallowedBytes === 4, { what: 'the swallowing' });
  expect(client.closed).toBe(false);
  expect(received).toBe('a');
  expect(proxy.isSilent).toBe(true);
  proxy.resume();
  expect(proxy.isSilent).toBe(false);
  await eventually(() => client.closed, { what: 'the reset' });
  expect(received).toBe('a');
});

test('a slow proxy delays and keeps the order, also when the delay ends', async () => {
  const client = connect();
  const startedAt = performance.now();
  proxy.slow(100);
  client.socket.write('1');
  await eventually(() => proxy.connectionCount === 1 && served.length === 1, { what: 'the connection' });
  client.socket.write('2');
  await eventually(() => client.echoed.includes('1'), { what: 'the first echo' });
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(190);
  proxy.slow(0);
  client.socket.write('3');
  await eventually(() => client.echoed.length === 3, { what: 'all echoes' });
  expect(client.echoed).toBe('123');
  expect(proxy.delayedBytes).toBeGreaterThanOrEqual(2);
});
