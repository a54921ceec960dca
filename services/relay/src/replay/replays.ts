import { failReplay, runningReplays, type RunningReplay } from '@daybook/outbox';
import type { Pool } from '@daybook/postgres';
import { delay, type Component, type Logger } from '@daybook/runtime';
import type { RelaySettings } from '../config.ts';
import { untilDatabaseAnswers } from '../database-retry.ts';
import { Outage } from '../outage.ts';
import type { Publisher } from '../publisher.ts';
import { ownerOf } from '../rendezvous.ts';
import { readTopicMapping, TopicMappingError, type TopicMapping } from '../topic-mapping.ts';
import { ReplayRun } from './replay-run.ts';
import { replayStore } from './replay-store.ts';
import { replayTargets } from './replay-targets.ts';

interface ReplaysOptions {
  /** This relay's. */
  readonly id: string;
  readonly settings: Pick<
    RelaySettings,
    'batchRows' | 'batchBytes' | 'retryBaseMs' | 'retryMaxMs' | 'shutdownTimeoutMs'
  >;
  readonly pool: Pool;
  /** Of their own, so that nothing of what is published live waits or fails with them. */
  readonly publisher: Publisher;
  readonly mapping: TopicMapping;
  readonly logger: Logger;
  readonly onAcknowledged?: (rows: number) => void;
}

interface StartedRun {
  readonly run: ReplayRun;
  readonly leave: AbortController;
  readonly ended: Promise<void>;
}

/** So many replays are run by one relay at the same time, the oldest first; the others wait for their turn. */
const runsMax = 4;

/**
 * The replays that this relay runs: those that rendezvous hashing over the living relays gives it. As with lanes, relays that disagree
 * for a moment only repeat each other, and whoever takes over goes on from the stored progress.
 */
export class Replays implements Component {
  readonly name = 'replays';
  readonly #options: ReplaysOptions;
  readonly #outage: Outage;
  readonly #runs = new Map<string, StartedRun>();
  readonly #stopping = new AbortController();
  /** Ends the storing of progress, which goes on while a stop finishes what is in flight. */
  readonly #ended = new AbortController();
  #members: readonly string[] = [];
  #looking: Promise<void> | undefined;
  #isStale = false;

  constructor(options: ReplaysOptions) {
    this.#options = options;
    this.#outage = new Outage(options.logger.child({ component: 'replays' }), 'database');
  }

  /** How many run here; of these, how many wait after a failure or for the end of a pause. */
  get counts(): { readonly running: number; readonly waiting: number } {
    const runs = [...this.#runs.values()];
    const waiting = runs.filter(({ run }) => run.isWaiting).length;
    return { running: runs.length - waiting, waiting };
  }

  /** Starts what is to be run here and leaves what is not. To be called with each heartbeat, and when someone announces a change. */
  look(members: readonly string[]): void {
    this.#members = members;
    this.#isStale = true;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
  }

  /** Ends behind the pages in flight; what is not acknowledged in time is sent again by whoever takes over. */
  async stop(deadline: AbortSignal): Promise<void> {
    const { publisher, settings } = this.#options;
    const over = new AbortController();
    const pause = async (share: number) =>
      delay(settings.shutdownTimeoutMs * share, AbortSignal.any([deadline, over.signal]));
    this.#stopping.abort();
    const ended = (async () => {
      await this.#looking;
      await Promise.all([...this.#runs.values()].map(async (run) => run.ended));
    })();
    await Promise.race([ended, pause(0.25)]);
    await publisher.stop();
    await Promise.race([ended, pause(0.1)]);
    this.#ended.abort();
    await ended;
    over.abort();
  }

  async #look(): Promise<void> {
    while (this.#isStale && !this.#stopping.signal.aborted) {
      this.#isStale = false;
      const { id, pool, logger } = this.#options;
      const running = await runningReplays(pool).catch((error: unknown) => {
        // The next heartbeat looks again; that the database is away is said by the share.
        logger.debug({ err: error }, 'could not look at the replays');
        return undefined;
      });
      if (running === undefined) return;
      const mine = running.filter((replay) => ownerOf(replay.id, this.#members) === id).slice(0, runsMax);
      for (const [other, run] of this.#runs) if (!mine.some((replay) => replay.id === other)) run.leave.abort();
      for (const replay of mine) {
        if (this.#runs.has(replay.id)) continue;
        const mapping = this.#mappingOf(replay);
        if (mapping instanceof TopicMappingError) await this.#refuse(replay, mapping);
        else this.#start(replay, mapping);
      }
    }
  }

  #mappingOf({ mapping }: RunningReplay): TopicMapping | TopicMappingError {
    if (mapping === null) return this.#options.mapping;
    try {
      return readTopicMapping(mapping, 'skip', replayTargets);
    } catch (error) {
      if (error instanceof TopicMappingError) return error;
      throw error;
    }
  }

  /** Someone checked the mapping before it was stored, but by the rules of another version, or of none. What is published live must not end by it. */
  async #refuse({ id }: RunningReplay, { message }: TopicMappingError): Promise<void> {
    const { pool, logger } = this.#options;
    const cause = `its mapping ${message}`;
    logger.error({ replay: id, cause }, 'replay failed');
    await failReplay(pool, id, cause).catch((error: unknown) => {
      // It is refused again at the next heartbeat.
      logger.debug({ err: error, replay: id }, 'could not say that a replay failed');
    });
  }

  #start(replay: RunningReplay, mapping: TopicMapping): void {
    const { settings, pool, publisher, logger, onAcknowledged = () => {} } = this.#options;
    if (this.#stopping.signal.aborted || this.#runs.size >= runsMax) return;
    const leave = new AbortController();
    const stopping = AbortSignal.any([leave.signal, this.#stopping.signal]);
    const run = new ReplayRun({
      replay,
      store: replayStore(pool, replay.id, {
        answered: async (signal, work) => await this.#answered(signal, work),
        stopping,
        ended: this.#ended.signal,
      }),
      publisher,
      mapping,
      logger,
      stopping,
      batchRows: settings.batchRows,
      batchBytes: settings.batchBytes,
      retryBaseMs: settings.retryBaseMs,
      retryMaxMs: settings.retryMaxMs,
      delay,
      now: () => performance.now(),
      onAcknowledged,
    });
    logger.info({ replay: replay.id, rowsPerSecond: replay.rowsPerSecond }, 'replay runs here');
    const ended = this.#runToEnd(replay.id, run);
    this.#runs.set(replay.id, { run, leave, ended });
  }

  async #runToEnd(id: string, run: ReplayRun): Promise<void> {
    let isDefect = false;
    try {
      await run.run();
    } catch (error) {
      isDefect = true;
      // What is published live goes on: a replay says nothing about the state of the lanes.
      this.#options.logger.error(
        { err: error, replay: id },
        'replay stopped by a defect, tried again with the next heartbeat',
      );
    }
    this.#runs.delete(id);
    // Another one may wait for its turn.
    if (!isDefect) this.look(this.#members);
  }

  async #answered<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result | undefined> {
    const { retryBaseMs: baseMs, retryMaxMs: maxMs } = this.#options.settings;
    return await untilDatabaseAnswers({ outage: this.#outage, delay, baseMs, maxMs }, signal, work);
  }
}
