import { describe, expect, it } from 'vitest';
import { goOn, idOf, matched, matcherOf, recordOf, rowOf, rowsOf } from '../../test-fixtures/verify-history.ts';
import type { HistoryMatch } from './history-match.ts';
import { SightingsFullError } from './sightings.ts';

const first = rowOf(1);
const second = rowOf(2);
const third = rowOf(3);
const fourth = rowOf(4);
const fifth = rowOf(5);
const sixth = rowOf(6);
const rows = [first, second, third, fourth, fifth, sixth];
const sent = rows.map((row) => recordOf(row));

/** What was counted, without what is all right. */
function countsOf({ findings: { total } }: HistoryMatch): Record<string, number> {
  return Object.fromEntries(Object.entries(total).filter(([kind, count]) => kind !== 'matched' && count !== 0));
}

const verifiedUpTo = (match: HistoryMatch) => match.ledgers.map((ledger) => ledger.verifiedUpTo);

describe('innocent histories', () => {
  it.each<[what: string, history: Parameters<typeof matched>[0], counts: Record<string, number>]>([
    ['every event once', { rows, records: sent }, {}],
    ['nothing written, nothing sent', { rows: [], records: [] }, {}],
    ['a stretch sent again', { rows, records: [...sent, ...sent.slice(2)] }, { repeated: 4 }],
    ['rows that wait', { rows, records: sent.slice(0, 4), position: 4 }, { waiting: 2 }],
    ['rows sent whose position is not stated yet', { rows, records: sent, position: 4 }, {}],
    ['a replay', { rows, records: [...sent, recordOf(second, { headers: { replay: 'r' } })] }, { replayed: 1 }],
    [
      'a replay of what retention removed, in the middle of what came later',
      {
        rows,
        records: [...sent.slice(2, 4), recordOf(first, { headers: { replay: 'r' } }), ...sent.slice(4)],
        low: 2,
      },
      { replayed: 1, expired: 1 },
    ],
    [
      'a row set aside',
      { rows, records: sent.toSpliced(2, 1), standingOf: ({ seq }) => ({ isSetAside: seq === 3 }) },
      { 'set-aside': 1 },
    ],
    [
      'a parked row that was let pass and sent later',
      {
        rows,
        records: [...sent.toSpliced(2, 1), ...sent.slice(2, 3)],
        standingOf: ({ seq }) => ({ isExcused: seq === 3 }),
      },
      { late: 1 },
    ],
    ['records that Kafka dropped', { rows, records: sent.slice(3), low: 3 }, { expired: 3 }],
    ['all records dropped by Kafka', { rows, records: [], low: 6 }, { expired: 6 }],
    ['rows that retention dropped', { rows: rows.slice(3), records: sent }, { 'beyond-retention': 3 }],
    ['a ledger of which no row is left', { rows: [], records: sent, isLedger: () => true }, { 'beyond-retention': 6 }],
    [
      'types without a topic',
      {
        rows: [first, rowOf(2, { type: 'SAVED_METADATA' }), ...rows.slice(2)],
        records: sent.toSpliced(1, 1),
        mapping: ['COMMITTED_TRANSACTIONS:all'],
      },
      { unmapped: 1 },
    ],
    [
      'records of an earlier mapping in another topic',
      {
        rows,
        records: [...sent, ...sent.slice(0, 2).map((record) => ({ ...record, topic: 'old' }))],
        mapping: ['SAVED_METADATA:old', '*:all'],
      },
      { elsewhere: 2 },
    ],
    [
      'a ledger whose partition changed, with the repeats of that moment',
      {
        rows,
        records: [...sent.slice(0, 4), ...sent.slice(2).map((record) => ({ ...record, partition: 1 }))],
        partitions: 2,
      },
      { repeated: 2, moved: 1 },
    ],
  ])('%s', (_what, history, counts) => {
    expect(countsOf(matched(history))).toEqual(counts);
  });
});

