import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './service.ts';
import type { Stops } from './stops.ts';

const readyWithinMs = 60_000;
const readyPollMs = 50;
const stopWithinMs = 15_000;

interface Stats {
  readonly transactions: number;
  readonly accounts: number;
}

/** A Formance Ledger v1 as a process, with its defaults but for its telemetry, which would look for the network. It publishes no events. */
export class FormanceLedger {
  readonly url: string;
  readonly #child: ChildProcess;
  /** Why it is gone. */
  #end: string | undefined;

  private constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.#child = child;
    child.once('exit', (code, signal) => (this.#end ??= signal ?? `exit code ${code}`));
    child.once('error', (error) => (this.#end ??= error.message));
  }

  /**
   * Starts it on a database, which it migrates by itself, and waits until it answers.
   * @param program the path of its binary.
   */
  static async start(program: string, databaseUrl: string, stops: Stops): Promise<FormanceLedger> {
    const bind = `127.0.0.1:${await freePort()}`;
    const child = spawn(program, ['server', 'start'], {
      env: {
        NUMARY_STORAGE_DRIVER: 'postgres',
        NUMARY_STORAGE_POSTGRES_CONN_STRING: databaseUrl,
        NUMARY_SERVER_HTTP_BIND_ADDRESS: bind,
        NUMARY_TELEMETRY_ENABLED: 'false',
        GIN_MODE: 'release',
      },
      stdio: ['ignore', 'ignore', 2],
    });
    const ledger = new FormanceLedger(`http://${bind}`, child);
    stops.add(async () => ledger.stop());
    const deadline = performance.now() + readyWithinMs;
    while (!(await ledger.#answers())) {
      ledger.check();
      if (performance.now() > deadline) throw new Error(`${program} did not answer within ${readyWithinMs} ms`);
      await delay(readyPollMs);
    }
    return ledger;
  }

  /** @throws Error when the process has ended. */
  check(): void {
    if (this.#end !== undefined) throw new Error(`Formance Ledger ended: ${this.#end}`);
  }

  /** What it says of itself. */
  async version(): Promise<string> {
    const { version } = await this.#ask<{ version: string }>('_info');
    return version;
  }

  /** How many transactions and accounts it says that a ledger has. */
  async stats(ledger: string): Promise<Stats> {
    return this.#ask<Stats>(`${ledger}/stats`);
  }

  async stop(): Promise<void> {
    if (this.#end !== undefined) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), stopWithinMs);
    await ended;
    clearTimeout(timer);
  }

  async #ask<Data>(path: string): Promise<Data> {
    const response = await fetch(`${this.url}/${path}`, { headers: { connection: 'close' } });
    const text = await response.text();
    if (!response.ok) throw new Error(`Formance Ledger answered /${path} with ${response.status}: ${text}`);
    const { data }: { data: Data } = JSON.parse(text);
    return data;
  }

  async #answers(): Promise<boolean> {
    return this.#ask('_info').then(
      () => true,
      () => false,
    );
  }
}
