import { spawn } from 'node:child_process';
import { environment } from './environment.ts';
import type { Guard } from './guard.ts';

const outputCharsMax = 20_000;
const abortedWithinMs = 1_000;

export interface RunToEndOptions {
  cwd: string;
  owner?: { uid: number; gid: number };
  env?: Record<string, string>;
  input?: string;
  guard?: Guard | undefined;
  signal?: AbortSignal | undefined;
  onLine?: (line: string) => void;
}

/**
 * Runs a command to its end.
 * @returns the end of what it printed, standard output and standard error together.
 * @throws Error with that output when it cannot be run or exits with anything but 0.
 */
export async function runToEnd(command: string, args: string[], options: RunToEndOptions): Promise<string> {
  options.signal?.throwIfAborted();
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: environment(options.env),
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    ...options.owner,
  });
  const { pid } = child;
  if (pid !== undefined) {
    options.guard?.watch(pid, 'SIGTERM');
  }
  let forced: NodeJS.Timeout | undefined;
  const stop = () => {
    child.kill('SIGTERM');
    forced = setTimeout(() => child.kill('SIGKILL'), abortedWithinMs);
  };
  options.signal?.addEventListener('abort', stop, { once: true });

  let output = '';
  const take = (chunk: Buffer) => {
    const text = chunk.toString('utf8');
    output = (output + text).slice(-outputCharsMax);
    for (const line of text.split('\n')) {
      if (line.trim() !== '') {
        options.onLine?.(line.trim());
      }
    }
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  // A command that ends without reading its input closes the pipe; its exit code says whether that was right.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');

  const { promise, resolve, reject } = Promise.withResolvers<string>();
  child.once('error', (cause) => reject(new Error(`Cannot run ${command}.`, { cause })));
  child.once('close', (code, by) => {
    if (pid !== undefined) {
      options.guard?.forget(pid);
    }
    if (code === 0) {
      resolve(output);
    } else {
      reject(new Error(`${command} failed (${by ?? `exit code ${code}`}):\n${output.trim()}`));
    }
  });
  try {
    return await promise;
  } finally {
    clearTimeout(forced);
    options.signal?.removeEventListener('abort', stop);
    options.signal?.throwIfAborted();
  }
}
