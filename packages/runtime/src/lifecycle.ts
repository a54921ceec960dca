import type { EventEmitter } from 'node:events';
import type { Logger } from './logger.ts';

/** A part of the process that is started once and stopped once. */
export interface Component {
  readonly name: string;
  /** Resolves when the part works, or will heal by itself. The signal aborts when the process is told to stop meanwhile. */
  start?(stopping: AbortSignal): Promise<void> | void;
  /** Finishes what is in flight. The signal aborts at the deadline, when whatever is left should be cut off. */
  stop?(deadline: AbortSignal): Promise<void> | void;
}

interface LifecycleOptions {
  readonly logger: Logger;
  /** For the stop of all components together. */
  readonly shutdownTimeoutMs: number;
  /** Emits SIGTERM, SIGINT, uncaughtException and unhandledRejection: the process, but in tests. */
  readonly events?: EventEmitter;
}

const signalExitCodes = { SIGTERM: 143, SIGINT: 130 } as const;

/**
 * Starts components in the order given, waits until a signal, a defect or `stop` ends the run, and stops in reverse order those that had
 * started, under one deadline. It never exits the process: `main` does, with the code that `run` resolves to, and must call
 * `process.exit`, since after a deadline or a second signal something still hangs.
 *
 * Exit codes: 0 after SIGTERM, SIGINT or `stop`; 1 after a defect, a failed start or stop, or a missed deadline; 143 or 130 when a second
 * SIGTERM or SIGINT cut the stop short.
 */
export class Lifecycle {
  readonly #logger: Logger;
  readonly #shutdownTimeoutMs: number;
  readonly #events: EventEmitter;
  readonly #components: Component[] = [];
  readonly #stopping = new AbortController();
  readonly #stopRequested = Promise.withResolvers<void>();
  readonly #endedAtOnce = Promise.withResolvers<number>();
  /** The component that is being started or stopped, to be named when it hangs. */
  #current: string | undefined;
  #exitCode = 0;
  #isRunning = false;

  constructor(options: LifecycleOptions) {
    this.#logger = options.logger;
    this.#shutdownTimeoutMs = options.shutdownTimeoutMs;
    this.#events = options.events ?? process;
  }

  /** Aborts when the stop begins. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Adds a component behind those already added. To be called before `run`. */
  add(component: Component): this {
    if (this.#isRunning) throw new Error(`${component.name} was added to a lifecycle that already runs`);
    this.#components.push(component);
    return this;
  }

  /** Begins an orderly stop. Has no effect once one is under way. */
  stop(reason: string): void {
    if (this.#stopping.signal.aborted) return;
    this.#logger.info({ reason }, 'stopping');
    this.#stopping.abort();
    this.#stopRequested.resolve();
  }

  /** Reports a defect: the process stops in order and exits with 1. */
  fail(error: unknown): void {
    this.#logger.fatal({ err: error }, 'defect');
    this.#exitCode = 1;
    this.stop('defect');
  }

  /** Runs until told to stop; resolves to the exit code. Can be called once. */
  async run(): Promise<number> {
    if (this.#isRunning) throw new Error('a lifecycle runs once');
    this.#isRunning = true;
    const unlisten = this.#listen();
    try {
      return await Promise.race([this.#runToEnd(), this.#endedAtOnce.promise]);
    } finally {
      unlisten();
    }
  }

  async #runToEnd(): Promise<number> {
    const started: Component[] = [];
    const starting = this.#startAll(started);
    await this.#stopRequested.promise;
    await this.#stopAll(started, starting);
    this.#logger.info({ exitCode: this.#exitCode }, 'stopped');
    return this.#exitCode;
  }

  async #startAll(started: Component[]): Promise<void> {
    for (const component of this.#components) {
      if (this.#stopping.signal.aborted) return;
      this.#current = component.name;
      try {
        await component.start?.(this.#stopping.signal);
        started.push(component);
        this.#logger.debug({ component: component.name }, 'component started');
      } catch (error) {
        // A start that was told to give up may say so by throwing.
        if (!this.#stopping.signal.aborted) {
          this.#logger.fatal({ err: error, component: component.name }, 'component failed to start');
          this.#exitCode = 1;
          this.stop('failed start');
        }
        return;
      }
    }
    this.#logger.info('started');
  }

  async #stopAll(started: readonly Component[], starting: Promise<void>): Promise<void> {
    const deadline = new AbortController();
    const missed = Promise.withResolvers<'missed'>();
    const timer = setTimeout(() => {
      deadline.abort();
      missed.resolve('missed');
    }, this.#shutdownTimeoutMs);
    const stopEach = async (): Promise<'done'> => {
      await starting;
      for (const component of started.toReversed()) {
        this.#current = component.name;
        try {
          await component.stop?.(deadline.signal);
          this.#logger.debug({ component: component.name }, 'component stopped');
        } catch (error) {
          this.#logger.error({ err: error, component: component.name }, 'component failed to stop');
          this.#exitCode = 1;
        }
        if (deadline.signal.aborted) break;
      }
      return 'done';
    };
    const outcome = await Promise.race([stopEach(), missed.promise]);
    clearTimeout(timer);
    if (outcome === 'missed') {
      this.#logger.error(
        { component: this.#current, shutdownTimeoutMs: this.#shutdownTimeoutMs },
        'shutdown deadline missed',
      );
      this.#exitCode = 1;
    }
  }

  #listen(): () => void {
    const onSignal = (signal: keyof typeof signalExitCodes) => {
      if (this.#stopping.signal.aborted) {
        this.#logger.warn({ signal }, 'second signal, ending at once');
        this.#endedAtOnce.resolve(signalExitCodes[signal]);
      } else this.stop(signal);
    };
    const onDefect = (error: unknown) => this.fail(error);
    const events = this.#events;
    events.on('SIGTERM', onSignal).on('SIGINT', onSignal);
    events.on('uncaughtException', onDefect).on('unhandledRejection', onDefect);
    return () => {
      events.off('SIGTERM', onSignal).off('SIGINT', onSignal);
      events.off('uncaughtException', onDefect).off('unhandledRejection', onDefect);
    };
  }
}
