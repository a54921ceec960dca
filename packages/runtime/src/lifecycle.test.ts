import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Lifecycle } from './lifecycle.ts';
import type { Component } from './lifecycle.ts';
import { createLogger } from './logger.ts';

const shutdownTimeoutMs = 1_000;
let events: EventEmitter;
let calls: string[];
let lines: string[];
let lifecycle: Lifecycle;

beforeEach(() => {
  vi.useFakeTimers();
  events = new EventEmitter();
  calls = [];
  lines = [];
  const logger = createLogger({ service: 'try', level: 'debug', destination: { write: (line) => lines.push(line) } });
  lifecycle = new Lifecycle({ logger, shutdownTimeoutMs, events });
});

/** Nothing outlives a run: no timer, no listener. */
afterEach(() => {
  assert.equal(vi.getTimerCount(), 0);
  assert.deepEqual(events.eventNames(), []);
  vi.useRealTimers();
});

function component(name: string, faults: Partial<Component> = {}): Component {
  return {
    name,
    async start(stopping) {
      calls.push(`start ${name}`);
      await faults.start?.(stopping);
    },
    async stop(deadline) {
      calls.push(`stop ${name}`);
      await faults.stop?.(deadline);
    },
  };
}

/** Starts a run and waits until all components were asked to start and have settled. */
async function running(...components: readonly Component[]): Promise<{ readonly code: Promise<number> }> {
  for (const one of components) lifecycle.add(one);
  const code = lifecycle.run();
  await vi.advanceTimersByTimeAsync(0);
  return { code };
}

function logged(message: string): Record<string, unknown> | undefined {
  return lines.map((line): Record<string, unknown> => JSON.parse(line)).find(({ msg }) => msg === message);
}

const never = () => new Promise<void>(() => {});

test.each(['SIGTERM', 'SIGINT'])('%s stops in reverse order and exits with 0', async (signal) => {
  const { code } = await running(component('database'), component('http'));
  events.emit(signal, signal);
  expect(await code).toBe(0);
  expect(calls).toEqual(['start database', 'start http', 'stop http', 'stop database']);
});

test('a failed start stops what had started and exits with 1', async () => {
  const { code } = await running(
    component('database'),
    component('http', { start: () => Promise.reject(new Error('port taken')) }),
    component('loop'),
  );
  expect(await code).toBe(1);
  expect(calls).toEqual(['start database', 'start http', 'stop database']);
  expect(logged('component failed to start')).toMatchObject({ component: 'http', err: { message: 'port taken' } });
});

test('a signal during a start aborts it and stops what had started', async () => {
  const { code } = await running(
    component('database'),
    component('waiting', {
      start: (stopping) =>
        new Promise((_resolve, reject) => {
          stopping.addEventListener('abort', () => reject(new Error('told to stop')));
        }),
    }),
    component('loop'),
  );
  events.emit('SIGTERM', 'SIGTERM');
  expect(await code).toBe(0);
  expect(calls).toEqual(['start database', 'start waiting', 'stop database']);
});

test('a start that hangs is given up at the deadline and named', async () => {
  const { code } = await running(component('database'), component('waiting', { start: never }));
  events.emit('SIGTERM', 'SIGTERM');
  await vi.advanceTimersByTimeAsync(shutdownTimeoutMs);
  expect(await code).toBe(1);
  expect(logged('shutdown deadline missed')).toMatchObject({ component: 'waiting' });
});

test('one deadline holds for all stops; what hung is named', async () => {
  let deadlineSeen: AbortSignal | undefined;
  const { code } = await running(
    component('database'),
    component('loop', {
      stop: (deadline) => {
        deadlineSeen = deadline;
        return never();
      },
    }),
    component('http'),
  );
  lifecycle.stop('test');
  await vi.advanceTimersByTimeAsync(shutdownTimeoutMs - 1);
  expect(deadlineSeen?.aborted).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(await code).toBe(1);
  expect(deadlineSeen?.aborted).toBe(true);
  expect(calls.slice(3)).toEqual(['stop http', 'stop loop']);
  expect(logged('shutdown deadline missed')).toMatchObject({ component: 'loop', shutdownTimeoutMs });
});

test.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
])('a second signal, %s, ends at once with %d', async (signal, exitCode) => {
  const { code } = await running(component('loop', { stop: never }));
  events.emit('SIGTERM', 'SIGTERM');
  await vi.advanceTimersByTimeAsync(10);
  events.emit(signal, signal);
  expect(await code).toBe(exitCode);
  await vi.advanceTimersByTimeAsync(shutdownTimeoutMs);
});

test('a failed stop does not keep the others from stopping', async () => {
  const { code } = await running(
    component('database'),
    component('http', { stop: () => Promise.reject(new Error('stuck')) }),
  );
  lifecycle.stop('test');
  expect(await code).toBe(1);
  expect(calls.slice(2)).toEqual(['stop http', 'stop database']);
});

test.each<[string, (error: Error) => void]>([
  ['a reported defect', (error) => lifecycle.fail(error)],
  ['an uncaught exception', (error) => events.emit('uncaughtException', error)],
  ['an unhandled rejection', (error) => events.emit('unhandledRejection', error)],
])('%s stops in order and exits with 1', async (_title, cause) => {
  const { code } = await running(component('database'));
  cause(new Error('impossible'));
  expect(await code).toBe(1);
  expect(calls).toEqual(['start database', 'stop database']);
  expect(logged('defect')).toMatchObject({ level: 'fatal', err: { message: 'impossible' } });
});

test('stopping aborts when the stop begins, and a second stop changes nothing', async () => {
  const { code } = await running(component('database'));
  expect(lifecycle.stopping.aborted).toBe(false);
  lifecycle.stop('first');
  lifecycle.stop('second');
  expect(lifecycle.stopping.aborted).toBe(true);
  expect(await code).toBe(0);
  expect(logged('stopping')).toMatchObject({ reason: 'first' });
});

test('a run begins once, and takes no component afterwards', async () => {
  const { code } = await running();
  expect(() => lifecycle.add(component('late'))).toThrow('already runs');
  await expect(lifecycle.run()).rejects.toThrow('runs once');
  lifecycle.stop('test');
  expect(await code).toBe(0);
});
