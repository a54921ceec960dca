import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isAlive, parentOf } from './process-table.ts';
import { eventually } from './testing/eventually.ts';

let folder: string;
let holder: ChildProcess;
let watched: number;

/** A process that holds a guard over a `sleep` and a file, says the number of the sleep, and then does nothing more. */
const script = `
  import { spawn } from 'node:child_process';
  import { Guard } from ${JSON.stringify(new URL('guard.ts', import.meta.url))};
  const guard = new Guard();
  const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
  guard.watch(child.pid, 'SIGTERM');
  guard.remove(process.argv[1]);
  console.log(child.pid);
  setInterval(() => undefined, 1_000);
`;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'daybook test '));
  writeFileSync(join(folder, 'file'), '');
  holder = spawn(process.execPath, ['--input-type=module', '--eval', script, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (holder.stdout === null) {
    throw new Error('no output to read');
  }
  for await (const line of createInterface({ input: holder.stdout })) {
    watched = Number(line);
    break;
  }
});

afterEach(() => {
  holder.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

test('what a killed holder leaves is ended and removed', async () => {
  expect(isAlive(watched)).toBe(true);
  holder.kill('SIGKILL');
  await eventually(() => !isAlive(watched) && !existsSync(folder), { what: 'the guard to clean up' });
  expect(existsSync(folder)).toBe(false);
});

test('a guard that was killed is replaced, and its successor knows all', async () => {
  const guardOf = async (other?: number) =>
    eventually(() => childrenOf(holder.pid ?? 0).find((pid) => pid !== watched && pid !== other), { what: 'a guard' });
  const first = await guardOf();
  process.kill(first, 'SIGKILL');
  await guardOf(first);
  holder.kill('SIGKILL');
  await eventually(() => !isAlive(watched) && !existsSync(folder), { what: 'the second guard to clean up' });
  expect(existsSync(folder)).toBe(false);
});

function childrenOf(parent: number): number[] {
  const output = execFileSync('ps', ['-A', '-o', 'pid='], { encoding: 'utf8' });
  return output
    .split('\n')
    .map((line) => Number(line.trim().split(/\s+/)[0]))
    .filter((pid) => pid > 0 && parentOf(pid) === parent);
}
