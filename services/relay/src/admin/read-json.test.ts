import { once } from 'node:events';
import { connect } from 'node:net';
import { httpServer } from '@daybook/runtime';
import { expect, it, vi } from 'vitest';
import { readJson } from './read-json.ts';

it('takes nobody for a defect who hangs up in the middle of a body', async () => {
  const read = Promise.withResolvers<Awaited<ReturnType<typeof readJson>>>();
  const begun = Promise.withResolvers<void>();
  const onError = vi.fn<(error: unknown) => void>();
  const server = httpServer({
    bind: '127.0.0.1:0',
    handler: async (request) => {
      begun.resolve();
      read.resolve(await readJson(request));
    },
    onError,
  });
  await server.start();
  const socket = connect(server.address);
  await once(socket, 'connect');
  const head = ['POST /pause HTTP/1.1', 'host: localhost', 'content-type: application/json', 'content-length: 500'];
  socket.write(`${head.join('\r\n')}\r\n\r\n{"scope":`);
  await begun.promise;
  socket.destroy();
  expect(await read.promise).toMatchObject({
    kind: 'fault',
    answer: { status: 400, body: { message: 'the body was cut off' } },
  });
  await server.stop();
  expect(onError).not.toHaveBeenCalled();
});
