import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import {
  Counter,
  createBackoff,
  delay,
  takeSnapshot,
  type Component,
  type Logger,
  type Registry,
} from '@daybook/runtime';
import { isWorkerMessage, outcomeOf, type ParentMessage, type WorkerMessage } from './message.ts';
import { MetricsRound } from './metrics-round.ts';
import { workerVariables } from './parent-link.ts';

const restartMs = { baseMs: 100, maxMs: 5_000 };
/** A worker that lived for so long did not fail at its start, so the next one is not made to wait for it. */
const livedLongEnoughMs = 30_000;

interface WorkersOptions {
  readonly count: number;
  readonly logger: Logger;
  /** What the parent counts and uses itself. */
  readonly registry: Registry;
}

interface WorkerEnd {
  readonly exitCode?: number;
  readonly signal?: string;
  /** It could not be started at all. */
  readonly err?: Error;
}

interface RunningWorker {
  readonly worker: Worker;
  readonly ended: Promise<WorkerEnd>;
  listens: boolean;
  serves: boolean;
}

/**
 * The workers of a parent, each of which runs this program again with the same command line. The first does all that a single process
 * does; the others begin when it serves. One that ends unasked is started again, after 5 s at most.
 */
export class Workers implements Component {
  readonly name = 'workers';
  readonly #options: WorkersOptions;
  readonly #endings: Counter;
  readonly #running = new Map<number, RunningWorker>();
  readonly #firstServes = Promise.withResolvers<undefined>();
  /** Workers that neither serve nor have ended since the start of the parent. */
  readonly #untried: Set<number>;
  #round: MetricsRound | undefined;
  #roundId = 0;

  constructor(options: WorkersOptions) {
    this.#options = options;
    this.#untried = new Set(Array.from({ length: options.count }, (_, index) => index + 1));
    this.#endings = new Counter({
      name: 'daybook_ledger_worker_endings_total',
      help: 'Workers that ended although nobody had told the service to stop.',
      registers: [options.registry],
    });
  }

  /** @throws Error when the first worker ends before it serves: what keeps it from that would keep the others too. */
  async start(stopping: AbortSignal): Promise<void> {
    // Figures such as the lag of an idle event loop are NaN, which JSON does not have.
    cluster.setupPrimary({ serialization: 'advanced' });
    const first = this.#fork(1);
    const end = await Promise.race([this.#firstServes.promise, first.ended, aborted(stopping)]);
    if (stopping.aborted) return;
    if (end !== undefined) throw new Error(`worker 1 ended before it served: ${textOf(end)}`);
    void this.#keep(1, { running: first, stopping });
    for (let number = 2; number <= this.#options.count; number += 1) {
      void this.#keep(number, { running: this.#fork(number), stopping });
    }
  }

  /** @throws Error when a worker did not end in order. */
  async stop(deadline: AbortSignal): Promise<void> {
    const ends = [...this.#running].map(async ([number, { worker, ended }]) => {
      // Not a signal: one that is sent to the whole group of processes reaches workers too, and a second would cut their stop short.
      send(worker, { kind: 'stop' });
      deadline.addEventListener('abort', () => worker.process.kill('SIGKILL'), { once: true });
      return { number, end: await ended };
    });
    const failed = (await Promise.all(ends)).filter(({ end }) => end.exitCode !== 0);
    if (failed.length === 0) return;
    throw new Error(failed.map(({ number, end }) => `worker ${number} ended with ${textOf(end)}`).join(', '));
  }

  /** Starts a worker again whenever it ends, until the stop. */
  async #keep(
    number: number,
    { running, stopping }: { running: RunningWorker; readonly stopping: AbortSignal },
  ): Promise<void> {
    const { logger } = this.#options;
    const backoff = createBackoff(restartMs);
    for (let kept = running; ; kept = this.#fork(number)) {
      const startedAt = performance.now();
      const end = await kept.ended;
      if (stopping.aborted) return;
      if (performance.now() - startedAt > livedLongEnoughMs) backoff.reset();
      const delayMs = backoff.next();
      this.#endings.inc();
      logger.error({ worker: number, ...end, attempt: backoff.attempts, delayMs }, 'worker ended, starting it again');
      await delay(delayMs, stopping);
      if (stopping.aborted) return;
    }
  }

  #fork(number: number): RunningWorker {
    const isFirst = ![...this.#running.values()].some(({ listens }) => listens);
    const worker = cluster.fork({
      [workerVariables.number]: String(number),
      [workerVariables.isFirst]: String(isFirst),
    });
    const ended = endOf(worker).finally(() => {
      this.#running.delete(number);
      this.#round?.leave(number);
      this.#tried(number);
    });
    const running = { worker, ended, listens: isFirst, serves: false };
    this.#running.set(number, running);
    worker.on('message', (message: unknown) => {
      if (isWorkerMessage(message)) this.#take(message, { number, running });
    });
    return running;
  }

  #take(message: WorkerMessage, { number, running }: { readonly number: number; readonly running: RunningWorker }) {
    switch (message.kind) {
      case 'serving':
        running.listens = true;
        running.serves = true;
        this.#tried(number);
        this.#firstServes.resolve(undefined);
        break;
      case 'page-wanted':
        void this.#answerPage(running.worker, message.id);
        break;
      case 'snapshot':
        if (message.id === this.#roundId) this.#round?.answer(number, message.outcome);
        break;
    }
  }

  #tried(number: number): void {
    this.#untried.delete(number);
    if (this.#untried.size > 0) return;
    for (const { worker, serves } of this.#running.values()) if (serves) send(worker, { kind: 'others-started' });
  }

  async #answerPage(worker: Worker, id: number): Promise<void> {
    // Those who ask while a round is under way share it, so that there is never more than one.
    this.#round ??= this.#beginRound();
    const { page } = this.#round;
    send(worker, { kind: 'page', id, outcome: await outcomeOf(async () => await page) });
  }

  #beginRound(): MetricsRound {
    const id = (this.#roundId += 1);
    const { logger, registry } = this.#options;
    const round = new MetricsRound({
      workers: [...this.#running.keys()],
      ask: (number) => {
        const worker = this.#running.get(number)?.worker;
        if (worker !== undefined) send(worker, { kind: 'snapshot-wanted', id });
      },
      own: async () => await takeSnapshot(registry),
      onSilent: (workers) => logger.warn({ workers }, 'workers do not answer, their metrics are left out'),
    });
    const end = () => (this.#round = undefined);
    round.page.then(end, end);
    return round;
  }
}

function send(worker: Worker, message: ParentMessage): void {
  // A worker may have just ended, which is seen elsewhere.
  if (worker.isConnected()) worker.process.send?.(message, undefined, undefined, () => undefined);
}

async function endOf(worker: Worker): Promise<WorkerEnd> {
  return await new Promise((resolve) => {
    worker.once('exit', (exitCode: number | null, signal: string | null) =>
      resolve({ ...(exitCode !== null && { exitCode }), ...(signal !== null && { signal }) }),
    );
    // A process that could not be made has no exit. Of one that was, an error only says that a message could not be sent.
    worker.on('error', (err: Error) => {
      if (worker.process.pid === undefined) resolve({ err });
    });
  });
}

function textOf({ exitCode, signal, err }: WorkerEnd): string {
  return err?.message ?? signal ?? `exit code ${exitCode}`;
}

async function aborted(signal: AbortSignal): Promise<undefined> {
  if (!signal.aborted) await once(signal, 'abort');
}
