import {
  databaseNowMs,
  dropOldPartitions,
  forgetDeadRelays,
  heldKeys,
  keepPaused,
  lanesOfLedgers,
  lastStatedAtMs,
  ledgerHeads,
  lagOf,
  lanesRung,
  listPauses,
  notePassedHalts,
  passedRowsToRetry,
  pausedLedgers,
  prunePositions,
  rowsAround,
  rowsSetAside,
  setAsideCounts,
  waitingLanes,
} from '@daybook/outbox';
import type { Pool } from '@daybook/postgres';
import { delay, type Component, type Health, type Logger, type Registry } from '@daybook/runtime';
import { relayMetrics } from './admin/metrics.ts';
import { addReadiness } from './admin/readiness.ts';
import type { RelaySettings } from './config.ts';
import { reportDatabaseFailure, untilDatabaseAnswers } from './database-retry.ts';
import { DatabaseClock } from './database-clock.ts';
import { DecisionWatch } from './decision-watch.ts';
import { LagWatch } from './lag-watch.ts';
import type { Observe } from './observer.ts';
import { Outage } from './outage.ts';
import { PauseLog } from './pause-log.ts';
import type { Publisher } from './publisher.ts';
import { Relay } from './relay.ts';
import { relayOutbox } from './relay-outbox.ts';
import { RetentionLoop } from './retention.ts';
import { Share } from './share.ts';
import { shareStore } from './share-store.ts';
import { Takeover, type TopicTail } from './takeover.ts';
import type { TopicMapping } from './topic-mapping.ts';
import { TroubleLog } from './trouble-log.ts';
import { WakeUp } from './wake-up.ts';

interface RelayServiceOptions {
  readonly id: string;
  readonly settings: Pick<
    RelaySettings,
    | 'batchRows'
    | 'batchBytes'
    | 'pollIntervalMs'
    | 'heartbeatMs'
    | 'deadAfterMs'
    | 'retryBaseMs'
    | 'retryMaxMs'
    | 'poisonAttempts'
    | 'poisonPolicy'
    | 'dedupeOnTakeover'
    | 'shutdownTimeoutMs'
    | 'outboxRetentionDays'
  >;
  readonly pool: Pool;
  readonly publisher: Publisher;
  readonly mapping: TopicMapping;
  /** Reads the ends of topics, where that is possible. */
  readonly tail: TopicTail | undefined;
  readonly logger: Logger;
  readonly health: Health;
  readonly registry: Registry;
  /** For tests, on top of metrics and log. */
  readonly observe?: Observe;
  /** Told the members at each heartbeat, and when someone announces a change. */
  readonly onLook?: (members: readonly string[]) => void;
  readonly onDefect: (error: unknown) => void;
}

/** Without LISTEN, idle lanes are looked at this often at least. */
const pollIntervalWithoutListenMs = 100;

/**
 * Rare, since it deletes: while a session holds a snapshot, each pruned position stays behind as a dead row. They lie below
 * the ones that are read (2.2 million of them left a look at all latest positions at 1.5 to 7 ms), so they cost space only.
 */
const pruneIntervalMs = 3_600_000;

/** A relay with all that it needs: its share of the lanes, what wakes it, its metrics, and the database behind it. */
export class RelayService implements Component {
  readonly name = 'relay';
  readonly #options: RelayServiceOptions;
  readonly #relay: Relay;
  readonly #share: Share;
  readonly #decisions: DecisionWatch;
  readonly #clock: DatabaseClock;
  readonly #wakeUp: WakeUp;
  readonly #outage: Outage;
  /** Ends reading and upkeep. */
  readonly #stopping = new AbortController();
  /** Ends the stating of positions, which goes on while a stop finishes what is in flight. */
  readonly #ended = new AbortController();
  #running: Promise<unknown> = Promise.resolve();

