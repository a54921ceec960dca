import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Guard } from './guard.ts';
import type { ProcessPlan } from './process-plan.ts';
import { RunningProcess } from './running-process.ts';

// A process that dies is back within a second; one that dies at once, again and again, costs one start a second.
const restartDelayMs = 100;
const crashLoopDelayMs = 800;
const livedLongEnoughMs = 5_000;
const restartedWithinMs = 30_000;
const readyPollMs = 20;
const endingSignals = new Set<NodeJS.Signals>(['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGABRT']);

export interface SupervisedProcessOptions {
  guard: Guard;
  /** Whether a process that dies is started again. */
  restart: boolean;
  /** `pid` shows another value. */
  onPid: () => void;
  report: (line: string) => void;
}

/** One place of the stack, which holds one process of its plan after the other. */
export class SupervisedProcess {
  readonly plan: ProcessPlan;
  readonly #options: SupervisedProcessOptions;
  #running: RunningProcess | undefined;
  /** Ends with `stop()`; while it lasts, the process is kept running. */
  #life = new AbortController();
  #startedAt = 0;
  #holdsLocks = false;

  constructor(plan: ProcessPlan, options: SupervisedProcessOptions) {
    this.plan = plan;
    this.#options = options;
    this.#life.abort();
  }

  /** The process that runs now. */
  get pid(): number | undefined {
    return this.#running?.isRunning === true ? this.#running.pid : undefined;
  }

  /**
   * Starts the process, waits until it is ready, and from then on keeps it running. Unlike a later restart, a failed start
   * is final; with `retryForMs` it may be tried again for so long.
   */
  async start({ signal, retryForMs }: { signal?: AbortSignal | undefined; retryForMs?: number } = {}): Promise<void> {
    const life = new AbortController();
    this.#life = life;
    this.#startedAt = performance.now();
    const running = await RunningProcess.startReady(this.plan, {
      guard: this.#options.guard,
      signal: AbortSignal.any([life.signal, ...(signal === undefined ? [] : [signal])]),
      retryForMs: retryForMs ?? 0,
    });
    // Being ready proves that the locks are its own, and not those of another stack on the same data.
    this.#holdsLocks = true;
    for (const lockFile of this.plan.lockFiles) {
      this.#options.guard.remove(lockFile);
    }
    this.#adopt(running);
    void this.#keepRunning(running, life.signal);
  }

  /** Waits until the process that runs, or the next one, is ready. */
  async ready(): Promise<void> {
    const deadline = performance.now() + restartedWithinMs;
    while (this.#running?.isRunning !== true || !(await this.plan.isReady(this.#running.pid))) {
      if (performance.now() > deadline) {
        throw new Error(`${this.plan.name} was not ready within ${restartedWithinMs / 1_000} s.`);
      }
      await delay(readyPollMs);
    }
  }

  /** Brings a process back that was stopped, or that died and was left down, and waits until it is ready. */
  async restart(): Promise<void> {
    if (this.pid === undefined && (this.#life.signal.aborted || !this.#options.restart)) {
      await this.start({ retryForMs: restartedWithinMs });
    } else {
      await this.ready();
    }
  }

  /**
   * Sends a signal to the process that runs.
   * @returns when that process has ended, for a signal that ends it.
   */
  async kill(signal: NodeJS.Signals): Promise<void> {
    const running = this.#running;
    if (running?.isRunning !== true) {
      throw new Error(`${this.plan.name} does not run, so it cannot take ${signal}.`);
    }
    running.signal(signal);
    if (endingSignals.has(signal)) {
      await running.exited;
    }
  }

  /** Ends the process for good, until `restart`. */
  async stop(): Promise<void> {
    this.#life.abort();
    await this.#running?.stop();
    if (this.#holdsLocks) {
      for (const lockFile of this.plan.lockFiles) {
        rmSync(lockFile, { force: true });
        this.#options.guard.keep(lockFile);
      }
    }
    this.#options.onPid();
  }

  #adopt(running: RunningProcess): void {
    this.#running = running;
    this.#options.onPid();
  }

  async #keepRunning(first: RunningProcess, life: AbortSignal): Promise<void> {
    let running: RunningProcess | undefined = first;
    while (running !== undefined) {
      const { code, signal } = await running.exited;
      if (life.aborted) {
        return;
      }
      this.#options.onPid();
      const restart = this.#options.restart;
      this.#options.report(
        `${this.plan.name} ended (${signal ?? `exit code ${code}`}); ${restart ? 'starting it again' : 'it stays down'}.`,
      );
      running = restart ? await this.#startAgain(life) : undefined;
    }
  }

  async #startAgain(life: AbortSignal): Promise<RunningProcess | undefined> {
    for (;;) {
      await delay(performance.now() - this.#startedAt > livedLongEnoughMs ? restartDelayMs : crashLoopDelayMs);
      if (life.aborted) {
        return undefined;
      }
      this.#startedAt = performance.now();
      try {
        const running = await RunningProcess.start(this.plan, this.#options.guard);
        if (life.aborted) {
          await running.stop();
          return undefined;
        }
        this.#adopt(running);
        return running;
      } catch (error) {
        this.#options.report(`${this.plan.name} could not be started: ${String(error)}`);
      }
    }
  }
}
