import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { eventually } from '@daybook/stack/testing';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** The relay as it is run: a process of its own, with nothing in its environment but what is given. */
export class RelayProcess {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #output = '';

  private constructor(env: Readonly<Record<string, string>>) {
    this.#child = spawn(process.execPath, [main, 'serve'], {
      env: { HTTP_BIND: '127.0.0.1:0', LOG_LEVEL: 'debug', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => (this.#output += chunk));
    }
    this.#closed = once(this.#child, 'close');
  }

  static start(env: Readonly<Record<string, string>>): RelayProcess {
    return new RelayProcess(env);
  }

  /** All that it printed so far, standard output and standard error. */
  get output(): string {
    return this.#output;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Resolves to its exit code when it ends. */
  async ended(): Promise<number | null> {
    await this.#closed;
    return this.#child.exitCode;
  }

  /** Waits until it has printed this. */
  async says(words: string): Promise<void> {
    try {
      await eventually(() => this.#output.includes(words), { what: `the relay to say ${words}`, withinMs: 30_000 });
    } catch (error) {
      throw new Error(`The relay did not say ${words}, but:\n${this.#output}`, { cause: error });
    }
  }

  /** Asks it to end, and resolves to its exit code. */
  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM');
    return await this.ended();
  }

  /** Ends it at once, whatever it does. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#closed;
  }
}
