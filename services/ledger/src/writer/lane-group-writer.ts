import { isHeadMoved, isMissingPartition } from '@daybook/outbox';
import { classify, type Pool, type PoolClient } from '@daybook/postgres';
import { commitAhead, decideAhead, HeadForgotten, isOneStatement, type BatchAhead } from './batch-ahead.ts';
import { BatchFailure, type BatchSettings, type ExecutionSettings } from './batch.ts';
import type { DatabaseClock } from './database-clock.ts';
import { LaneState } from './lane-state.ts';
import type { LedgerDirectory } from './ledger-directory.ts';
import { LockedWrites, settledOf } from './locked-writes.ts';
import { batchOf, byLane, type QueuedCommand, type Settled } from './queued-command.ts';
import type { BatchCosts, WriterObserver } from './writer-observer.ts';

/** What all groups of a process share. */
export interface GroupSurroundings {
  readonly pool: Pool;
  readonly directory: LedgerDirectory;
  readonly clock: DatabaseClock;
  readonly execution: ExecutionSettings;
  readonly batchCommandsMax: number;
  readonly batchBytesMax: number;
  readonly observer: WriterObserver;
  /** Makes the outbox partition for now and the days ahead. */
  readonly makePartitions: () => Promise<unknown>;
  /** Hands a command to the lane that its ledger turned out to live in. */
  readonly reroute: (entry: QueuedCommand) => void;
  /** Called after COMMIT, with a lane that has new rows. */
  readonly rang: (lane: number) => void;
}

/**
 * Characters that a batch may append for each byte that its requests may have. An ordinary transaction has five; one of
 * balances with 1,000 digits has a hundred, and a batch of them took the process's memory.
 */
const writtenPerByte = 8;

/** A batch on its way to COMMIT. */
interface Flight {
  readonly entries: readonly QueuedCommand[];
  readonly batch: BatchAhead;
  readonly startedMs: number;
}

/** A batch that was decided ahead and not written. */
interface Fallen {
  readonly entries: readonly QueuedCommand[];
  readonly startedMs: number;
  /** Undefined where it was not its own: what it was decided on is not so. */
  readonly cause: unknown;
}

/**
 * Writes the lanes of one group. While a batch is at the database, arriving commands queue; when it returns, all that wait (up to a
 * limit in count and bytes) form the next one, of however many lanes. There is no timer: at low load a command goes at once, at high load
 * batches grow by themselves.
 *
 * Once as many wait as are on their way, they follow without waiting for it: a batch is decided ahead and sent behind the one before, so that
 * neither the database nor this process waits for the other. Two are on their way at most. Where one of them fails, all that were decided
 * behind it fail too, and their commands are run again in their order, under the locks of their lanes.
 */
export class LaneGroupWriter {
  readonly #surroundings: GroupSurroundings;
  readonly #settings: BatchSettings;
  readonly #locked: LockedWrites;
  readonly #states = new Map<number, LaneState>();
  #queue: QueuedCommand[] = [];
  /** Two at most, the first sent first; all on one connection, which is given back when the last has landed. */
  readonly #inAir: Flight[] = [];
  #client: PoolClient | undefined;
  /** A batch of this connection failed, so it may hold an open transaction. */
  #isClientBroken = false;
  /** Batches that failed in the air, to be run again under the locks. */
  readonly #fallen: Fallen[] = [];
  #running: Promise<void> | undefined;
  #moved = Promise.withResolvers<void>();

