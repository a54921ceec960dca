import { createServer } from 'node:net';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { freePort, isFree } from './free-port.ts';

test('a free port can be listened on, is below the outgoing range, and is not given twice', async () => {
  const ports = await Promise.all(Array.from({ length: 50 }, async () => freePort()));
  expect(new Set(ports).size).toBe(50);
  expect(Math.max(...ports)).toBeLessThan(49_152);
  const [port = 0] = ports;
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  expect(await isFree(port)).toBe(false);
  server.close();
  await once(server, 'close');
  expect(await isFree(port)).toBe(true);
});
