import { Doorbell, lagOf, laneIds, makePartitions, type LaneLag } from '@daybook/outbox';
import { createPool, type Pool } from '@daybook/postgres';
import type { Command } from '../command/command.ts';
import type { ExecutionSettings } from './batch.ts';
import { DatabaseClock } from './database-clock.ts';
import { LagGate } from './lag-gate.ts';
import { LaneGroupWriter, type GroupSurroundings } from './lane-group-writer.ts';
import { laneOf, LedgerDirectory } from './ledger-directory.ts';
import type { QueuedCommand } from './queued-command.ts';
import { databaseAbsent, type Submission, type Writer } from './submission.ts';
import type { WriterObserver } from './writer-observer.ts';

export interface WriterOptions {
  readonly databaseUrl: string;
  /** Connections for batches; the doorbell and the directory have one more. */
  readonly connections: number;
  readonly execution: ExecutionSettings;
  readonly batchCommandsMax: number;
  readonly batchBytesMax: number;
  /** Commands that may wait or be under way in this process; past it a command is answered with 503. */
  readonly queueCommandsMax: number;
  readonly partitionsAheadDays: number;
  /** Past this lag a lane's writes are answered with 503; 0, the default, never. */
  readonly lagSecondsMax?: number;
  readonly observer?: WriterObserver;
}

/** Session settings of batches, on top of those of every session. */
const batchSession = {
  // A stopped or half-open ledger would hold its lane's lock for ever.
  idle_in_transaction_session_timeout: '5s',
  // Longer than that, so that whoever waits for a stopped holder gets the lock rather than an error.
  lock_timeout: '10s',
  statement_timeout: '20s',
  // The statements are the same for ever and their keys are found by index: planning each anew would cost more than
  // running it, and a sequential scan is never right.
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
};

/** Bytes that may wait, in batches of the largest size. */
const queuedBatchesMax = 8;

const partitionCheckMs = 3_600_000;

const lanesSql = 'select count(*) as lanes from lane';

const queueFull: Submission = {
  kind: 'unavailable',
  reason: 'queue-full',
  message: 'too many writes are waiting; nothing was written',
  retryAfterSeconds: 1,
};

const lagging: Submission = {
  kind: 'unavailable',
  reason: 'lag',
  message: 'events are published too far behind (OUTBOX_LAG_MAX_SECONDS); nothing was written',
  retryAfterSeconds: 5,
};

const stopping: Submission = {
  kind: 'unavailable',
  reason: 'stopping',
  message: 'the service is stopping; nothing was written',
  retryAfterSeconds: 1,
};

/** The lags of all lanes; which there are is asked once, since none is ever removed. */
function lagsOf(pool: Pool): () => Promise<readonly LaneLag[]> {
  let lanes: readonly number[] | undefined;
  return async () => {
    lanes ??= await laneIds(pool);
    return await lagOf(pool, lanes);
  };
}

/** Previews write nothing, so they add nothing to what waits. */
function isPreview(command: Command): boolean {
  return (command.kind === 'create-transactions' || command.kind === 'run-script') && command.preview;
}