describe('faults', () => {
  it.each<[what: string, history: Parameters<typeof matched>[0], counts: Record<string, number>]>([
    ['a row that is not there', { rows, records: sent.toSpliced(2, 1) }, { missing: 1 }],
    ['a topic that is not there', { rows, records: [] }, { missing: 6 }],
    [
      'a missing row behind one that Kafka still has',
      { rows, records: sent.toSpliced(4, 1).slice(2), low: 2 },
      { expired: 2, missing: 1 },
    ],
    ['a record without headers', { rows, records: [...sent, { ...recordOf(first), headers: {} }] }, { phantom: 1 }],
    [
      'a record without a proper id',
      { rows, records: [...sent, recordOf(first, { headers: { id: 'x' } })] },
      { phantom: 1 },
    ],
    [
      'a record with sequence 0',
      { rows, records: [...sent, recordOf(first, { headers: { sequence: '0' } })] },
      { phantom: 1 },
    ],
    [
      'a record with an id of nobody behind the real one',
      { rows, records: [...sent, recordOf(third, { headers: { id: idOf('x') } })] },
      { phantom: 1 },
    ],
    [
      'the same phantom three times',
      { rows, records: [...sent, ...Array.from({ length: 3 }, () => recordOf(first, { headers: { id: idOf('x') } }))] },
      { phantom: 3 },
    ],
    [
      'a phantom far beyond the last event, before the rest',
      { rows, records: [...sent.slice(0, 2), recordOf(rowOf(1_000_000)), ...sent.slice(2)] },
      { phantom: 1 },
    ],
    [
      'a record of a ledger that is none',
      { rows, records: [...sent, recordOf(rowOf(1, { ledger: 'other' }))] },
      { phantom: 1 },
    ],
    ['another body', { rows, records: sent.with(2, recordOf(third, { value: Buffer.from('{}') })) }, { altered: 1 }],
    [
      'another body beside the right one',
      { rows, records: [...sent, recordOf(third, { value: Buffer.from('{}') })] },
      { altered: 1 },
    ],
    ['another key', { rows, records: sent.with(2, recordOf(third, { key: Buffer.from('x') })) }, { altered: 1 }],
    ['another type', { rows, records: sent.with(2, recordOf(third, { headers: { type: 'X' } })) }, { altered: 1 }],
    [
      'another sequence',
      { rows, records: sent.with(2, recordOf(third, { headers: { sequence: '77' } })) },
      { altered: 1 },
    ],
    [
      'two events that changed places',
      { rows, records: [first, second, fourth, third, fifth, sixth].map((each) => recordOf(each)) },
      { 'out-of-order': 1 },
    ],
    [
      'an event that came before three others',
      { rows, records: [first, fifth, second, third, fourth, sixth].map((each) => recordOf(each)) },
      { 'out-of-order': 3 },
    ],
    [
      'a ledger that alternates between partitions',
      { rows, records: sent.map((record, index) => ({ ...record, partition: index % 2 })), partitions: 2 },
      { 'out-of-order': 1 },
    ],
    ['a tail that the database has lost', { rows: rows.slice(0, 3), records: sent }, { ahead: 3 }],
    [
      'a tail that the database has lost, and sequences used again',
      {
        rows: [...rows.slice(0, 3), ...[4, 5].map((sequence) => rowOf(sequence, { eventId: idOf(`new ${sequence}`) }))],
        records: [
          ...sent,
          ...[4, 5].map((sequence) => recordOf(rowOf(sequence, { eventId: idOf(`new ${sequence}`) }))),
        ],
      },
      { ahead: 3 },
    ],
    [
      'sequences used again by rows that are not sent yet',
      { rows: [...rows.slice(0, 3), rowOf(4, { eventId: idOf('new') })], records: sent, position: 3 },
      { ahead: 3, waiting: 1 },
    ],
  ])('%s', (_what, history, counts) => {
    expect(countsOf(matched(history))).toEqual(counts);
  });

  it('come with where they are', () => {
    const { findings } = matched({ rows, records: [...sent.toSpliced(2, 1), recordOf(rowOf(9))] });
    expect(findings.faults.missing.examples).toEqual([
      {
        why: 'published, and not in the topic',
        topic: 'all',
        ledger: 'main',
        sequence: 3,
        id: third.eventId,
        lane: 0,
        seq: 3,
      },
    ]);
    expect(findings.faults.phantom.examples).toEqual([
      {
        why: 'no row has this id',
        topic: 'all',
        partition: 0,
        offset: 5,
        ledger: 'main',
        sequence: 9,
        id: idOf('main/9'),
      },
    ]);
  });

  it('come with ten examples at most', () => {
    const { findings } = matched({ rows: rowsOf(50), records: [] });
    expect(findings.faults.missing).toMatchObject({ count: 50 });
    expect(findings.faults.missing.examples).toHaveLength(10);
  });
});

