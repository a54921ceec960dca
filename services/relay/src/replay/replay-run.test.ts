import type { ReplayLane, ReplayPage, ReplayState, StoredRow } from '@daybook/outbox';
import { createLogger } from '@daybook/runtime';
import { describe, expect, it } from 'vitest';
import { MemoryPublisher } from '../../test-fixtures/memory-publisher.ts';
import type { Failure } from '../publisher.ts';
import { readTopicMapping } from '../topic-mapping.ts';
import { ReplayRun } from './replay-run.ts';
import type { ReplayStore } from './replay-store.ts';

const at = '2026-01-01 00:00:00+00';
const lanes = 2;
const rowsOfLane = 20;

function rowOf(lane: number, seq: number): StoredRow {
  return {
    lane,
    seq,
    at,
    eventId: `${lane}:${seq}`,
    type: seq % 10 === 0 ? 'SAVED_METADATA' : 'COMMITTED_TRANSACTIONS',
    ledger: `ledger-${lane}`,
    eventSequence: seq,
    key: `ledger-${lane}`,
    headers: null,
    body: JSON.stringify({ lane, seq }),
    bytes: 10,
  };
}

/** A replay of two lanes with 20 rows each, in memory. */
class MemoryStore implements ReplayStore {
  readonly progress = new Map<number, number>();
  state: ReplayState = 'running';
  error: string | null = null;
  readonly notes: (string | null)[] = [];
  sentRows = 0;
  isPaused = false;
  /** Called before each page is read. */
  onPage: () => void = () => {};
  /** Rows up to it are not kept any more. */
  gone = 0;

  async lanes(): Promise<readonly ReplayLane[]> {
    return Array.from({ length: lanes }, (_, lane) => ({
      lane,
      seq: this.progress.get(lane) ?? 0,
      at,
      untilSeq: rowsOfLane,
    })).filter((lane) => lane.seq < lane.untilSeq);
  }

  async page({ lane, seq, untilSeq }: ReplayLane, limits: { readonly rows: number }): Promise<ReplayPage> {
    this.onPage();
    const lastSeq = Math.min(untilSeq, seq + limits.rows);
    return {
      state: this.state,
      isPaused: this.isPaused,
      firstSeq: Math.max(this.gone, seq) + 1,
      lastSeq,
      lastAt: at,
      rows: Array.from({ length: lastSeq - seq }, (_, index) => rowOf(lane, seq + 1 + index)),
    };
  }

  async save(progress: { lane: number; afterSeq: number; seq: number; sentRows: number }): Promise<boolean> {
    if ((this.progress.get(progress.lane) ?? 0) !== progress.afterSeq) return false;
    this.progress.set(progress.lane, progress.seq);
    this.sentRows += progress.sentRows;
    return true;
  }

  async note(error: string | null): Promise<ReplayState> {
    this.notes.push(error);
    this.error = error;
    return this.state;
  }

  async fail(error: string): Promise<true> {
    this.state = 'failed';
    this.error = error;
    return true;
  }

  async finish(): Promise<true> {
    this.state = 'done';
    return true;
  }
}

interface Started {
  readonly store: MemoryStore;
  readonly publisher: MemoryPublisher;
  readonly waitsMs: number[];
  readonly leave: AbortController;
  readonly run: ReplayRun;
  readonly passedMs: () => number;
}

function runOf(options: { readonly rowsPerSecond?: number; readonly mapping?: string } = {}): Started {
  const store = new MemoryStore();
  const publisher = new MemoryPublisher();
  const waitsMs: number[] = [];
  const leave = new AbortController();
  let nowMs = 0;
  const run = new ReplayRun({
    replay: { id: 'replay-1', mapping: null, rowsPerSecond: options.rowsPerSecond ?? 20 },
    store,
    publisher,
    mapping: readTopicMapping([options.mapping ?? '*:again'], 'skip'),
    logger: createLogger({ service: 'relay', level: 'silent' }),
    stopping: leave.signal,
    batchRows: 500,
    batchBytes: 1_000_000,
    retryBaseMs: 10,
    retryMaxMs: 100,
    delay: async (ms) => {
      waitsMs.push(ms);
      nowMs += ms;
    },
    now: () => nowMs,
    onAcknowledged: () => {},
  });
  return { store, publisher, waitsMs, leave, run, passedMs: () => nowMs };
}

const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);
const failureOf = (failure: { kind: 'poison' | 'fatal' } | { kind: 'retry'; reason: 'broker' | 'topic' }): Failure => ({
  ...failure,
  error: new Error('staged'),
});

