import type { HeldKey, LaneCursor, ParkedRow, Pause, Position } from '@daybook/outbox';
import { Bell } from './bell.ts';
import type { LaneDecisions } from './set-aside.ts';

/** What operators decided and what is set aside, as the database says. */
interface DecisionStore {
  pauses(): Promise<readonly Pause[]>;
  pausedLedgers(lanes: readonly number[]): Promise<readonly { readonly name: string; readonly lane: number }[]>;
  heldKeys(lanes: readonly number[]): Promise<readonly HeldKey[]>;
  rowsSetAside(positions: readonly Position[]): Promise<readonly Pick<ParkedRow, 'lane' | 'seq'>[]>;
  /** Notes what a relay before this one parked, and this one has sent. */
  notePassedHalts(lanes: readonly number[]): Promise<void>;
  passedRowsToRetry(lanes: readonly number[]): Promise<readonly LaneCursor[]>;
}

interface DecisionWatchOptions {
  readonly store: DecisionStore;
  /** Up to where each lane of ours was acknowledged. */
  readonly acknowledged: () => readonly Position[];
  readonly heed: (decisions: ReadonlyMap<number, LaneDecisions>) => void;
  /** Compares clocks on the way. */
  readonly measureClock: () => Promise<void>;
  readonly intervalMs: number;
  /** Runs work until the database answers; undefined when told to stop. */
  readonly answered: <Result>(work: () => Promise<Result>) => Promise<Result | undefined>;
  readonly delay: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Looks now and then, and when told that something was decided, at what operators want of the lanes of this relay. */
export class DecisionWatch {
  readonly #options: DecisionWatchOptions;
  readonly #bell = new Bell();
  readonly #stopping = new AbortController();

  constructor(options: DecisionWatchOptions) {
    this.#options = options;
  }

  /** Looks at once. */
  wake(): void {
    this.#bell.ring();
  }

  /** Looks until `stop`. Rejects only on a defect. */
  async run(): Promise<void> {
    const { answered, heed, intervalMs, delay } = this.#options;
    while (!this.#stopping.signal.aborted) {
      const decisions = await answered(async () => this.#look());
      if (decisions !== undefined) heed(decisions);
      const rung = new AbortController();
      const time = delay(intervalMs, AbortSignal.any([rung.signal, this.#stopping.signal]));
      await Promise.race([time, this.#bell.heard()]);
      rung.abort();
    }
  }

  stop(): void {
    this.#stopping.abort();
    this.#bell.ring();
  }

  async #look(): Promise<ReadonlyMap<number, LaneDecisions>> {
    const { store, acknowledged, measureClock } = this.#options;
    await measureClock();
    const askedAtMs = performance.now();
    const positions = acknowledged();
    const lanes = positions.map(({ lane }) => lane);
    if (lanes.length === 0) return new Map();
    const [pauses, ledgers, held, setAside, retries] = await Promise.all([
      store.pauses(),
      store.pausedLedgers(lanes),
      store.heldKeys(lanes),
      store.rowsSetAside(positions),
      store.passedRowsToRetry(lanes),
      store.notePassedHalts(lanes),
    ]);
    const isAllPaused = pauses.some(({ scope }) => scope === 'all');
    const pausedLanes = new Set(pauses.filter(({ scope }) => scope === 'lane').map(({ target }) => Number(target)));
    return new Map(
      lanes.map((lane) => [
        lane,
        {
          askedAtMs,
          isPaused: isAllPaused || pausedLanes.has(lane),
          pausedKeys: ledgers.filter((ledger) => ledger.lane === lane).map(({ name }) => name),
          held: held.filter((key) => key.lane === lane),
          setAside: setAside.filter((row) => row.lane === lane),
          retries: retries.filter((row) => row.lane === lane),
        },
      ]),
    );
  }
}
