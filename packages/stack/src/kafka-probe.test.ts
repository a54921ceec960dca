import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { freePort } from './free-port.ts';
import { answersAsKafka } from './kafka-probe.ts';

test.each([
  ['something that is no Kafka', (socket: Socket) => socket.end('SSH-2.0-nope\r\n')],
  ['something that never answers', (socket: Socket) => socket.pause()],
  ['something that hangs up', (socket: Socket) => socket.destroy()],
])('neither a closed port nor %s counts as a Kafka', async (_what, serve) => {
  const port = await freePort();
  expect(await answersAsKafka([`127.0.0.1:${port}`])).toBe(false);
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    serve(socket);
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  expect(await answersAsKafka([`127.0.0.1:${port}`])).toBe(false);
  for (const socket of sockets) {
    socket.destroy();
  }
  server.close();
  await once(server, 'close');
});
