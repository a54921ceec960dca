import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Stops } from './stops.ts';

const endWithParent = new URL('processes/end-with-parent.ts', import.meta.url).href;
const stopWithinMs = 15_000;
/** As in the images: no contender has it harder, and no load generator is slower, for where Node's code lies. */
const largePages = '--use-largepages=silent';

interface ChildProcessOptions {
  readonly args?: readonly string[];
  /** What Node itself is started with. */
  readonly nodeArguments?: readonly string[];
  /** All of its environment: nothing that the caller's shell holds may change a figure. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A Node process of a benchmark. It ends with the benchmark, and what it prints goes to standard error. */
export class BenchmarkProcess {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<string>;

  /** @param main the process's main module, from the root of the repository. */
  constructor(main: string, { args = [], nodeArguments = [], env = {} }: ChildProcessOptions = {}) {
    this.#name = main;
    this.#child = fork(fileURLToPath(new URL(`../${main}`, import.meta.url)), args, {
      execArgv: ['--import', endWithParent, largePages, ...nodeArguments],
      env,
      stdio: ['ignore', 2, 2, 'ipc'],
    });
    const { promise, resolve } = Promise.withResolvers<string>();
    this.#child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
    this.#child.once('error', (error) => resolve(error.message));
    this.#ended = promise;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Hands the process its plan; see `receivePlan`. */
  send(plan: object): void {
    this.#child.send(JSON.stringify(plan));
  }

  /**
   * The next thing that the process reports.
   * @throws Error when it ends first.
   */
  async report<Report>(): Promise<Report> {
    const reported = Promise.withResolvers<Report>();
    const take = (text: unknown) => reported.resolve(JSON.parse(String(text)));
    this.#child.once('message', take);
    try {
      return await Promise.race([
        reported.promise,
        this.#ended.then((end) => {
          throw new Error(`${this.#name} ended before it reported (${end})`);
        }),
      ]);
    } finally {
      this.#child.off('message', take);
    }
  }

  /** How the process ends: its exit code or signal, as text. */
  async ended(): Promise<string> {
    return this.#ended;
  }

  /** Ends the process at once. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  /** Asks the process to end, and kills it when it does not. */
  async stop(): Promise<void> {
    if (!this.isRunning) return;
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), stopWithinMs);
    await this.#ended;
    clearTimeout(timer);
  }
}

/** Starts a process on one plan, and gives what it reports. */
export async function runPlan<Report>(main: string, plan: object, stops: Stops): Promise<Report> {
  const child = new BenchmarkProcess(main);
  const stop = stops.add(async () => child.stop());
  child.send(plan);
  const report = await child.report<Report>();
  await stop();
  return report;
}
