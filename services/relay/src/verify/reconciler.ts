import { Counter, Gauge, type Component, type Logger, type Registry } from '@daybook/runtime';
import { Outage } from '../outage.ts';
import { faultKinds, type FaultKind } from './findings.ts';
import { SightingsFullError } from './sightings.ts';
import { VerificationError, type Verification } from './verification.ts';

interface ReconcilerOptions {
  readonly intervalMs: number;
  /** A comparison that nothing was read for yet. */
  readonly open: () => Verification;
  /** Whether it is for this relay to do, of all that live. */
  readonly isChosen: () => boolean;
  /** The first comparison goes back to the beginning of the topics if they hold no more records than this. */
  readonly historyRecordsMax: number;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly delay: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Compares what is new in the topics and in the outbox, again and again, and tells metrics and log. One of the living relays does it. It
 * never touches what is published.
 */
export class Reconciler implements Component {
  readonly name = 'reconciler';
  readonly #options: ReconcilerOptions;
  readonly #outage: Outage;
  readonly #metrics: ReconcilerMetrics;
  readonly #stopping = new AbortController();
  #verification: Verification | undefined;
  #isAfresh = false;
  readonly #counted = new Map<FaultKind, number>();
  #running: Promise<void> = Promise.resolve();

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    this.#outage = new Outage(options.logger, 'verification');
    this.#metrics = reconcilerMetrics(options.registry);
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  /** One comparison with what is new. Never rejects. */
  async pass(): Promise<void> {
    if (!this.#options.isChosen()) {
      this.#forget();
      return;
    }
    const { logger } = this.#options;
    const startedAtMs = performance.now();
    try {
      this.#verification ??= await this.#begin();
      await this.#verification.advance(this.#stopping.signal);
      this.#tell(this.#verification);
      this.#verification.match.forgetVerified();
      this.#outage.recovered();
      this.#metrics.duration.set((performance.now() - startedAtMs) / 1_000);
      this.#metrics.lastSuccess.setToCurrentTime();
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      if (error instanceof VerificationError || error instanceof SightingsFullError) {
        logger.warn({ err: error }, 'verification begins anew with what comes from now on');
        this.#forget();
        this.#isAfresh = true;
      } else this.#outage.failed(error, 'unanswered', 'publishing does not depend on it; it goes on where it was');
    }
  }

  async #run(): Promise<void> {
    const { intervalMs, delay } = this.#options;
    for (;;) {
      await delay(intervalMs, this.#stopping.signal);
      if (this.#stopping.signal.aborted) return;
      await this.pass();
    }
  }

  /** From the beginning where that is little, else from now on: a long history is for the command to look into. */
  async #begin(): Promise<Verification> {
    const { open, historyRecordsMax, logger } = this.#options;
    const verification = open();
    const records = this.#isAfresh ? Infinity : await verification.pendingRecords();
    const isWhole = records <= historyRecordsMax;
    if (!isWhole) await verification.startAtPresent();
    this.#isAfresh = false;
    logger.info({ from: isWhole ? 'the beginning' : 'now on' }, 'verification starts');
    return verification;
  }

  #tell({ match }: Verification): void {
    const { logger } = this.#options;
    this.#metrics.verified.reset();
    for (const [lane, seq] of match.verifiedByLane) this.#metrics.verified.set({ lane }, seq);
    for (const kind of faultKinds) {
      const { count, examples } = match.findings.faults[kind];
      const before = this.#counted.get(kind) ?? 0;
      if (count <= before) continue;
      this.#counted.set(kind, count);
      this.#metrics.faults.inc({ kind }, count - before);
      const fields = { kind, count: count - before, sum: count, example: examples.at(-1) };
      logger.error(fields, 'verification found a fault, run "relay verify"');
    }
  }

  #forget(): void {
    this.#verification = undefined;
    this.#counted.clear();
    this.#metrics.verified.reset();
  }
}

type ReconcilerMetrics = ReturnType<typeof reconcilerMetrics>;

function reconcilerMetrics(registry: Registry) {
  const registers = [registry];
  const faults = new Counter({
    name: 'daybook_relay_verify_faults_total',
    help: 'Faults that comparing topics with the outbox found.',
    labelNames: ['kind'],
    registers,
  });
  // So that the first fault is a rise, which alerts look for.
  for (const kind of faultKinds) faults.inc({ kind }, 0);
  return {
    faults,
    verified: new Gauge({
      name: 'daybook_relay_verified_sequence',
      help: 'Sequence of the lane up to which every row was found in its topic, or was left out by a rule.',
      labelNames: ['lane'],
      registers,
    }),
    lastSuccess: new Gauge({
      name: 'daybook_relay_verify_last_success_timestamp_seconds',
      help: 'When topics and outbox were last compared by this relay.',
      registers,
    }),
    duration: new Gauge({
      name: 'daybook_relay_verify_duration_seconds',
      help: 'How long the last comparison took.',
      registers,
    }),
  };
}
