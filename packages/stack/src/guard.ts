import { spawn, type ChildProcess } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { StopSignal } from './process-plan.ts';

const startsMax = 10;

/**
 * Sees to it that no process and no temporary folder outlives this one. A process that dies by SIGKILL cannot clean up,
 * so a second one, in a session of its own, holds the other end of a pipe and cleans up when it closes.
 */
export class Guard {
  readonly #watched = new Map<number, StopSignal>();
  readonly #removable = new Set<string>();
  #process: ChildProcess;
  #closed = false;
  #starts = 0;

  constructor() {
    this.#process = this.#start();
  }

  /** From now on the process (and what is left of its group) ends when the holder of the guard ends. */
  watch(pid: number, stopSignal: StopSignal): void {
    this.#watched.set(pid, stopSignal);
    this.#tell(`${stopSignal} ${pid}`);
  }

  /** The process has ended; its number may soon belong to a stranger. */
  forget(pid: number): void {
    this.#watched.delete(pid);
    this.#tell(`forget ${pid}`);
  }

  /** The file or folder goes when the holder of the guard goes. */
  remove(path: string): void {
    this.#removable.add(path);
    this.#tell(`remove ${encodeURIComponent(path)}`);
  }

  /** The file or folder has been removed already, or shall stay. */
  keep(path: string): void {
    this.#removable.delete(path);
    this.#tell(`keep ${encodeURIComponent(path)}`);
  }

  /** Lets the guard's process end. Whatever is still watched then ends with it. */
  async close(): Promise<void> {
    this.#closed = true;
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) {
      return;
    }
    this.#process.once('exit', () => resolve());
    this.#process.ref();
    this.#process.stdin?.end();
    await promise;
  }

  #start(): ChildProcess {
    const child = spawn(process.execPath, [fileURLToPath(new URL('guard-main.ts', import.meta.url))], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      cwd: '/',
    });
    // Writing to a guard that has just died fails; its exit below is what counts.
    child.stdin?.on('error', () => undefined);
    this.#starts += 1;
    child.once('exit', () => {
      // A guard that cannot even start is not started for ever.
      if (!this.#closed && this.#starts < startsMax) {
        this.#process = this.#start();
        for (const [pid, stopSignal] of this.#watched) {
          this.#tell(`${stopSignal} ${pid}`);
        }
        for (const path of this.#removable) {
          this.#tell(`remove ${encodeURIComponent(path)}`);
        }
      }
    });
    child.unref();
    if (child.stdin !== null && 'unref' in child.stdin && typeof child.stdin.unref === 'function') {
      child.stdin.unref();
    }
    return child;
  }

  #tell(line: string): void {
    this.#process.stdin?.write(`${line}\n`);
  }
}
