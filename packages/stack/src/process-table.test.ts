import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { expect, test } from 'vitest';
import { findProcess, isAlive, parentOf } from './process-table.ts';

test('a running process is found with its parent and command, and not once it has ended', async () => {
  const child = spawn('sleep', ['60']);
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  expect(parentOf(pid)).toBe(process.pid);
  expect(findProcess(pid)?.command).toBe('sleep 60');
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
  expect(isAlive(pid)).toBe(false);
  expect(parentOf(pid)).toBeUndefined();
});
