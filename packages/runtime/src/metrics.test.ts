import { expect, test } from 'vitest';
import { Counter, createRegistry, metricsHandler } from './metrics.ts';
import { httpServer } from './http-server.ts';

test('the page holds our counters and those of the process, labelled with the service', async () => {
  const registry = createRegistry('relay');
  const rows = new Counter({ name: 'rows_total', help: 'Rows.', labelNames: ['topic'], registers: [registry] });
  rows.inc({ topic: 'default' }, 3);
  const server = httpServer({ bind: '127.0.0.1:0', handler: metricsHandler(registry) });
  await server.start();
  try {
    const response = await fetch(server.url);
    const text = await response.text();
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(text).toContain('rows_total{topic="default",service="relay"} 3');
    expect(text).toContain('process_resident_memory_bytes{service="relay"}');
  } finally {
    await server.stop();
  }
});

test('a collector that fails gives 500 and the message', async () => {
  const registry = createRegistry('relay');
  const broken = new Counter({
    name: 'broken_total',
    help: 'Broken.',
    registers: [registry],
    collect() {
      throw new Error('cannot count');
    },
  });
  expect(broken).toBeDefined();
  const server = httpServer({ bind: '127.0.0.1:0', handler: metricsHandler(registry) });
  await server.start();
  try {
    const response = await fetch(server.url);
    expect([response.status, await response.text()]).toEqual([500, 'cannot count']);
  } finally {
    await server.stop();
  }
});
