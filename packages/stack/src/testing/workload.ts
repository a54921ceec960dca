import { setTimeout as delay } from 'node:timers/promises';
import { writeKinds, type ReportedWrite, type WriteKind } from './auditor-writes.ts';
import { planWrite, type KnownLedger, type PlannedWrite } from './workload-plan.ts';
import { Random } from './workload-random.ts';
import { sendWrite, type Answer } from './workload-send.ts';

export interface WorkloadOptions {
  /** What is written follows from it; when it is written does not. */
  seed: number;
  /** Where ledgers listen. A retry goes to the next. */
  ledgerUrls: readonly string[];
  /** Names of ledgers to write to. */
  ledgers: readonly string[];
  /** How many clients write at once. */
  clients: number;
  /** What they write; everything by default. */
  kinds?: readonly WriteKind[];
  /** After so many writes the workload ends by itself. */
  writesMax?: number;
  /** Of all clients together; as fast as answers come without it. */
  writesPerSecondMax?: number;
  /** How long a write is tried before its outcome is given up as unknown. */
  giveUpAfterMs?: number;
}

/** What a workload has seen so far. */
export interface WorkloadCounts {
  /** Requests without an answer yet. */
  inFlight: number;
  written: number;
  refused: number;
  previewed: number;
  unknown: number;
  /** Attempts beyond the first of a write. */
  retries: number;
  /** Retries that found what an earlier attempt had written. */
  replays: number;
}

/**
 * Clients that write to ledgers without pause, all kinds of writes, and remember what they were told. A write whose answer
 * is lost, or that nobody could take, is sent again under the same idempotency key until an answer tells its outcome.
 */
export class Workload {
  /** What clients were told, in the order of the answers. */
  readonly writes: ReportedWrite[] = [];
  /** Answers that no server in order gives: a status of 500, or a body that does not fit. */
  readonly complaints: string[] = [];
  readonly counts: WorkloadCounts = {
    inFlight: 0,
    written: 0,
    refused: 0,
    previewed: 0,
    unknown: 0,
    retries: 0,
    replays: 0,
  };
  readonly #options: Required<WorkloadOptions>;
  readonly #ledgers: KnownLedger[];
  readonly #startedAtMs = performance.now();
  readonly #clients: Promise<unknown>;
  #planned = 0;
  #stopped = false;

  /** Starts writing at once. */
  constructor(options: WorkloadOptions) {
    this.#options = {
      kinds: writeKinds,
      writesMax: 1_000_000,
      writesPerSecondMax: Infinity,
      giveUpAfterMs: 90_000,
      ...options,
    };
    this.#ledgers = options.ledgers.map((name) => ({ name, txids: [], reverted: [] }));
    const random = new Random(options.seed);
    const clients = Array.from({ length: options.clients }, async (_, index) => this.#runClient(index, random.fork()));
    this.#clients = Promise.all(clients);
    // Whoever asks for the end learns of a failure; until then it must not end the process.
    this.#clients.catch(() => undefined);
  }

  /** Waits until all writes that the options allow are answered. */
  async finished(): Promise<void> {
    await this.#clients;
  }

  /** Plans no more writes and waits for the answers to those under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#clients;
  }

  /** Sends one write besides those that it plans itself, to the first of its ledgers' processes, and remembers the answer. */
  async write(planned: PlannedWrite): Promise<void> {
    await this.#perform(planned, 0);
  }

  async #runClient(index: number, random: Random): Promise<void> {
    const { writesMax, writesPerSecondMax, seed, kinds } = this.#options;
    for (let count = 0; !this.#stopped && this.#planned < writesMax; count += 1) {
      this.#planned += 1;
      const dueAtMs = this.#startedAtMs + (this.#planned / writesPerSecondMax) * 1_000;
      const earlyMs = dueAtMs - performance.now();
      if (earlyMs > 0) {
        await delay(earlyMs);
      }
      const planned = planWrite(this.#pickLedger(random), { name: `${seed}-${index}-${count}`, kinds, random });
      await this.#perform(planned, index + count);
    }
  }

  /** One ledger takes a third of all writes, as it is in life. */
  #pickLedger(random: Random): KnownLedger {
    const [hot] = this.#ledgers;
    return hot !== undefined && random.chance(0.3) ? hot : random.pick(this.#ledgers);
  }

  async #perform(planned: PlannedWrite, turn: number): Promise<void> {
    const { ledgerUrls, giveUpAfterMs } = this.#options;
    this.counts.inFlight += 1;
    const answer = await sendWrite(planned, {
      urls: ledgerUrls,
      turn,
      giveUpAfterMs,
      onRetry: () => {
        this.counts.retries += 1;
      },
    });
    this.counts.inFlight -= 1;
    this.counts[answer.outcome] += 1;
    this.counts.replays += answer.isReplay ? 1 : 0;
    this.complaints.push(...answer.complaints);
    this.#remember(planned, answer);
  }

  #remember({ kind, ledger: name, mark, path, overdrafts, script }: PlannedWrite, { outcome, txids }: Answer): void {
    this.writes.push({
      kind,
      ledger: name,
      mark,
      outcome,
      txids,
      ...(overdrafts && { overdrafts }),
      ...(script && { script }),
    });
    const ledger = this.#ledgers.find((each) => each.name === name);
    if (outcome !== 'written' || ledger === undefined) {
      return;
    }
    ledger.txids.push(...txids);
    if (kind === 'revert') {
      ledger.reverted.push(Number(path.split('/')[3]));
    }
  }
}
