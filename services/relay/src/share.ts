import type { LivingRelay } from '@daybook/outbox';
import type { Logger } from '@daybook/runtime';
import { Bell } from './bell.ts';
import { reportDatabaseFailure } from './database-retry.ts';
import type { Observe } from './observer.ts';
import type { Outage } from './outage.ts';
import type { LaneStart } from './owned-lane.ts';
import { ownerOf } from './rendezvous.ts';

/** What the share needs of the database. */
export interface ShareStore {
  /** Adds this process to the living. */
  join(): Promise<void>;
  /** One heartbeat; false when a process that started later uses the same id. */
  beat(): Promise<boolean>;
  living(deadAfterMs: number): Promise<readonly LivingRelay[]>;
  lanes(): Promise<readonly number[]>;
  /** Where the lanes stand. */
  starts(lanes: readonly number[]): Promise<readonly LaneStart[]>;
  /** The same, with what the topics say of lanes that nobody handed over. Bounded in time. */
  takeOver(starts: readonly LaneStart[]): Promise<readonly LaneStart[]>;
  announce(): Promise<void>;
  /** Tells the others that nothing of these lanes is in flight here any more, and that their positions are stated. */
  handOver(lanes: readonly number[]): Promise<void>;
  leave(): Promise<void>;
}

/** What the share steers. */
interface LaneHolder {
  readonly lanes: readonly number[];
  /** Of these, the ones that the next relay may begin without a look of its own. */
  readonly lanesInOrder: readonly number[];
  own(starts: readonly LaneStart[]): void;
  release(lanes: readonly number[]): Promise<void>;
}

interface ShareOptions {
  readonly id: string;
  readonly store: ShareStore;
  readonly holder: LaneHolder;
  readonly heartbeatMs: number;
  readonly deadAfterMs: number;
  readonly observe: Observe;
  readonly logger: Logger;
  readonly outage: Outage;
  /** Told the members at each look. */
  readonly onLook?: ((members: readonly string[]) => void) | undefined;
  readonly delay: (ms: number, signal: AbortSignal) => Promise<void>;
  /** A monotonic clock in milliseconds. */
  readonly now: () => number;
}

const afterDeathMs = 20;

/**
 * Which lanes this relay publishes: those that rendezvous hashing over the living relays gives it. No lease and no fence is needed, since
 * relays that overlap only repeat each other. To keep repeats few, an owner finishes what is in flight before it lets go, and then hands over:
 * it tells the newcomer, who starts at once. Without such word a newcomer waits one heartbeat before it starts on a lane that had a living
 * owner, and looks into the topics for what a dead one left there. A relay whose heartbeat lapsed (it was paused, or the database away)
 * begins as a newcomer.
 */
export class Share {
  readonly #options: ShareOptions;
  readonly #bell = new Bell();
  readonly #stopping = new AbortController();
  /** Until when, on the monotonic clock, the others count this relay among the living for certain. */
  #validUntilMs = -Infinity;
  #hasJoined = false;
  #hasTwin = false;
  #members: readonly string[] = [];
  /** When lanes that had a living owner may be started, by lane. */
  readonly #startAtMs = new Map<number, number>();
  /** When lanes were handed over to whoever is next, by lane. */
  readonly #handedOverAtMs = new Map<number, number>();
  /** Lanes of dead owners, while the topics are looked into. */
  readonly #takingOver = new Set<number>();
  /** When the most silent of the others will be dead, on the monotonic clock. */
  #nextDeathAtMs = Infinity;

  constructor(options: ShareOptions) {
    this.#options = options;
  }

  /** Whether the last heartbeat is young enough that nobody else takes this relay for dead. */
  get isValid(): boolean {
    return this.#options.now() < this.#validUntilMs;
  }

  get members(): readonly string[] {
    return this.#members;
  }

  /** Looks at once rather than at the next heartbeat. */
  wake(): void {
    this.#bell.ring();
  }

