import { describe, expect, it } from 'vitest';
import { MemoryHistory } from '../../test-fixtures/memory-history.ts';
import { rowOf, rowsOf } from '../../test-fixtures/verify-history.ts';
import { readTopicMapping } from '../topic-mapping.ts';
import { Verification } from './verification.ts';

const never = new AbortController().signal;

function verificationOf(history: MemoryHistory, ledgers?: readonly string[]): Verification {
  return new Verification({
    outbox: history.outbox,
    topics: history.topics,
    mapping: readTopicMapping(['*:all'], 'skip'),
    memoryBytesMax: 10_000_000,
    ledgers: ledgers === undefined ? undefined : new Set(ledgers),
  });
}

const faultsOf = ({ match }: Verification) =>
  Object.entries(match.findings.faults).flatMap(([kind, { count }]) => (count === 0 ? [] : [[kind, count]]));

describe('a pass', () => {
  it('is certain while rows are written and published under it', async () => {
    const history = new MemoryHistory();
    history.publish(...rowsOf(20));
    history.rows.push(rowOf(21));
    history.positions.set(0, 20);
    history.afterReading = () => {
      history.send(rowOf(21));
      history.publish(rowOf(22), rowOf(23));
      history.positions.delete(0);
    };
    const verification = verificationOf(history);
    await verification.advance(never);
    expect(faultsOf(verification)).toEqual([]);
    expect(verification.match.ledgers).toMatchObject([{ ledger: 'main', verifiedUpTo: 20, head: 23 }]);
    history.afterReading = () => {};
    await verification.advance(never);
    expect(faultsOf(verification)).toEqual([]);
    expect(verification.match.ledgers).toMatchObject([{ verifiedUpTo: 23, counts: { matched: 23 } }]);
  });

  it('knows what is parked and held, and who was let pass meanwhile', async () => {
    const history = new MemoryHistory();
    const rows = rowsOf(10);
    history.rows.push(...rows);
    history.send(...rows.slice(0, 3), ...rows.slice(4, 8), ...rows.slice(3, 4));
    history.held.push({ lane: 0, key: 'main', fromSeq: 9 });
    history.afterReading = () => history.parked.push({ lane: 0, seq: 4, policy: 'pass', state: 'published' });
    const verification = verificationOf(history);
    await verification.advance(never);
    expect(faultsOf(verification)).toEqual([]);
    expect(verification.match.findings.total).toMatchObject({ late: 1, 'set-aside': 2 });
  });

  it('says which of the ledgers that it was asked for are unknown', async () => {
    const history = new MemoryHistory();
    history.publish(...rowsOf(3));
    const verification = verificationOf(history, ['main', 'mian']);
    await verification.advance(never);
    expect(verification.unknownLedgers).toEqual(['mian']);
    expect(faultsOf(verification)).toEqual([]);
  });

  it('goes on where it broke off, and takes nothing for a repeat', async () => {
    const history = new MemoryHistory();
    history.publish(...rowsOf(20));
    history.afterReading = () => {
      throw new Error('cut');
    };
    const verification = verificationOf(history);
    await expect(verification.advance(never)).rejects.toThrow('cut');
    history.afterReading = () => {};
    await verification.advance(never);
    expect(verification.match.findings.total).toEqual({ matched: 20 });
  });

  it('may leave out all that was written before', async () => {
    const history = new MemoryHistory();
    history.rows.push(...rowsOf(5));
    history.send(rowOf(1), rowOf(2));
    const verification = verificationOf(history);
    await verification.startAtPresent();
    history.send(rowOf(5));
    history.publish(rowOf(6), rowOf(7));
    await verification.advance(never);
    expect(faultsOf(verification)).toEqual([]);
    expect(verification.match.ledgers).toMatchObject([{ verifiedFrom: 6, verifiedUpTo: 7 }]);
    expect(verification.match.findings.total).toMatchObject({ 'beyond-retention': 1, matched: 2 });
  });

  it('can say nothing of what retention dropped between rows that it kept', async () => {
    const history = new MemoryHistory();
    const rows = rowsOf(9);
    const idle = rowsOf(3).map((row) => rowOf(row.eventSequence, { ledger: 'idle', seq: row.seq + 9 }));
    history.publish(...rows, ...idle, ...rowsOf(2, { ledger: 'other', lane: 1 }));
    // Of the one ledger the middle, of the other the end, and of another lane the end.
    history.rows.splice(3, 4);
    history.rows.splice(history.rows.indexOf(idle[1] ?? rows[0] ?? rowOf(1)), 2);
    history.publish(rowOf(10, { seq: 13 }));
    history.floors.set(1, 2);
    history.rows.splice(-2, 1);
    const verification = verificationOf(history);
    await verification.advance(never);
    expect(faultsOf(verification)).toEqual([]);
    expect(verification.match.findings.total).toEqual({ matched: 8, 'beyond-retention': 7 });
  });

  it('finds a topic ahead where positions were not taken back with the rows', async () => {
    const history = new MemoryHistory();
    history.publish(...rowsOf(9));
    history.rows.splice(6, 3);
    history.positions.set(0, 9);
    const verification = verificationOf(history);
    await verification.advance(never);
    expect(faultsOf(verification)).toEqual([['ahead', 3]]);
  });

  it('walks only the lanes of the ledgers it is asked about', async () => {
    const history = new MemoryHistory();
    history.publish(...rowsOf(5), ...rowsOf(5, { ledger: 'other', lane: 1 }));
    history.records.splice(0, 10);
    const verification = verificationOf(history, ['other']);
    await verification.advance(never);
    expect(faultsOf(verification)).toEqual([['missing', 5]]);
    expect([...verification.match.verifiedByLane.keys()]).toEqual([1]);
  });
});

describe('a pass that can say nothing', () => {
  it('tells of a hole in rows that are not published', async () => {
    const history = new MemoryHistory();
    history.publish(...rowsOf(5).toSpliced(2, 1));
    history.positions.set(0, 2);
    await expect(verificationOf(history).advance(never)).rejects.toThrow('no rows between seq 2 and 4');
  });

  it('tells of a topic that was made anew', async () => {
    const history = new MemoryHistory();
    history.publish(...rowsOf(5));
    const verification = verificationOf(history);
    await verification.advance(never);
    history.records.splice(0, 5);
    await expect(verification.advance(never)).rejects.toThrow('ends at offset 0, and was read to 5');
  });

  it('is given up when told to', async () => {
    const history = new MemoryHistory();
    history.publish(...rowsOf(5));
    const given = new AbortController();
    history.afterReading = () => given.abort();
    await expect(verificationOf(history).advance(given.signal)).rejects.toThrow('given up');
  });
});
