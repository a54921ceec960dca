import { describe, expect, it } from 'vitest';
import { idOf, matched, recordOf, rowOf, rowsOf } from '../../test-fixtures/verify-history.ts';
import { faultKinds } from './findings.ts';
import { renderVerifyReport, verifyReport } from './verify-report.ts';

const rows = rowsOf(4);
const sent = rows.map((row) => recordOf(row));
const well = verifyReport(matched({ rows, records: [...sent, ...sent.slice(2)] }), ['all']);
const phantom = recordOf(rowOf(2), { headers: { id: idOf('x') } });
const ill = verifyReport(matched({ rows, records: [...sent.toSpliced(1, 1), recordOf(rowOf(90)), phantom, phantom] }), [
  'all',
]);

describe('the report for programs', () => {
  it('has every count of a topic, and of a ledger those that are not zero', () => {
    expect(well).toMatchObject({
      ok: true,
      topics: [{ topic: 'all', records: 6, matched: 4, repeated: 2, missing: 0, phantom: 0, 'set-aside': 0 }],
      faults: { missing: { count: 0, examples: [] } },
      counts: { repeated: 2 },
    });
    expect(well.ledgers).toEqual([
      { ledger: 'main', lane: 0, verifiedFrom: 1, verifiedUpTo: 4, head: 4, matched: 4, repeated: 2 },
    ]);
  });

  it.each(faultKinds)('is not well with a fault of the kind %s alone', (kind) => {
    const match = matched({ rows, records: sent });
    match.findings.fault(kind, { why: 'for the test', topic: 'all' });
    expect(verifyReport(match, []).ok).toBe(false);
  });

  it('names topics that rows are for and that do not exist', () => {
    expect(verifyReport(matched({ rows, records: [], partitions: 0 }), ['all', 'idle']).topics).toMatchObject([
      { topic: 'all', records: 0, missing: 4 },
    ]);
  });
});

describe('the report for people', () => {
  it('is short when all is well', () => {
    expect(renderVerifyReport(well, { everyLedger: false }).split('\n')).toEqual([
      'topic  records  matched  repeated  replayed  missing  phantom  altered  out-of-order  ahead',
      'all    6        4        2         0         0        0        0        0             0',
      '',
      'ledger  lane  verified  last  to say',
      'main    0     1 to 4    4     repeated 2',
      '',
      'No fault, but counted: repeated 2.',
      '',
      'All is well: 4 events are in their topics, as they are in the outbox and in order.',
    ]);
  });

  it('leaves out ledgers with nothing to say, unless all are asked for', () => {
    const quiet = verifyReport(matched({ rows, records: sent }), []);
    expect(renderVerifyReport(quiet, { everyLedger: false })).not.toContain('main');
    expect(renderVerifyReport(quiet, { everyLedger: true })).toContain('main    0     1 to 4    4');
  });

  it('says what is wrong, where, and what to do', () => {
    const lines = renderVerifyReport(ill, { everyLedger: false }).split('\n');
    expect(lines).toContain('missing: 1');
    expect(lines).toContain(
      `  ledger main, sequence 2, id ${idOf('main/2')}, lane 0 seq 2, topic all: published, and not in the topic`,
    );
    expect(lines).toContain('phantom: 1');
    expect(lines).toContain('ahead: 2');
    expect(lines).toContain(
      `  ledger main, sequence 2, id ${idOf('x')}, at all/0 offset 4: the database has another event with this sequence (2 times)`,
    );
    expect(lines.filter((line) => line.startsWith('Ahead: '))).toHaveLength(1);
    expect(lines.at(-1)).toBe('Not well: missing 1, phantom 1, ahead 2.');
  });
});