/** The writer of a process: lanes in groups, on a bounded pool of connections. */
export class LedgerWriter implements Writer {
  readonly directory: LedgerDirectory;
  readonly #options: WriterOptions;
  readonly #batches;
  /** The pool of what is neither batch nor read, so that neither keeps it waiting. */
  readonly upkeep: Pool;
  readonly #doorbell: Doorbell;
  readonly #lagGate: LagGate | undefined;
  readonly #groups: readonly LaneGroupWriter[];
  #laneCount = 0;
  #waiting = 0;
  #waitingBytes = 0;
  /** Lookups under way: all commands of a ledger wait for the same one, and go on in the order in which they came. */
  readonly #lookups = new Map<string, Promise<number | undefined>>();
  readonly #drained = Promise.withResolvers<void>();
  #isStopping = false;
  #partitionTimer: NodeJS.Timeout | undefined;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#batches = createPool(options.databaseUrl, {
      size: options.connections,
      applicationName: 'daybook-ledger-writer',
      pipeline: true,
      session: batchSession,
    });
    this.upkeep = createPool(options.databaseUrl, {
      size: 2,
      applicationName: 'daybook-ledger-upkeep',
      session: { statement_timeout: '10s', lock_timeout: '5s', idle_in_transaction_session_timeout: '10s' },
    });
    this.directory = new LedgerDirectory(this.upkeep);
    this.#doorbell = new Doorbell(this.upkeep);
    const { lagSecondsMax = 0, observer = {} } = options;
    this.#lagGate =
      lagSecondsMax === 0 ? undefined : new LagGate({ lagSecondsMax, lags: lagsOf(this.upkeep), observer });
    const surroundings: GroupSurroundings = {
      pool: this.#batches,
      directory: this.directory,
      clock: new DatabaseClock(),
      execution: options.execution,
      batchCommandsMax: options.batchCommandsMax,
      batchBytesMax: options.batchBytesMax,
      observer,
      makePartitions: () => makePartitions(this.upkeep, options.partitionsAheadDays),
      reroute: (entry) => this.#groupOf(entry.lane).push(entry),
      rang: (lane) => this.#doorbell.ring(lane),
    };
    // Each has one connection for what it sends and one for what it loads meanwhile.
    const groups = Math.ceil(options.connections / 2);
    this.#groups = Array.from({ length: groups }, () => new LaneGroupWriter(surroundings));
  }

  /** How many commands wait or are under way, and the bytes that they count with. */
  get waiting(): { readonly commands: number; readonly bytes: number } {
    return { commands: this.#waiting, bytes: this.#waitingBytes };
  }

  /**
   * Reads how many lanes there are and makes the partitions of the coming days; they are looked after from then on.
   *
   * @throws when the database is absent or not migrated.
   */
  async start(): Promise<void> {
    const counted = await this.upkeep.query<{ lanes: number }>(lanesSql);
    this.#laneCount = counted.rows[0]?.lanes ?? 0;
    if (this.#laneCount === 0) throw new Error('the database has no lanes: run `ledger migrate`');
    await makePartitions(this.upkeep, this.#options.partitionsAheadDays);
    await this.#lagGate?.start();
    this.#partitionTimer = setInterval(() => {
      // A failure is met again by the batch that needs the partition, and mended there.
      makePartitions(this.upkeep, this.#options.partitionsAheadDays).catch(() => {});
    }, partitionCheckMs);
    this.#partitionTimer.unref();
  }

  /** Takes no more commands, answers those that wait, and closes the connections. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearInterval(this.#partitionTimer);
    if (this.#waiting > 0) await this.#drained.promise;
    for (const group of this.#groups) await group.idle();
    this.#doorbell.stop();
    await this.#lagGate?.stop();
    await Promise.all([this.#batches.end(), this.upkeep.end()]);
  }

  async submit(command: Command): Promise<Submission> {
    if (this.#isStopping) return stopping;
    const { queueCommandsMax, batchBytesMax } = this.#options;
    const bytes = this.#waitingBytes + command.bytes;
    // One that is larger than all that may wait is taken when nothing waits: later would be never.
    const isTooMuch = bytes > queuedBatchesMax * batchBytesMax && this.#waitingBytes > 0;
    if (this.#waiting >= queueCommandsMax || isTooMuch) return queueFull;
    this.#waiting += 1;
    this.#waitingBytes += command.bytes;
    try {
      const known = this.directory.peek(command.ledger);
      const lane = known?.lane ?? (await this.#lookUp(command.ledger));
      if (lane === undefined) return databaseAbsent;
      if (this.#lagGate?.isClosed(lane) === true && !isPreview(command)) {
        this.#options.observer?.lagRefused?.(lane);
        return lagging;
      }
      return await new Promise<Submission>((settle, fail) => {
        this.#groupOf(lane).push({ command, lane, settle, fail } satisfies QueuedCommand);
      });
    } finally {
      this.#waiting -= 1;
      this.#waitingBytes -= command.bytes;
      if (this.#isStopping && this.#waiting === 0) this.#drained.resolve();
    }
  }

  #lookUp(ledger: string): Promise<number | undefined> {
    let lookup = this.#lookups.get(ledger);
    if (lookup === undefined) {
      lookup = this.#findLane(ledger).finally(() => this.#lookups.delete(ledger));
      this.#lookups.set(ledger, lookup);
    }
    return lookup;
  }

  async #findLane(ledger: string): Promise<number | undefined> {
    try {
      return (await this.directory.find(ledger))?.lane ?? laneOf(ledger, this.#laneCount);
    } catch (error) {
      this.#options.observer?.batchFailed?.({
        lanes: [laneOf(ledger, this.#laneCount)],
        commands: 1,
        traces: [],
        startedMs: performance.now(),
        failure: 'unreachable',
        next: 'give-up',
        error,
      });
      return undefined;
    }
  }

  #groupOf(lane: number): LaneGroupWriter {
    const group = this.#groups[lane % this.#groups.length];
    if (group === undefined) throw new RangeError(`lane ${lane} is in no group`);
    return group;
  }
}