describe('how far a ledger is verified', () => {
  it.each<[what: string, history: Parameters<typeof matched>[0], upTo: number]>([
    ['to its end', { rows, records: sent }, 6],
    ['to the position', { rows, records: sent, position: 4 }, 4],
    ['not beyond what is missing', { rows, records: sent.toSpliced(2, 1) }, 2],
    ['not beyond what is altered', { rows, records: sent.with(2, recordOf(third, { value: null })) }, 2],
    ['not at all where the first is missing', { rows, records: sent.slice(1) }, 0],
    [
      'over what is set aside',
      { rows, records: sent.toSpliced(2, 1), standingOf: ({ seq }) => ({ isSetAside: seq === 3 }) },
      6,
    ],
  ])('%s', (_what, history, upTo) => {
    expect(verifiedUpTo(matched(history))).toEqual([upTo]);
  });

  it('is told of its lane too', () => {
    const others = rowsOf(3).map((each) => rowOf(each.eventSequence, { ledger: 'other', seq: each.seq + 6 }));
    const match = matched({
      rows: [...rows, ...others],
      records: [...sent, ...others.toSpliced(1, 1).map((each) => recordOf(each))],
    });
    expect(verifiedUpTo(match)).toEqual([6, 1]);
    expect(match.verifiedByLane).toEqual(new Map([[0, 7]]));
  });
});

describe('chosen ledgers', () => {
  it('are the only ones that are looked at', () => {
    const others = rowsOf(3).map((each) => rowOf(each.eventSequence, { ledger: 'other', seq: each.seq + 6 }));
    const foreign = { ...recordOf(first), headers: {} };
    const match = matched({ rows: [...rows, ...others], records: [...sent.slice(1), foreign], ledgers: ['other'] });
    expect(countsOf(match)).toEqual({ missing: 3 });
    expect(match.ledgers.map(({ ledger }) => ledger)).toEqual(['other']);
  });
});

describe('a match that goes on', () => {
  it('forgets what was verified, and still knows repeats and what is new', () => {
    const many = rowsOf(300);
    const match = matcherOf({ memoryBytesMax: 10 * 64 * 35 });
    for (let from = 0; from < 300; from += 50) {
      const stretch = many.slice(from, from + 50);
      goOn(match, { rows: stretch, records: stretch.map((each) => recordOf(each, { offset: each.seq })) });
      match.forgetVerified();
    }
    expect(countsOf(match)).toEqual({});
    expect(verifiedUpTo(match)).toEqual([300]);
    goOn(match, { rows: [], records: many.slice(0, 10).map((each) => recordOf(each, { offset: each.seq + 300 })) });
    expect(countsOf(match)).toEqual({ repeated: 10 });
  });

  it('learns that a row which was set aside, or missing, came after all', () => {
    const match = matcherOf({});
    const isHeld = { isSetAside: true };
    goOn(match, { rows, records: sent.slice(0, 2), standingOf: ({ seq }) => (seq > 3 ? isHeld : {}) });
    expect(countsOf(match)).toEqual({ missing: 1, 'set-aside': 3 });
    expect(verifiedUpTo(match)).toEqual([2]);
    match.forgetVerified();
    goOn(match, { rows: [], records: rows.slice(2).map((each) => recordOf(each, { offset: each.seq })) });
    expect(countsOf(match)).toEqual({ missing: 1, 'set-aside': 3 });
    expect(verifiedUpTo(match)).toEqual([6]);
  });

  it('misses a row that is set aside no more and is not sent', () => {
    const match = matcherOf({});
    goOn(match, { rows, records: sent.toSpliced(2, 1), standingOf: ({ seq }) => ({ isSetAside: seq === 3 }) });
    expect(countsOf(match)).toEqual({ 'set-aside': 1 });
    goOn(match, { rows: [], records: [] });
    expect(countsOf(match)).toEqual({ 'set-aside': 1, missing: 1 });
    expect(verifiedUpTo(match)).toEqual([2]);
  });

  it('says each fault once', () => {
    const match = matcherOf({});
    const altered = recordOf(sixth, { value: Buffer.from('{}') });
    const records = [first, third, second].map((each) => recordOf(each));
    goOn(match, { rows, records: [...records, altered, recordOf(rowOf(99))], position: 5 });
    const counts = { missing: 2, altered: 1, phantom: 1, 'out-of-order': 1 };
    expect(countsOf(match)).toEqual(counts);
    goOn(match, { rows: [sixth], records: [] });
    goOn(match, { rows: [], records: [] });
    expect(countsOf(match)).toEqual(counts);
  });

  it('ends when the memory for it is full', () => {
    const match = matcherOf({ memoryBytesMax: 2 * 64 * 35 });
    match.see(recordOf(rowOf(1)));
    match.see(recordOf(rowOf(1_000_000_000)));
    expect(() => match.see(recordOf(rowOf(500)))).toThrow(SightingsFullError);
  });
});
