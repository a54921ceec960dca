import { expect, test } from 'vitest';
import { Counter, createRegistry, Gauge, metricsHandler, renderSnapshots, takeSnapshot } from './metrics.ts';
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

test('the page of several processes shows the figures of each by its label, under one heading', async () => {
  const snapshots = ['1', '2'].map(async (worker) => {
    const registry = createRegistry('ledger', { labels: { worker } });
    const rows = new Counter({ name: 'rows_total', help: 'Rows.', labelNames: ['topic'], registers: [registry] });
    rows.inc({ topic: 'default' }, Number(worker));
    new Gauge({ name: 'ratio', help: 'Of nothing.', registers: [registry] }).set(NaN);
    // As between processes.
    return structuredClone(await takeSnapshot(registry));
  });
  const text = await renderSnapshots(await Promise.all(snapshots));
  expect(text).toContain(
    '# HELP rows_total Rows.\n# TYPE rows_total counter\n' +
      'rows_total{topic="default",service="ledger",worker="1"} 1\n' +
      'rows_total{topic="default",service="ledger",worker="2"} 2\n',
  );
  expect(text).toContain('ratio{service="ledger",worker="2"} Nan\n');
  // The library leaves this one out of what it adds up.
  expect(text.match(/^process_start_time_seconds\{/gm)).toHaveLength(2);
});

test('a registry shows another page where it is given one', async () => {
  const registry = createRegistry('ledger', { page: async () => 'the page' });
  expect(await registry.metrics()).toBe('the page');
});