  /** Another relay says that it has let lanes go in order. */
  noteHandedOver(lanes: readonly number[]): void {
    const now = this.#options.now();
    for (const lane of lanes) this.#handedOverAtMs.set(lane, now);
    this.#bell.ring();
  }

  /** Beats and looks until `stop`. Rejects only on a defect. */
  async run(): Promise<void> {
    const { heartbeatMs, outage } = this.#options;
    while (!this.#stopping.signal.aborted) {
      let hasFailed = false;
      try {
        if (await this.#look()) outage.recovered();
        else outage.failed(new Error('there are no lanes'), 'missing', 'the first migration of the ledger makes them');
      } catch (error) {
        hasFailed = true;
        reportDatabaseFailure(outage, error);
      }
      if (this.#hasJoined && !this.isValid) this.#lapse();
      // Lanes that are due stay so while looking fails, and must not make it look again without a pause.
      const untilDueMs = hasFailed ? heartbeatMs : Math.min(this.#untilStartMs(), this.#untilDeathMs());
      await this.#pause(Math.min(heartbeatMs, untilDueMs));
    }
  }

  /** Looks no more. The row stays until `leave`, so that nobody starts on what is still in flight. */
  stop(): void {
    this.#stopping.abort();
    this.#bell.ring();
  }

  /** Takes the row away and tells the others, who may start at once on the lanes that were let go in order. */
  async leave(handedOver: readonly number[]): Promise<void> {
    if (!this.#hasJoined) return;
    this.#hasJoined = false;
    await this.#options.store.leave();
    await this.#options.store.handOver(handedOver);
  }

  /** Beats, and takes or lets go what the members of now ask for. False when there are no lanes at all. */
  async #look(): Promise<boolean> {
    const { id, store, holder, heartbeatMs, deadAfterMs, now } = this.#options;
    if (this.#hasJoined && !this.isValid) this.#lapse();
    const beatAtMs = now();
    const isNewcomer = !this.#hasJoined;
    await this.#beat();
    const [living, lanes] = await Promise.all([store.living(deadAfterMs), store.lanes()]);
    if (lanes.length === 0) return false;
    const ids = living.map((relay) => relay.id);
    const members = ids.includes(id) ? ids : [...ids, id];
    const oldestMs = Math.max(0, ...living.filter((relay) => relay.id !== id).map(({ ageMs }) => ageMs));
    // Whoever is silent is dead at a known moment, which need not wait for the next heartbeat.
    this.#nextDeathAtMs = now() + deadAfterMs - oldestMs;
    const before = isNewcomer ? members.filter((member) => member !== id) : this.#members;
    this.#noteMembers(members);
    this.#validUntilMs = beatAtMs + deadAfterMs;
    this.#options.onLook?.(members);

    const mine = lanes.filter((lane) => ownerOf(lane, members) === id);
    const held = holder.lanes;
    const lost = held.filter((lane) => !mine.includes(lane));
    this.#forgetAllBut(mine);
    for (const lane of mine) {
      if (held.includes(lane) || this.#startAtMs.has(lane) || this.#takingOver.has(lane)) continue;
      const owner = ownerOf(lane, before);
      const hasLivingOwner = owner !== undefined && owner !== id && members.includes(owner);
      this.#startAtMs.set(lane, hasLivingOwner ? now() + heartbeatMs : now());
    }
    // Not awaited: what is in flight may take longer than a heartbeat.
    if (lost.length > 0) void this.#handOver(lost);
    if (isNewcomer) await store.announce();
    await this.#startDue();
    return true;
  }

  async #beat(): Promise<void> {
    const { id, store, logger } = this.#options;
    if (!this.#hasJoined) {
      await store.join();
      this.#hasJoined = true;
    } else if (!(await store.beat()) && !this.#hasTwin) {
      this.#hasTwin = true;
      logger.error({ relay: id }, 'another relay runs under the same RELAY_ID, both publish the same lanes');
    }
  }

  async #startDue(): Promise<void> {
    const { store, holder, now } = this.#options;
    const due = [...this.#startAtMs]
      .filter(([lane, atMs]) => atMs <= now() || this.#isHandedOver(lane))
      .map(([lane]) => lane);
    if (due.length === 0) return;
    // Read now and not earlier: the owner before has stated its last positions meanwhile.
    const starts = await store.starts(due);
    for (const lane of due) this.#startAtMs.delete(lane);
    const inOrder = starts.filter(({ position }) => this.#isHandedOver(position.lane));
    for (const { position } of inOrder) this.#handedOverAtMs.delete(position.lane);
    holder.own(inOrder);
    const rest = starts.filter((start) => !inOrder.includes(start));
    if (rest.length === 0) return;
    for (const { position } of rest) this.#takingOver.add(position.lane);
    // Not awaited: heartbeats must go on.
    void this.#takeOver(rest);
  }

  /** Starts on lanes that nobody handed over, unless they fall to others meanwhile. */
  async #takeOver(starts: readonly LaneStart[]): Promise<void> {
    const { store, holder, outage } = this.#options;
    try {
      const looked = await store.takeOver(starts);
      if (!this.#stopping.signal.aborted)
        holder.own(looked.filter(({ position }) => this.#takingOver.has(position.lane)));
    } catch (error) {
      // Told to stop, nobody keeps the database open for it.
      if (!this.#stopping.signal.aborted) reportDatabaseFailure(outage, error);
    } finally {
      for (const { position } of starts) this.#takingOver.delete(position.lane);
    }
  }

  async #handOver(lanes: readonly number[]): Promise<void> {
    const { holder, store } = this.#options;
    const inOrder = new Set(holder.lanesInOrder);
    await holder.release(lanes);
    // If the word is lost, the newcomer waits a heartbeat.
    await store.handOver(lanes.filter((lane) => inOrder.has(lane))).catch(() => {});
  }

  #isHandedOver(lane: number): boolean {
    const atMs = this.#handedOverAtMs.get(lane);
    return atMs !== undefined && this.#options.now() - atMs <= this.#options.heartbeatMs;
  }

  #forgetAllBut(mine: readonly number[]): void {
    for (const lane of this.#startAtMs.keys()) if (!mine.includes(lane)) this.#startAtMs.delete(lane);
    for (const lane of this.#takingOver) if (!mine.includes(lane)) this.#takingOver.delete(lane);
  }

  /** Lets all lanes go; the next look joins anew. */
  #lapse(): void {
    const { holder, logger, observe } = this.#options;
    this.#hasJoined = false;
    this.#startAtMs.clear();
    this.#takingOver.clear();
    logger.warn('heartbeat lapsed, joining again as a newcomer');
    observe({ kind: 'share-lapsed' });
    void holder.release(holder.lanes);
  }

  #noteMembers(members: readonly string[]): void {
    const isSame = members.length === this.#members.length && members.every((member) => this.#members.includes(member));
    this.#members = members;
    if (isSame) return;
    this.#options.logger.info({ members }, 'relays changed');
    this.#options.observe({ kind: 'members-changed', members });
  }

  #untilStartMs(): number {
    const next = Math.min(...this.#startAtMs.values());
    return Math.max(0, next - this.#options.now());
  }

  /** A little later than the moment itself, lest the clocks' grain make it a moment too early. */
  #untilDeathMs(): number {
    const left = this.#nextDeathAtMs - this.#options.now();
    return left < 0 ? this.#options.heartbeatMs : left + afterDeathMs;
  }

  /** Until the time is up, or someone rings. */
  async #pause(ms: number): Promise<void> {
    const rung = new AbortController();
    const time = this.#options.delay(ms, AbortSignal.any([rung.signal, this.#stopping.signal]));
    await Promise.race([time, this.#bell.heard()]);
    rung.abort();
  }
}
