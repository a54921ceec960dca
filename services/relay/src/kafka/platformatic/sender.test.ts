import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { ConnectionPool } from '@platformatic/kafka';
import { eventually } from '@daybook/stack/testing';
import { afterEach, expect, it } from 'vitest';
import type { KafkaAccess } from '../access.ts';
import { Connections } from './connections.ts';
import { PlatformaticSender } from './sender.ts';

let server: Server | undefined;
const sockets: Socket[] = [];

/** A listener that is no broker. */
async function listen(onSocket: (socket: Socket) => void): Promise<KafkaAccess> {
  server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    onSocket(socket);
    // Who does not read does not see the end either.
    socket.resume();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the listener has no port');
  return {
    brokers: [`127.0.0.1:${address.port}`],
    clientId: 'test',
    tls: undefined,
    login: undefined,
    requestTimeoutMs: 60_000,
  };
}

async function open(access: KafkaAccess, options: { sendTimeoutMs?: number; signal?: AbortSignal } = {}) {
  const { sendTimeoutMs = 60_000, signal = new AbortController().signal } = options;
  return await PlatformaticSender.open({ access, sendTimeoutMs, compression: 'none', signal });
}

const allClosed = async () =>
  eventually(() => sockets.every(({ destroyed }) => destroyed), { what: 'all connections cut' });

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await new Promise((resolve) => server?.close(resolve));
});

it('tries nothing again inside: what a broker closes has failed', async () => {
  const access = await listen((socket) => socket.once('data', () => socket.destroy()));
  await expect(open(access)).rejects.toThrow(/Connection closed|ECONNRESET/);
  expect(sockets).toHaveLength(1);
});

it('gives up a broker that answers nothing, and cuts the connection', async () => {
  const access = await listen(() => {});
  await expect(open(access, { sendTimeoutMs: 200 })).rejects.toThrow('connecting to Kafka took longer than 200 ms');
  await allClosed();
});

it('gives up at once when told to, and cuts the connection', async () => {
  const stopping = new AbortController();
  const access = await listen(() => stopping.abort());
  await expect(open(access, { signal: stopping.signal })).rejects.toThrow('connecting to Kafka was given up');
  await allClosed();
});

it('takes no harm from a peer that answers with something else', async () => {
  const access = await listen((socket) => socket.once('data', () => socket.write(Buffer.alloc(64, 1))));
  await expect(open(access, { sendTimeoutMs: 200 })).rejects.toThrow(/Connection|Kafka|Error/i);
  await allClosed();
});

it('fails where the listener speaks TLS and this side does not, with the settings', async () => {
  const access = await listen((socket) => {
    socket.once('data', () => socket.write(Buffer.from([0x15, 0x03, 0x03, 0, 2, 2, 40])));
  });
  await expect(open(access)).rejects.toMatchObject({ code: 'PEER_SPEAKS_TLS' });
  await allClosed();
});

it('outlives a second error of one connection, for which the library listens no more', async () => {
  const access = await listen(() => {});
  const pool = new ConnectionPool('test', { connectTimeout: 5_000 });
  const connections = new Connections({ connections: pool });
  const [host = '', port = ''] = (access.brokers[0] ?? '').split(':');
  const connection = await pool.get({ host, port: Number(port) });
  expect(connection.emit('error', new Error('one'))).toBe(true);
  expect(connection.emit('error', new Error('another'))).toBe(true);
  connections.cut();
  await allClosed();
});
