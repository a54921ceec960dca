import { keptReasons, type KeptPartition, type KeptReason, type RetentionRound } from '@daybook/outbox';
import { classify, type FailureClass } from '@daybook/postgres';
import { Counter, Gauge, type Logger, type Registry } from '@daybook/runtime';

/** Partitions are of a day, so looking more often would find nothing new. */
const intervalMs = 3_600_000;

/** Where a lock was not had: soon again, but seldom enough that what waits behind a try, the making of partitions, hardly ever does. */
const intervalWhenBusyMs = 60_000;

export const ownerHint =
  'let the role of DATABASE_URL take on the role that owns the table outbox (docs/OPERATIONS.md, "Roles"), or run "relay retention" now and then as that owner';

const hints: Readonly<Partial<Record<FailureClass, string>>> = {
  denied: ownerHint,
  missing: 'the migrations have not run yet: run "ledger migrate"',
};

interface RetentionLoopOptions {
  readonly round: (signal: AbortSignal) => Promise<RetentionRound>;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly delay: (ms: number, signal: AbortSignal) => Promise<void>;
  /** From 0 to 1, so that relays that started together do not look together. */
  readonly random: () => number;
}

/**
 * Drops old partitions of the outbox, at the start and then every hour. Publishing goes on whatever becomes of it: what goes wrong is
 * said once, until something else goes wrong or nothing does.
 */
export class RetentionLoop {
  readonly #options: RetentionLoopOptions;
  readonly #droppedTotal: Counter;
  /** Made with the first count, since a gauge without one would say 0. */
  #partitions: Gauge | undefined;
  #kept: readonly KeptPartition[] = [];
  /** What was said last, so that it is not said again. */
  #said = '';

  constructor(options: RetentionLoopOptions) {
    this.#options = options;
    this.#droppedTotal = this.#addMetrics(options.registry);
  }

  /** Resolves once the signal has aborted, after the statement that is under way. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { delay, random } = this.#options;
    while (!signal.aborted) {
      const isBusy = await this.#look(signal);
      const waitMs = isBusy ? intervalWhenBusyMs : intervalMs;
      await delay(waitMs * (0.9 + 0.2 * random()), signal);
    }
  }

  /** One round; true when it should be followed by another soon. */
  async #look(signal: AbortSignal): Promise<boolean> {
    const { round, logger } = this.#options;
    try {
      const found = await round(signal);
      switch (found.kind) {
        case 'elsewhere':
          return true;
        case 'not-owner':
          this.#once(found.kind, () => {
            logger.warn({ owner: found.owner, hint: ownerHint }, 'old outbox partitions are not dropped');
          });
          return false;
        case 'done':
          this.#note(found);
          return found.kept.some(({ reason }) => reason === 'busy');
      }
    } catch (error) {
      const failure = classify(error);
      // Who publishes says that the database is away.
      if (failure === 'unreachable') return true;
      this.#once(failure, () => {
        logger.error({ err: error, hint: hints[failure] }, 'outbox retention failed, trying again');
      });
      return failure === 'missing';
    }
  }

  #note({ partitions, dropped, kept }: Extract<RetentionRound, { kind: 'done' }>): void {
    const { logger, registry } = this.#options;
    this.#partitions ??= new Gauge({
      name: 'daybook_relay_outbox_partitions',
      help: 'Partitions of the outbox when this relay last looked.',
      registers: [registry],
    });
    this.#partitions.set(partitions);
    this.#kept = kept;
    this.#droppedTotal.inc(dropped.length);
    for (const { name, from, to } of dropped) logger.info({ partition: name, from, to }, 'outbox partition dropped');
    const lines = kept.map(({ name, reason }) => `${name}: ${reason}`);
    this.#once(lines.join(', '), () => {
      if (kept.length === 0) return;
      const fields = { count: kept.length, partitions: lines.slice(0, 20) };
      // Rows that nobody has published were in a partition that all positions had passed.
      if (kept.some(({ reason }) => reason === 'put-back')) logger.error(fields, 'old outbox partitions kept');
      else logger.warn(fields, 'old outbox partitions kept');
    });
  }

  #once(what: string, say: () => void): void {
    if (what === this.#said) return;
    this.#said = what;
    say();
  }

  #addMetrics(registry: Registry): Counter {
    const registers = [registry];
    const keptFor = (reason: KeptReason) => this.#kept.filter((partition) => partition.reason === reason).length;
    const kept: Gauge<'reason'> = new Gauge({
      name: 'daybook_relay_outbox_partitions_kept',
      help: 'Partitions older than retention that are still there, by why: unpublished, held, parked, replay, busy or put-back.',
      labelNames: ['reason'],
      registers,
      collect() {
        for (const reason of keptReasons) kept.set({ reason }, keptFor(reason));
      },
    });
    return new Counter({
      name: 'daybook_relay_outbox_partitions_dropped_total',
      help: 'Partitions of the outbox that this relay dropped.',
      registers,
    });
  }
}