  constructor(surroundings: GroupSurroundings) {
    this.#surroundings = surroundings;
    const { pool, execution, clock, batchBytesMax, observer, makePartitions } = surroundings;
    this.#settings = { ...execution, clock, writtenCharactersMax: writtenPerByte * batchBytesMax };
    this.#locked = new LockedWrites({
      pool,
      settings: this.#settings,
      observer,
      makePartitions,
      stateOf: (lane) => this.#stateOf(lane),
      finished: (settled, costs, startedMs) => this.#finish(settled, costs, startedMs),
      leftOver: (entries) => this.#queue.unshift(...entries),
    });
  }

  push(entry: QueuedCommand): void {
    this.#queue.push(entry);
    this.#running ??= this.#drain();
    if (this.#mayFollow) this.#moved.resolve();
  }

  /** Resolves when nothing is queued or under way. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  /** Whether a batch may be sent behind the one in the air. Not while other groups wait for a connection. */
  get #mayFollow(): boolean {
    const [before, second] = this.#inAir;
    return (
      before !== undefined &&
      second === undefined &&
      this.#queue.length >= before.entries.length &&
      this.#fallen.length === 0 &&
      isOneStatement(before.batch) &&
      this.#isNextAhead &&
      this.#surroundings.pool.waitingCount === 0
    );
  }

  /** Whether the next command may be decided before its lane is locked. */
  get #isNextAhead(): boolean {
    const [next] = this.#queue;
    return next !== undefined && this.#stateOf(next.lane).headAhead !== undefined && !this.#locked.isHalted;
  }

  async #drain(): Promise<void> {
    // Requests that were read in the same turn of the event loop go together; alone, the first would take a COMMIT of its
    // own while the others wait for it.
    await turn();
    for (;;) {
      if (this.#mayFollow) {
        await turn();
        // The one before may have failed meanwhile.
        if (this.#mayFollow) await this.#sendAhead(this.#takeAhead());
      } else if (this.#inAir.length > 0) await this.#landing();
      else if (this.#fallen.length > 0) await this.#pickUp(this.#fallen.shift());
      else if (this.#queue.length === 0) break;
      else if (this.#isNextAhead) await this.#sendAhead(this.#takeAhead());
      else await this.#locked.write(this.#takeToLock());
    }
    this.#running = undefined;
  }

  /** Decides a batch and sends it, behind the one in the air if there is one. */
  async #sendAhead(entries: readonly QueuedCommand[]): Promise<void> {
    const startedMs = performance.now();
    const { pool } = this.#surroundings;
    const lanes = [...byLane(entries)].map(([lane, ofLane]) => ({ state: this.#stateOf(lane), entries: ofLane }));
    let loader: PoolClient | undefined;
    let batch: BatchAhead;
    try {
      const connect = async () => (loader = await pool.connect());
      const commands = lanes.map((ofLane) => ({
        state: ofLane.state,
        commands: ofLane.entries.map(({ command }) => command),
      }));
      batch = await decideAhead(connect, commands, this.#settings);
      // It waits for the connection, where there are others on it: what is not one statement must not be sent between theirs.
      while (this.#inAir.length > 0 && !isOneStatement(batch)) await this.#landing();
      if (this.#inAir.length === 0) {
        this.#client = loader ?? (await pool.connect());
        loader = undefined;
      }
    } catch (error) {
      loader?.release(!(error instanceof HeadForgotten));
      this.#fall({ entries, startedMs, cause: error instanceof HeadForgotten ? undefined : error });
      return;
    }
    loader?.release();
    const client = this.#client;
    if (client === undefined) throw new Error('a batch has no connection to be sent on');
    const sent = lanes.flatMap((ofLane, index) => ofLane.entries.slice(0, batch.lanes[index]?.results.length ?? 0));
    // What the batch had no room for goes first in the next one.
    if (sent.length < entries.length) {
      const isSent = new Set(sent);
      this.#queue.unshift(...entries.filter((entry) => !isSent.has(entry)));
    }
    if (this.#fallen.length > 0) {
      // Decided on a batch that has failed meanwhile.
      this.#fall({ entries: sent, startedMs, cause: undefined });
      if (this.#inAir.length === 0) this.#giveBack();
      return;
    }
    const flight = { entries: sent, batch, startedMs };
    this.#inAir.push(flight);
    void this.#fly(flight, client);
  }

  async #fly(flight: Flight, client: PoolClient): Promise<void> {
    const { entries, batch, startedMs } = flight;
    const sentMs = performance.now();
    let end: { readonly roundTrips: number } | { readonly error: unknown };
    try {
      end = { roundTrips: await commitAhead(client, batch, this.#settings.clock) };
    } catch (error) {
      end = { error };
      this.#isClientBroken = true;
    }
    this.#inAir.splice(this.#inAir.indexOf(flight), 1);
    if (this.#inAir.length === 0) this.#giveBack();
    if ('roundTrips' in end) {
      for (const { state, writes } of batch.lanes) state.committed(writes);
      const { loadMs, decideMs } = batch;
      const costs: BatchCosts = {
        roundTrips: batch.roundTrips + end.roundTrips,
        committed: batch.statements.length > 0,
        phases: { loadMs, decideMs, commitMs: performance.now() - sentMs },
      };
      const results = batch.lanes.flatMap((ofLane) => ofLane.results);
      this.#finish(settledOf(entries, results), costs, startedMs);
    } else if (end.error instanceof BatchFailure) {
      const { cause } = end.error;
      const isMoved = isHeadMoved(cause);
      if (isMoved) {
        for (const { state } of batch.lanes) state.shared();
        this.#locked.report(entries, { failure: 'head-moved', next: 'again', error: cause, startedMs });
      }
      this.#fall({ entries, startedMs, cause: isMoved ? undefined : cause });
    } else {
      for (const { state } of batch.lanes) state.notAlone();
      this.#locked.settleUnknown(entries, end.error, startedMs);
    }
    this.#moved.resolve();
  }

  /** Resolves when a batch has landed, or one may follow. */
  async #landing(): Promise<void> {
    this.#moved = Promise.withResolvers();
    await this.#moved.promise;
  }

  #fall(fallen: Fallen): void {
    this.#fallen.push(fallen);
    for (const lane of byLane(fallen.entries).keys()) this.#stateOf(lane).notAlone();
  }

  /** The connection of batches in the air, when the last has landed. */
  #giveBack(): void {
    this.#client?.release(this.#isClientBroken);
    this.#client = undefined;
    this.#isClientBroken = false;
  }

  async #pickUp(fallen: Fallen | undefined): Promise<void> {
    if (fallen === undefined) return;
    const { entries, startedMs, cause } = fallen;
    const failure = cause === undefined || isMissingPartition(cause) ? undefined : classify(cause);
    switch (failure) {
      case 'constraint':
      case 'data':
      case 'defect':
        // Perhaps since it was decided on what is no longer so: under the lock this is a first attempt.
        this.#locked.report(entries, { failure, next: 'again', error: cause, startedMs });
        await this.#locked.write(entries);
        return;
      default:
        if (cause === undefined) await this.#locked.write(entries);
        else await this.#locked.afterFailure(entries, { cause, startedMs, isRepeat: false });
    }
  }

  /** Takes the next commands whose lanes may be decided ahead. Those of others stay where they are. */
  #takeAhead(): readonly QueuedCommand[] {
    return this.#take((entry) => this.#stateOf(entry.lane).headAhead !== undefined);
  }

  /** Takes the next commands whose lanes must be locked before anything is decided. */
  #takeToLock(): readonly QueuedCommand[] {
    return this.#take((entry) => this.#locked.isHalted || this.#stateOf(entry.lane).headAhead === undefined);
  }

  #take(isWanted: (entry: QueuedCommand) => boolean): readonly QueuedCommand[] {
    const { batchCommandsMax, batchBytesMax } = this.#surroundings;
    const taken: QueuedCommand[] = [];
    const left: QueuedCommand[] = [];
    let bytes = 0;
    let index = 0;
    for (const entry of this.#queue) {
      if (!isWanted(entry)) left.push(entry);
      else {
        bytes += entry.command.bytes;
        if (taken.length > 0 && (taken.length >= batchCommandsMax || bytes > batchBytesMax)) break;
        taken.push(entry);
      }
      index += 1;
    }
    // Not by `splice`, which takes as many arguments as are left: with some 100,000 that ends in an error.
    this.#queue = [...left, ...this.#queue.slice(index)];
    return taken;
  }

  /** Answers after COMMIT. Nothing from here on may lead to another attempt: the batch is written. */
  #finish(settled: readonly Settled[], costs: BatchCosts, startedMs: number): void {
    const { directory, reroute, rang, observer } = this.#surroundings;
    for (const [entry, result] of settled) {
      if (result.kind !== 'elsewhere') entry.settle(result);
      else {
        directory.remember(result.to.ledger, result.to);
        reroute({ ...entry, lane: result.to.lane });
      }
    }
    const entries = settled.map(([entry]) => entry);
    const batch = batchOf(entries, startedMs);
    if (costs.committed) for (const lane of batch.lanes) rang(lane);
    observer.batchEnded?.({ ...batch, ...costs, durationMs: performance.now() - startedMs });
  }

  #stateOf(lane: number): LaneState {
    let state = this.#states.get(lane);
    if (state === undefined) {
      state = new LaneState(lane, this.#surroundings.directory);
      this.#states.set(lane, state);
    }
    return state;
  }
}

/** The rest of this turn of the event loop, in which more requests may be read. */
async function turn(): Promise<void> {
  await new Promise<void>((resolve) => {
    setImmediate(resolve);
  });
}
