import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { environment } from './environment.ts';
import type { Guard } from './guard.ts';
import type { ProcessPlan } from './process-plan.ts';
import { signalProcess } from './signal-process.ts';

const readyPollMs = 20;
const retryDelayMs = 100;
const killedWithinMs = 2_000;
const tailLines = 20;

/** How a process ended. */
export interface ProcessExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** One running process of a plan, from its start to its end; a restart makes another. */
export class RunningProcess {
  readonly plan: ProcessPlan;
  readonly pid: number;
  readonly exited: Promise<ProcessExit>;
  readonly #child: ChildProcess;

  private constructor(plan: ProcessPlan, child: ChildProcess, pid: number, guard: Guard | undefined) {
    this.plan = plan;
    this.pid = pid;
    this.#child = child;
    const { promise, resolve } = Promise.withResolvers<ProcessExit>();
    child.once('exit', (code, signal) => {
      guard?.forget(pid);
      resolve({ code, signal });
    });
    this.exited = promise;
  }

  /**
   * Starts the process in a group of its own, so that a Ctrl-C at the terminal reaches the supervisor alone, which then
   * ends everything in order.
   * @throws Error when the command cannot be run at all.
   */
  static async start(plan: ProcessPlan, guard?: Guard): Promise<RunningProcess> {
    await plan.beforeStart?.();
    const log = openSync(plan.logFile, 'a', 0o600);
    const child = spawn(plan.command, plan.args, {
      cwd: plan.cwd,
      env: environment(plan.env),
      detached: true,
      stdio: ['ignore', log, log],
      ...plan.owner,
    });
    closeSync(log);
    if (child.pid !== undefined) {
      guard?.watch(child.pid, plan.stopSignal);
      return new RunningProcess(plan, child, child.pid, guard);
    }
    const { promise, resolve } = Promise.withResolvers<Error>();
    child.once('error', resolve);
    throw new Error(`Cannot run ${plan.name}: ${plan.command}`, { cause: await promise });
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /**
   * Starts the process and waits until it is ready. One that ends while starting is started again for the plan's
   * `retryStartForMs`, or `retryForMs` when that is longer.
   */
  static async startReady(
    plan: ProcessPlan,
    { guard, signal, retryForMs = 0 }: { guard?: Guard; signal?: AbortSignal | undefined; retryForMs?: number },
  ): Promise<RunningProcess> {
    const deadline = performance.now() + Math.max(retryForMs, plan.retryStartForMs ?? 0);
    for (;;) {
      const running = await RunningProcess.start(plan, guard);
      try {
        await running.ready(signal);
        return running;
      } catch (error) {
        const ended = !running.isRunning;
        await running.stop();
        if (!ended || performance.now() > deadline) {
          throw error;
        }
        await delay(retryDelayMs);
      }
    }
  }

  /** @throws Error with the tail of the log when the process ends, or its time is up, before it is ready. */
  async ready(signal?: AbortSignal): Promise<void> {
    const deadline = performance.now() + this.plan.readyWithinMs;
    while (!(await this.plan.isReady(this.pid))) {
      signal?.throwIfAborted();
      if (!this.isRunning) {
        const { code, signal: by } = await this.exited;
        throw new Error(
          `${this.plan.name} ended while starting (${by ?? `exit code ${code}`}).\n${await this.#logTail()}`,
        );
      }
      if (performance.now() > deadline) {
        throw new Error(
          `${this.plan.name} was not ready after ${this.plan.readyWithinMs / 1_000} s.\n${await this.#logTail()}`,
        );
      }
      await delay(readyPollMs);
    }
  }

  /** Sends a signal to the process itself, not to its group. */
  signal(signal: NodeJS.Signals): void {
    if (this.isRunning) {
      signalProcess(this.pid, signal);
    }
  }

  /** Asks the process to end, and kills it when it has not after `stopWithinMs`. */
  async stop(): Promise<void> {
    this.signal(this.plan.stopSignal);
    this.signal('SIGCONT');
    if (!(await this.#gone(this.plan.stopWithinMs))) {
      await this.kill();
    }
  }

  /** Ends the process and its group at once, as a crash would, leaving its locks where they are. */
  async kill(): Promise<void> {
    if (this.isRunning) {
      signalProcess(this.pid, 'SIGKILL', { group: true });
    }
    if (!(await this.#gone(killedWithinMs))) {
      throw new Error(`${this.plan.name} (process ${this.pid}) did not end within ${killedWithinMs} ms of SIGKILL.`);
    }
  }

  async #gone(withinMs: number): Promise<boolean> {
    const timer = new AbortController();
    const timeUp = delay(withinMs, false, { signal: timer.signal }).catch(() => false);
    const gone = await Promise.race([this.exited.then(() => true), timeUp]);
    timer.abort();
    return gone;
  }

  async #logTail(): Promise<string> {
    const text = await readFile(this.plan.logFile, 'utf8').catch(() => '');
    const lines = text.trimEnd().split('\n').slice(-tailLines);
    return `The end of ${this.plan.logFile}:\n${lines.map((line) => `  ${line}`).join('\n')}`;
  }
}
