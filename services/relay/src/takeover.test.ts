import type { RowIdentity } from '@daybook/outbox';
import { createLogger } from '@daybook/runtime';
import { describe, expect, it } from 'vitest';
import type { Signal } from './observer.ts';
import { Takeover, type TailRecord } from './takeover.ts';
import { readTopicMapping } from './topic-mapping.ts';

const lane = 3;

const row = (seq: number, ledger = 'main'): RowIdentity => ({
  lane,
  seq,
  eventId: `id-${seq}`,
  type: 'COMMITTED_TRANSACTIONS',
  ledger,
  eventSequence: seq,
});

const record = (sequence: number, changes: Partial<TailRecord> = {}): TailRecord => ({
  topic: 'default',
  ledger: 'main',
  sequence,
  id: `id-${sequence}`,
  ...changes,
});

const start = (seq: number) => ({ position: { lane, seq, at: '-infinity' }, held: [], setAside: [], isPaused: false });

/** Rows 1 to 10 of one ledger, of which a look knows those from 4 on. */
async function look(
  records: readonly TailRecord[],
  { dedupe = true, failures = 0, ledgers = new Map([['main', lane]]), lanes = 1 } = {},
) {
  const paused: string[] = [];
  const signals: Signal[] = [];
  const asked: (number | undefined)[] = [];
  const headsAsked: (readonly string[])[] = [];
  let rowsAsked = 0;
  let left = failures;
  const takeover = new Takeover({
    store: {
      rowsAround: async (positions, { above, below }) => {
        rowsAsked = positions.length * (above + below);
        return [4, 5, 6, 7, 8, 9, 10].map((seq) => row(seq));
      },
      keepPaused: async (of, why) => void paused.push(`${of}: ${why}`),
      lastStatedAtMs: async () => 1_000_000,
      lanesOfLedgers: async (names) => new Map([...ledgers].filter(([name]) => names.includes(name))),
      ledgerHeads: async (_lane, names) => {
        headsAsked.push(names);
        return new Map(names.includes('main') ? [['main', 10]] : []);
      },
    },
    tail: {
      read: async (_topics, { sinceMs }) => {
        asked.push(sinceMs);
        left -= 1;
        if (left >= 0) throw new Error('away');
        return records;
      },
    },
    mapping: readTopicMapping(['*:default'], 'skip'),
    dedupe,
    observe: (signal) => signals.push(signal),
    logger: createLogger({ service: 'relay', level: 'silent' }),
    delay: async () => {},
  });
  const others = Array.from({ length: lanes - 1 }, (_, index) => ({
    ...start(0),
    position: { lane: 100 + index, seq: 0, at: '-infinity' },
  }));
  const [looked] = await takeover.look([start(6), ...others]);
  return { looked, signals, asked, headsAsked, rowsAsked, paused };
}

describe('a takeover', () => {
  it('finds what was sent above the position, and begins to read before the position was stated', async () => {
    const { looked, signals, asked } = await look([record(5), record(6), record(7), record(8)]);
    expect(looked).toMatchObject({ inTopic: new Set(['id-7', 'id-8']), ahead: undefined });
    expect(signals).toEqual([{ kind: 'lanes-taken-over', lanes: 1, rows: 2 }]);
    expect(asked).toEqual([970_000]);
  });

  it('counts it all the same where it is to be repeated', async () => {
    const { looked, signals } = await look([record(7)], { dedupe: false });
    expect(looked?.inTopic).toBeUndefined();
    expect(signals).toEqual([{ kind: 'lanes-taken-over', lanes: 1, rows: 1 }]);
  });

  it.each([
    ['another event under the sequence of a row', [record(8, { id: 'other' })]],
    ['a sequence above the head of its ledger', [record(11), record(12)]],
  ])('stops at %s', async (_what, records) => {
    const { looked, paused } = await look([record(7), ...records]);
    expect(paused).toEqual([`${lane}: ${looked?.ahead?.message}`]);
    expect(looked?.ahead?.message).toContain('the database was restored');
    expect(looked?.ahead?.message).toContain(`main ${records[0]?.sequence}`);
  });

  it.each([
    ['old records that the look does not reach', [record(2), record(3)]],
    ['another topic', [record(7, { topic: 'other' })]],
    ['a ledger of another database', [record(99, { ledger: 'elsewhere' })]],
    ['a ledger of another lane', [record(99, { ledger: 'neighbour' })]],
  ])('is not misled by %s', async (_what, records) => {
    const ledgers = new Map([
      ['main', lane],
      ['neighbour', lane + 1],
    ]);
    const { looked } = await look(records, { ledgers });
    expect(looked).toMatchObject({ inTopic: new Set(), ahead: undefined });
  });

  it('asks for the heads of ledgers only where a record is above all rows at hand', async () => {
    expect((await look([record(1), record(2), record(7)])).headsAsked).toEqual([]);
    expect((await look([record(1), record(11)])).headsAsked).toEqual([['main']]);
  });

  it.each([
    [1, 3_000],
    [64, 192_000],
    [1_024, 201_728],
  ])('asks for no more rows than it can hold, of %d lanes %d', async (count, rows) => {
    expect((await look([], { lanes: count })).rowsAsked).toBe(rows);
  });

  it('tries again, and goes on without when the topics cannot be read', async () => {
    expect((await look([record(7)], { failures: 2 })).looked?.inTopic).toEqual(new Set(['id-7']));
    expect((await look([record(7)], { failures: 3 })).looked).toEqual(start(6));
  });
});