  constructor(options: RelayServiceOptions) {
    this.#options = options;
    const { settings, pool, publisher, mapping, logger } = options;
    const trouble = new TroubleLog(logger);
    let count: Observe = () => {};
    const observe: Observe = (signal) => {
      count(signal);
      trouble.note(signal);
      options.observe?.(signal);
    };
    this.#outage = new Outage(logger, 'database', (isLost) => {
      observe({ kind: isLost ? 'database-lost' : 'database-restored' });
      if (isLost) this.#relay.distrust();
      else this.#relay.stateAgain();
    });
    this.#relay = new Relay({
      outbox: relayOutbox(pool, {
        relay: options.id,
        limits: { rows: settings.batchRows, bytes: settings.batchBytes },
        whileRunning: async (work) => this.#answered(this.#stopping.signal, work),
        untilEnded: async (work) => this.#answered(this.#ended.signal, work),
      }),
      publisher,
      mapping,
      observe,
      mayPublish: () => this.#share.isValid,
      batchRows: settings.batchRows,
      batchBytes: settings.batchBytes,
      retryBaseMs: settings.retryBaseMs,
      retryMaxMs: settings.retryMaxMs,
      poison: { attemptsMax: settings.poisonAttempts, policy: settings.poisonPolicy },
      onDoubt: () => this.#share.wake(),
      delay,
    });
    this.#clock = new DatabaseClock({ ask: async () => databaseNowMs(pool), now: () => performance.now() });
    const pauseLog = new PauseLog(logger);
    this.#decisions = new DecisionWatch({
      store: {
        pauses: async () => {
          const pauses = await listPauses(pool);
          pauseLog.note(pauses);
          return pauses;
        },
        pausedLedgers: async (lanes) => pausedLedgers(pool, lanes),
        heldKeys: async (lanes) => heldKeys(pool, lanes),
        rowsSetAside: async (positions) => rowsSetAside(pool, positions),
        notePassedHalts: async (lanes) => notePassedHalts(pool, lanes),
        passedRowsToRetry: async (lanes) => passedRowsToRetry(pool, lanes),
      },
      acknowledged: () => this.#relay.acknowledged,
      measureClock: async () => this.#clock.measure(),
      heed: (decisions) => this.#relay.heed(decisions),
      intervalMs: settings.heartbeatMs,
      answered: async (work) => this.#answered(this.#stopping.signal, work),
      delay,
    });
    const takeover = this.#takeover(observe);
    this.#share = new Share({
      id: options.id,
      store: shareStore(pool, { id: options.id, takeOver: async (starts) => takeover?.look(starts) ?? starts }),
      holder: this.#relay,
      heartbeatMs: settings.heartbeatMs,
      deadAfterMs: settings.deadAfterMs,
      observe,
      logger,
      outage: this.#outage,
      onLook: options.onLook,
      delay,
      now: () => performance.now(),
    });
    this.#wakeUp = new WakeUp({
      pool,
      logger,
      observe,
      pollIntervalMs: settings.pollIntervalMs,
      pollIntervalWithoutListenMs: Math.min(pollIntervalWithoutListenMs, settings.pollIntervalMs),
      retryBaseMs: settings.retryBaseMs,
      retryMaxMs: settings.retryMaxMs,
      delay,
      idleCursors: () => this.#relay.idleCursors,
      waitingLanes: async (cursors) =>
        await this.#answered(this.#stopping.signal, async () => waitingLanes(pool, cursors)),
      wakeLanes: (lanes) => this.#relay.wake(lanes),
      onMembership: (payload) => {
        this.#share.noteHandedOver(lanesRung(payload) ?? []);
        this.#decisions.wake();
      },
      onReconnected: () => this.#relay.stateAgain(),
    });
    count = this.#addAdmin();
  }

  /** The ids of the living relays, as seen at the last heartbeat. */
  get members(): readonly string[] {
    return this.#share.members;
  }

  /** The lanes of this relay that someone paused. */
  get pausedLanes(): readonly number[] {
    return this.#relay.pausedLanes;
  }

  start(): void {
    const { id, onDefect, logger } = this.#options;
    logger.info({ relay: id }, 'relay starts');
    const upkeep = [this.#prune(), this.#retain()];
    const loops = [this.#relay.run(), this.#joinListening(), this.#wakeUp.run(), this.#decisions.run(), ...upkeep];
    this.#running = Promise.all(loops).catch(onDefect);
  }

  /** Reads no more, finishes what is in flight, states its positions, and lets the others have the lanes. */
  async stop(deadline: AbortSignal): Promise<void> {
    const { settings, publisher, logger } = this.#options;
    const over = new AbortController();
    const pause = async (share: number) =>
      delay(settings.shutdownTimeoutMs * share, AbortSignal.any([deadline, over.signal]));
    this.#stopping.abort();
    this.#share.stop();
    this.#decisions.stop();
    this.#relay.stop();
    const { lanesInOrder } = this.#relay;
    const finished = this.#finish().then(() => true);
    const isInOrder = await Promise.race([finished, pause(0.5).then(() => false)]);
    if (!isInOrder) {
      // What a slow destination still holds is cut off, and sent again by whoever comes next.
      await publisher.stop();
      await Promise.race([finished, pause(0.25)]);
    }
    // A database that does not come back in time costs repeats, not a stop that hangs.
    this.#ended.abort();
    await this.#share.leave(isInOrder ? lanesInOrder : []).catch((error: unknown) => {
      logger.warn({ err: error }, 'could not leave, the others take over when the heartbeat is old');
    });
    over.abort();
    // The others need not wait for connections to end.
    await publisher.stop();
  }

  /** Joins once it would hear that lanes are handed over; a LISTEN that does not come about is not waited for. */
  async #joinListening(): Promise<void> {
    const { heartbeatMs } = this.#options.settings;
    const over = new AbortController();
    await Promise.race([
      this.#wakeUp.listening,
      delay(heartbeatMs, AbortSignal.any([over.signal, this.#stopping.signal])),
    ]);
    over.abort();
    await this.#share.run();
  }

  async #finish(): Promise<void> {
    await Promise.all([this.#wakeUp.stop(), this.#running]);
    await this.#relay.settled();
  }

  /** Undefined where nobody can look into what was published. */
  #takeover(observe: Observe): Takeover | undefined {
    const { id, pool, tail, mapping, settings, logger } = this.#options;
    if (tail === undefined) return undefined;
    return new Takeover({
      store: {
        rowsAround: async (positions, limits) => rowsAround(pool, positions, limits),
        lastStatedAtMs: async (lanes) => lastStatedAtMs(pool, lanes),
        lanesOfLedgers: async (names) => lanesOfLedgers(pool, names),
        keepPaused: async (lane, why) => keepPaused(pool, lane, { by: id, why }),
        ledgerHeads: async (lane, ledgers) => ledgerHeads(pool, lane, ledgers),
      },
      tail,
      mapping,
      dedupe: settings.dedupeOnTakeover,
      observe,
      logger,
      delay: async (ms) => delay(ms, this.#stopping.signal),
    });
  }

  #addAdmin(): Observe {
    const { pool, health, registry, publisher } = this.#options;
    const lag = new LagWatch({
      lanes: () => this.#relay.lanes,
      lagOf: async (lanes) => lagOf(pool, lanes),
      sinceAdvanceMs: (lane) => this.#relay.sinceAdvanceMs(lane),
      now: () => performance.now(),
    });
    addReadiness({
      health,
      lag,
      publisher,
      troubles: () => this.#relay.troubles,
      hasShare: () => this.#share.isValid,
    });
    return relayMetrics({
      registry,
      lag,
      members: () => this.#share.members.length,
      lanes: () => this.#relay.lanes.length,
      troubles: () => this.#relay.troubles,
      bufferFill: () => this.#relay.bufferFill,
      setAside: async () => setAsideCounts(pool, this.#relay.lanes),
      secondsSince: (at) => this.#clock.secondsSince(at),
      dedupes: this.#options.settings.dedupeOnTakeover,
      pausedLanes: () => this.#relay.pausedLanes.length,
      isListening: () => this.#wakeUp.isListening,
    });
  }

  async #answered<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result | undefined> {
    const { retryBaseMs: baseMs, retryMaxMs: maxMs } = this.#options.settings;
    return await untilDatabaseAnswers({ outage: this.#outage, delay, baseMs, maxMs }, signal, work);
  }

  async #retain(): Promise<void> {
    const { pool, logger, registry, settings } = this.#options;
    const retentionDays = settings.outboxRetentionDays;
    if (retentionDays === 0) return;
    const round = async (signal: AbortSignal) => await dropOldPartitions(pool, { retentionDays, signal });
    await new RetentionLoop({ round, logger, registry, delay, random: Math.random }).run(this.#stopping.signal);
  }

  /** Removes positions that greater ones have overtaken, and the rows of relays that died long ago. */
  async #prune(): Promise<void> {
    const { pool } = this.#options;
    for (;;) {
      await delay(pruneIntervalMs, this.#stopping.signal);
      if (this.#stopping.signal.aborted) return;
      try {
        for (const lane of this.#relay.lanes) await prunePositions(pool, lane);
        await forgetDeadRelays(pool);
      } catch (error) {
        reportDatabaseFailure(this.#outage, error);
      }
    }
  }
}
