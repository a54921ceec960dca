import cluster from 'node:cluster';
import { readEnvironment } from '@daybook/config';
import { createRegistry, takeSnapshot, type Registry } from '@daybook/runtime';
import { isParentMessage, outcomeOf, type Outcome, type ParentMessage, type WorkerMessage } from './message.ts';

/** How a parent tells a worker its number, and whether it is the first. */
export const workerVariables = { number: 'DAYBOOK_WORKER', isFirst: 'DAYBOOK_WORKER_IS_FIRST' } as const;

/** Longer than the parent waits for the workers that it asks. */
const pageWithinMs = 4_000;

/** A worker's end of the channel to its parent. Node ends the worker when the parent has gone. */
export class ParentLink {
  readonly worker = Number(readEnvironment(workerVariables.number));
  /** Whether no other worker listens: then this one does so before it has its database, and migrates where that is asked for. */
  readonly isFirst = readEnvironment(workerVariables.isFirst) === 'true';
  /** Shows the metrics of all processes. */
  readonly registry: Registry;
  readonly #pages = new Map<number, (outcome: Outcome<string>) => void>();
  readonly #stop = new AbortController();
  #othersStarted = false;
  #lastId = 0;

  private constructor() {
    this.registry = createRegistry('ledger', {
      labels: { worker: String(this.worker) },
      page: async () => await this.#askPage(),
    });
    process.on('message', (message: unknown) => {
      if (isParentMessage(message)) void this.#take(message);
    });
  }

  /** Undefined unless this process is a worker. */
  static open(): ParentLink | undefined {
    return cluster.isWorker ? new ParentLink() : undefined;
  }

  /** Aborts when the parent wants this worker to stop. */
  get stopping(): AbortSignal {
    return this.#stop.signal;
  }

  /**
   * A check of readiness. Connections stay with the worker that took them, so if a balancer sent its own to the first worker
   * while it is the only one, the others would have none.
   */
  checkOthers(): void {
    if (!this.#othersStarted) throw new Error('other workers are starting');
  }

  /** Tells the parent that this worker listens and can write. */
  serving(): void {
    this.#send({ kind: 'serving' });
  }

  async #take(message: ParentMessage): Promise<void> {
    switch (message.kind) {
      case 'stop':
        this.#stop.abort();
        break;
      case 'others-started':
        this.#othersStarted = true;
        break;
      case 'snapshot-wanted':
        this.#send({
          kind: 'snapshot',
          id: message.id,
          outcome: await outcomeOf(async () => await takeSnapshot(this.registry)),
        });
        break;
      case 'page':
        this.#pages.get(message.id)?.(message.outcome);
        break;
    }
  }

  async #askPage(): Promise<string> {
    const id = (this.#lastId += 1);
    const answer = Promise.withResolvers<Outcome<string>>();
    const timer = setTimeout(() => answer.resolve({ failure: 'the parent process does not answer' }), pageWithinMs);
    this.#pages.set(id, answer.resolve);
    this.#send({ kind: 'page-wanted', id });
    const outcome = await answer.promise;
    clearTimeout(timer);
    this.#pages.delete(id);
    if ('failure' in outcome) throw new Error(outcome.failure);
    return outcome.value;
  }

  #send(message: WorkerMessage): void {
    // Without a listener, a channel that has just closed would be an error that nobody handles.
    process.send?.(message, undefined, undefined, () => undefined);
  }
}