describe('a run of a replay', () => {
  it('sends each lane in sequence, marks every record, and is done', async () => {
    const { run, store, publisher } = runOf();
    await run.run();
    expect(publisher.sequencesOf(0)).toEqual(upTo(rowsOfLane));
    expect(publisher.sequencesOf(1)).toEqual(upTo(rowsOfLane));
    expect(publisher.records.every(({ topic, headers }) => topic === 'again' && headers['replay'] === 'replay-1')).toBe(
      true,
    );
    expect(publisher.records[0]).toMatchObject({ key: 'ledger-0', headers: { id: '0:1', sequence: '1' } });
    expect(store).toMatchObject({ state: 'done', sentRows: 40, error: null });
  });

  it('keeps to its rate', async () => {
    const { run, passedMs } = runOf({ rowsPerSecond: 20 });
    await run.run();
    expect(passedMs()).toBeGreaterThanOrEqual((1_000 * (2 * rowsOfLane - 5)) / 20);
    expect(passedMs()).toBeLessThan((1_000 * (2 * rowsOfLane + 5)) / 20);
  });

  it('leaves out rows whose type has no topic', async () => {
    const { run, store, publisher } = runOf({ mapping: 'SAVED_METADATA:again' });
    await run.run();
    expect(publisher.sequencesOf(0)).toEqual([10, 20]);
    expect(store).toMatchObject({ state: 'done', sentRows: 4 });
  });

  it.each([
    failureOf({ kind: 'retry', reason: 'broker' }),
    failureOf({ kind: 'retry', reason: 'topic' }),
    failureOf({ kind: 'fatal' }),
  ])('tries again for as long as it takes after $kind, and says what holds it up', async (failure) => {
    const { run, store, publisher } = runOf();
    let refusals = 0;
    publisher.refuse = ({ headers }) => (headers['id'] === '0:3' && (refusals += 1) <= 20 ? failure : undefined);
    await run.run();
    expect(publisher.sequencesOf(0).toSorted((a, b) => a - b)).toEqual(upTo(rowsOfLane));
    expect(store).toMatchObject({ state: 'done', error: null });
    expect(store.notes).toEqual([...Array.from({ length: 20 }, () => 'again: staged'), null]);
  });

  it('fails at a record that is refused for what it is, names it, and has stored what came before', async () => {
    const { run, store, publisher } = runOf();
    publisher.refuse = ({ headers }) => (headers['id'] === '0:8' ? failureOf({ kind: 'poison' }) : undefined);
    await run.run();
    expect(store.state).toBe('failed');
    expect(store.error).toMatch(
      /^event 0:8 \(ledger ledger-0, sequence 8; lane 0, seq 8\) is refused for what it is: staged$/,
    );
    expect(store.progress.get(0)).toBe(7);
    expect(store.sentRows).toBe(7);
  });

  it('is ended by a cancel before the next page', async () => {
    const { run, store, publisher } = runOf();
    let pages = 0;
    store.onPage = () => {
      pages += 1;
      if (pages === 3) store.state = 'cancelled';
    };
    await run.run();
    expect(publisher.records).toHaveLength(10);
    expect(store.progress.get(0)).toBe(10);
  });

  it('is ended by a cancel while it waits for a broker', async () => {
    const { run, store, publisher, waitsMs } = runOf();
    publisher.refuse = () => failureOf({ kind: 'retry', reason: 'broker' });
    store.note = async () => (waitsMs.length > 5 ? 'cancelled' : 'running');
    await run.run();
    expect(publisher.records).toEqual([]);
    expect(waitsMs).toHaveLength(6);
  });

  it('leaves behind the page in flight when another relay is to run it', async () => {
    const { run, store, publisher, leave } = runOf();
    publisher.refuse = ({ headers }) => {
      if (headers['id'] === '0:7') leave.abort();
      return undefined;
    };
    await run.run();
    expect(store.progress.get(0)).toBe(10);
    expect(store.state).toBe('running');
  });

  it('goes on from what another relay has stored meanwhile', async () => {
    const { run, store, publisher } = runOf();
    let pages = 0;
    store.onPage = () => {
      pages += 1;
      if (pages === 2) store.progress.set(0, 18);
    };
    await run.run();
    expect(publisher.sequencesOf(0)).toEqual([...upTo(10), 19, 20]);
    expect(store.state).toBe('done');
  });

  it('waits for the end of a pause, and says so', async () => {
    const { run, store, publisher } = runOf();
    store.isPaused = true;
    const seen: unknown[] = [];
    store.onPage = () => {
      seen.push([publisher.records.length, run.isWaiting]);
      store.isPaused = seen.length < 5;
    };
    await run.run();
    expect(seen.slice(0, 6)).toEqual([
      [0, false],
      [0, true],
      [0, true],
      [0, true],
      [0, true],
      [5, false],
    ]);
    expect(store.notes).toEqual([...Array.from({ length: 4 }, () => 'waits for the end of a pause'), null]);
    expect(store.state).toBe('done');
  });

  it('fails where the next rows are not kept any more, and says which', async () => {
    const { run, store, publisher } = runOf();
    let pages = 0;
    store.onPage = () => {
      pages += 1;
      if (pages === 2) store.gone = 12;
    };
    await run.run();
    expect(publisher.sequencesOf(0)).toEqual(upTo(5));
    expect(store.error).toBe('rows 6 to 12 of lane 0 are not kept any more; resume it to go on behind them');
  });
});
