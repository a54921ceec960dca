/**
 * The guard's own process. It runs in a session of its own and reads messages from a pipe that only its holder can write
 * to. When the pipe closes, the holder is gone, however it went: the guard ends every process that is still watched and
 * removes the files and folders that should not outlive the holder.
 */
import { rmSync } from 'node:fs';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { StopSignal } from './process-plan.ts';
import { isAlive } from './process-table.ts';
import { signalProcess } from './signal-process.ts';

// Together they leave time to spare within the 5 s after which nothing of a stack may be left.
const politeMs = 2_000;
const forcedMs = 1_500;
const pollMs = 25;

const watched = new Map<number, StopSignal>();
const removable = new Set<string>();

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => undefined);
}

for await (const line of createInterface({ input: process.stdin })) {
  const [verb, subject = ''] = line.split(' ');
  switch (verb) {
    case 'SIGINT':
    case 'SIGTERM':
      watched.set(Number(subject), verb);
      break;
    case 'forget':
      watched.delete(Number(subject));
      break;
    case 'remove':
      removable.add(decodeURIComponent(subject));
      break;
    case 'keep':
      removable.delete(decodeURIComponent(subject));
      break;
    default:
      throw new Error(`The guard does not know the message ${line}`);
  }
}

for (const [pid, stopSignal] of watched) {
  signalProcess(pid, stopSignal);
  // A stopped process keeps its signals waiting until it is continued.
  signalProcess(pid, 'SIGCONT');
}
await allGone(politeMs);
for (const pid of watched.keys()) {
  signalProcess(pid, 'SIGKILL', { group: true });
}
await allGone(forcedMs);
for (const path of removable) {
  rmSync(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
}

async function allGone(withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs;
  while ([...watched.keys()].some((pid) => isAlive(pid)) && performance.now() < deadline) {
    await delay(pollMs);
  }
}
