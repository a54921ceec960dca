import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const readyWithinMs = 60_000;
const readyPollMs = 50;
const stopWithinMs = 15_000;

/** Of Linux, for whatever it shows of times. */
const ticksPerSecond = 100;

interface ForeignProcessOptions {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  /** All of its environment: nothing that the caller's shell holds may change a figure. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A process of a benchmark that is no Node of ours. What it says of errors goes to standard error. */
export class ForeignProcess {
  readonly #name: string;
  readonly #child: ChildProcess;
  #end: string | undefined;

  constructor({ name, program, args, env = {} }: ForeignProcessOptions) {
    this.#name = name;
    this.#child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 2] });
    this.#child.once('exit', (code, signal) => (this.#end ??= signal ?? `exit code ${code}`));
    this.#child.once('error', (error) => (this.#end ??= error.message));
  }

  /** @throws Error when the process has ended. */
  check(): void {
    if (this.#end !== undefined) throw new Error(`${this.#name} ended: ${this.#end}`);
  }

  /**
   * Waits until it answers.
   * @throws Error when it ends first, or takes more than a minute.
   */
  async ready(answers: () => Promise<unknown>): Promise<void> {
    const deadline = performance.now() + readyWithinMs;
    for (;;) {
      const isReady = await answers().then(
        () => true,
        () => false,
      );
      this.check();
      if (isReady) return;
      if (performance.now() > deadline) throw new Error(`${this.#name} did not answer within ${readyWithinMs} ms`);
      await delay(readyPollMs);
    }
  }

  /** CPU seconds that the process has used up to now; undefined where the system does not show them as Linux does. */
  cpuSeconds(): number | undefined {
    let stat: string;
    try {
      stat = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8');
    } catch {
      return undefined;
    }
    // Behind the name in parentheses, which may hold spaces: utime and stime are the 14th and 15th field (proc_pid_stat(5)).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  }

  /** Asks the process to end, and kills it when it does not. */
  async stop(): Promise<void> {
    if (this.#end !== undefined) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), stopWithinMs);
    await ended;
    clearTimeout(timer);
  }
}

/**
 * Asks a server for JSON.
 * @throws Error with what it said, where that is not 2xx.
 */
export async function askJson<Answer>(url: string, request: RequestInit = {}): Promise<Answer> {
  const headers = { 'content-type': 'application/json', connection: 'close' };
  const response = await fetch(url, { headers, ...request });
  const text = await response.text();
  if (!response.ok) throw new Error(`${request.method ?? 'GET'} ${url} was answered with ${response.status}: ${text}`);
  return JSON.parse(text === '' ? 'null' : text);
}
