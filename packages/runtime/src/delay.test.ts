import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { delay } from './delay.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  assert.equal(vi.getTimerCount(), 0);
  vi.useRealTimers();
});

test('resolves when the time is over and leaves no listener', async () => {
  const { signal } = new AbortController();
  const waited = delay(1_000, signal);
  await vi.advanceTimersByTimeAsync(999);
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  await waited;
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});

test('resolves at an abort and leaves no timer', async () => {
  const controller = new AbortController();
  const waited = delay(1_000, controller.signal);
  controller.abort();
  await waited;
  expect(vi.getTimerCount()).toBe(0);
});

test('does not begin once aborted', async () => {
  await delay(1_000, AbortSignal.abort());
  expect(vi.getTimerCount()).toBe(0);
});

test('a wait beyond the reach of a timer does not fire at once', async () => {
  const controller = new AbortController();
  const onEnd = vi.fn<() => void>();
  const waited = delay(2 ** 40, controller.signal).then(onEnd);
  await vi.advanceTimersByTimeAsync(86_400_000);
  expect(onEnd).not.toHaveBeenCalled();
  controller.abort();
  await waited;
});
