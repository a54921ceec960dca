import { describe, expect, test } from 'vitest';
import type { Fault } from './auditor-findings.ts';
import type { TopicRecord } from './auditor-history.ts';
import { audit, type AuditInput } from './auditor.ts';
import { found, History } from './planted-history.ts';

const huge = '123456789012345678901234567890';

function committed(txid: number, { mark, amount = '5', volumes }: { mark: string; amount?: string; volumes: string }) {
  return (
    `{"transactions":[{"postings":[{"source":"world","destination":"user","amount":${amount},"asset":"EUR"}],` +
    `"reference":"","metadata":{"mark":"${mark}"},"txid":${txid},"timestamp":"2026-11-23T10:00:00Z"}],"volumes":${volumes}}`
  );
}

function volumesOf(user: string): string {
  return `{"user":{"EUR":{"input":${user},"output":0}},"world":{"EUR":{"input":0,"output":${user}}}}`;
}

function goodHistory(): { history: History; input: AuditInput } {
  const history = new History();
  history.append('a', 'COMMITTED_TRANSACTIONS', committed(0, { mark: 'w1', volumes: volumesOf('5') }));
  history.append('b', 'COMMITTED_TRANSACTIONS', committed(0, { mark: 'w2', amount: huge, volumes: volumesOf(huge) }));
  history.append('a', 'SAVED_METADATA', '{"targetType":"ACCOUNT","targetId":"user","metadata":{"mark":"w3"}}');
  history.append('a', 'COMMITTED_TRANSACTIONS', committed(1, { mark: 'w4', volumes: volumesOf('10') }));
  history.append(
    'a',
    'REVERTED_TRANSACTION',
    '{"revertedTransaction":{"txid":0,"metadata":{"mark":"w1"}},"revertTransaction":{"txid":1}}',
  );
  history.append('b', 'UPDATED_MAPPING', '{"mapping":{"contracts":[{"name":"w5","account":"x","expr":{"$and":[]}}]}}');
  // A relay that died took a2 and a3 along once more.
  history.publish('a2');
  history.publish('a3');
  const input: AuditInput = {
    records: history.records,
    outbox: history.outbox,
    writes: [
      { kind: 'transaction', ledger: 'a', mark: 'w1', outcome: 'written', txids: [0] },
      { kind: 'transaction', ledger: 'b', mark: 'w2', outcome: 'written', txids: [0] },
      { kind: 'account-metadata', ledger: 'a', mark: 'w3', outcome: 'written', txids: [] },
      { kind: 'transaction', ledger: 'a', mark: 'w4', outcome: 'unknown', txids: [] },
      { kind: 'revert', ledger: 'a', mark: 'reverts 0', outcome: 'written', txids: [1] },
      { kind: 'revert', ledger: 'a', mark: undefined, outcome: 'refused', txids: [] },
      { kind: 'mapping', ledger: 'b', mark: 'w5', outcome: 'written', txids: [] },
      { kind: 'transaction', ledger: 'a', mark: 'w6', outcome: 'refused', txids: [] },
      { kind: 'transaction', ledger: 'a', mark: 'w7', outcome: 'previewed', txids: [] },
    ],
    balances: [
      { ledger: 'a', account: 'user', asset: 'EUR', input: 10n, output: 0n },
      { ledger: 'a', account: 'world', asset: 'EUR', input: 0n, output: 10n },
      { ledger: 'b', account: 'user', asset: 'EUR', input: BigInt(huge), output: 0n },
      { ledger: 'b', account: 'world', asset: 'EUR', input: 0n, output: BigInt(huge) },
    ],
    tallies: [
      {
        ledger: 'a',
        transactions: 2,
        loggedTransactions: 2,
        nextTxid: 2,
        outboxRows: 4,
        loggedEvents: 4,
        mappings: 0,
        unorderedLogs: 0,
      },
      {
        ledger: 'b',
        transactions: 1,
        loggedTransactions: 1,
        nextTxid: 1,
        outboxRows: 2,
        loggedEvents: 1,
        mappings: 1,
        unorderedLogs: 0,
      },
    ],
    positions: [
      { lane: 1, seq: 2, relay: 'one', recordedAtMs: 1_002 },
      { lane: 1, seq: 4, relay: 'one', recordedAtMs: 1_010 },
      { lane: 2, seq: 2, relay: 'one', recordedAtMs: 1_010 },
    ],
  };
  return { history, input };
}

test('a history with repeats and nothing else is clean, and the repeats are counted', () => {
  const { input } = goodHistory();
  expect(audit(input)).toEqual({
    records: 8,
    events: 6,
    repeats: 2,
    ledgers: 2,
    balances: expect.any(Array),
    faults: {},
  });
});

test('a position may pass rows while their key is held', () => {
  const { input } = goodHistory();
  const positions = [{ lane: 1, seq: 4, relay: 'one', recordedAtMs: 1_001 }];
  const holds = [{ lane: 1, key: 'a', fromSeq: 2, sinceMs: 1_000, untilMs: 1_010 }];
  expect(audit({ ...input, positions, holds }).faults).toEqual({});
});

test('some ledgers are audited alone, without the lanes and records that they share with others', () => {
  const { history, input } = goodHistory();
  const ofB = {
    ...input,
    ledgers: ['b'],
    outbox: history.outbox.filter((row) => row.ledger === 'b' && row.seq > 1),
    writes: [],
    tallies: [],
    balances: [],
    records: history.records.filter((record) => record.headers['id'] !== 'b1'),
  };
  for (const row of ofB.outbox) row.eventSequence = 1;
  for (const record of ofB.records.filter(({ headers }) => headers['id'] === 'b2')) {
    record.headers = { ...record.headers, sequence: '1' };
  }
  expect(audit(ofB).faults).toEqual({});
  expect(Object.keys(audit({ ...ofB, records: [] }).faults)).toContain('missing');
});

test('a topic of some types is held against these types only', () => {
  const { history, input } = goodHistory();
  const isCommit = (record: TopicRecord) => record.headers['type'] === 'COMMITTED_TRANSACTIONS';
  const publishedTypes = ['COMMITTED_TRANSACTIONS'];
  const some = { ...input, records: history.records.filter(isCommit), publishedTypes };
  expect(audit(some).faults).toEqual({});
  expect(Object.keys(audit({ ...input, publishedTypes }).faults)).toContain('phantom');
});

/** What is planted, and the faults that must be reported for it: no more and no fewer. */
const planted: { what: string; plant: (history: History, input: AuditInput) => AuditInput | void; faults: Fault[] }[] =
  [
    {
      what: 'an event that never arrives',
      plant: (history) => void history.records.splice(history.records.indexOf(history.record('b2')), 1),
      faults: ['missing', 'skipped', 'lost-write'],
    },
    {
      what: 'an event that never arrives though later ones do',
      plant: (history, input) => ({
        ...input,
        positions: [],
        records: history.records.filter((record) => record.headers['id'] !== 'a2'),
      }),
      faults: ['missing', 'skipped', 'lost-write', 'disordered'],
    },
    {
      what: 'a record of an event that was never committed',
      plant: (history) => {
        const like = history.record('a4');
        history.records.push({ ...like, headers: { ...like.headers, id: 'a5', sequence: '5' } });
      },
      faults: ['phantom', 'disordered', 'doubled-write'],
    },
    {
      what: 'a record with one byte more',
      plant: (history) => {
        const record = history.record('a2');
        record.value = Buffer.concat([record.value, Buffer.from(' ')]);
      },
      faults: ['phantom', 'changed'],
    },
    {
      what: 'a repeat with other bytes',
      plant: (history) => {
        const repeat = found(history.records.findLast((record) => record.headers['id'] === 'a2'));
        repeat.value = Buffer.from(`${repeat.value.toString()} `);
      },
      faults: ['phantom', 'changed'],
    },
    {
      what: 'a repeat with another sequence',
      plant: (history) => {
        const repeat = found(history.records.findLast((record) => record.headers['id'] === 'a2'));
        repeat.headers = { ...repeat.headers, sequence: '9' };
      },
      faults: ['changed', 'misplaced'],
    },
    {
      what: 'two events under one sequence',
      plant: (history) => {
        history.row('a3').eventSequence = 2;
        for (const record of history.records.filter(({ headers }) => headers['id'] === 'a3')) {
          record.headers = { ...record.headers, sequence: '2' };
        }
      },
      faults: ['changed', 'uneven'],
    },
    {
      what: 'an event that first appears after its successor',
      plant: (history) => {
        const [one, two] = [history.record('a2'), history.record('a3')];
        const [at, then] = [history.records.indexOf(one), history.records.indexOf(two)];
        history.records[at] = two;
        history.records[then] = one;
      },
      faults: ['disordered', 'skipped'],
    },
    {
      what: 'a record under another key',
      plant: (history) => {
        history.record('a2').key = 'b';
      },
      faults: ['misplaced'],
    },
    {
      what: 'a record that names another type in its header',
      plant: (history) => {
        const record = history.record('a2');
        record.headers = { ...record.headers, type: 'UPDATED_MAPPING' };
      },
      faults: ['misplaced', 'malformed', 'lost-write'],
    },
    {
      what: 'a ledger in two partitions',
      plant: (history) => {
        history.record('a4').partition = 0;
      },
      faults: ['misplaced'],
    },
    {
      what: 'a body that is no event',
      plant: (history) => {
        history.row('b2').body = '[]';
        history.record('b2').value = Buffer.from('[]');
      },
      faults: ['malformed', 'lost-write'],
    },
    {
      what: 'a hole in a lane',
      plant: (history) => {
        history.row('b2').seq = 3;
      },
      faults: ['uneven'],
    },
    {
      what: 'a ledger in two lanes',
      plant: (history) => {
        Object.assign(history.row('b2'), { lane: 1, seq: 5 });
      },
      faults: ['uneven'],
    },
    {
      what: 'an outbox order other than that of the ledger',
      plant: (history) => {
        history.row('a2').seq = 3;
        history.row('a3').seq = 2;
      },
      faults: ['uneven'],
    },
    {
      what: 'a write that was answered and never came to be',
      plant: (_history, input) => ({
        ...input,
        writes: [{ kind: 'batch', ledger: 'a', mark: 'w8', outcome: 'written', txids: [7] }],
      }),
      faults: ['lost-write'],
    },
    {
      what: 'a revert that was answered and never came to be',
      plant: (_history, input) => ({
        ...input,
        writes: [{ kind: 'revert', ledger: 'a', mark: 'reverts 1', outcome: 'written', txids: [2] }],
      }),
      faults: ['lost-write'],
    },
    {
      what: 'an answer with another txid',
      plant: (_history, input) => ({
        ...input,
        writes: [{ kind: 'transaction', ledger: 'a', mark: 'w1', outcome: 'written', txids: [1] }],
      }),
      faults: ['lost-write'],
    },
    ...(['refused', 'previewed'] as const).map((outcome) => ({
      what: `a ${outcome} write with an event`,
      plant: (_history: History, input: AuditInput): AuditInput => ({
        ...input,
        writes: [{ kind: 'transaction', ledger: 'a', mark: 'w4', outcome, txids: [] }],
      }),
      faults: ['trace'] as Fault[],
    })),
    {
      what: 'a write that was made twice',
      plant: (history) => {
        history.append(
          'a',
          'COMMITTED_TRANSACTIONS',
          committed(2, { mark: 'w4', amount: '0', volumes: volumesOf('10') }),
        );
      },
      faults: ['doubled-write'],
    },
    {
      what: 'a txid with a gap before it',
      plant: (history, input) => {
        history.append(
          'a',
          'COMMITTED_TRANSACTIONS',
          committed(3, { mark: 'w9', amount: '0', volumes: volumesOf('10') }),
        );
        return input;
      },
      faults: ['txid-gap'],
    },
    {
      what: 'an event that shows wrong volumes',
      plant: (history) => {
        const row = history.row('b1');
        row.body = row.body.replace(`"output":${huge}`, `"output":${huge}0`);
        history.record('b1').value = Buffer.from(row.body);
      },
      faults: ['wrong-volumes'],
    },
    {
      what: 'an event that leaves out a touched volume',
      plant: (history) => {
        const row = history.row('a1');
        row.body = row.body.replace(/,"world":\{"EUR":\{[^}]+\}\}/, '');
        history.record('a1').value = Buffer.from(row.body);
      },
      faults: ['wrong-volumes'],
    },
    {
      what: 'a balance that differs in the last digit of thirty',
      plant: (_history, input) => ({
        ...input,
        balances: found(input.balances).map((row) => ({
          ...row,
          input: row.ledger === 'b' ? row.input + 1n : row.input,
        })),
      }),
      faults: ['wrong-balance', 'unbalanced'],
    },
    {
      what: 'a balance that the topic does not know',
      plant: (_history, input) => ({
        ...input,
        balances: [...found(input.balances), { ledger: 'a', account: 'x', asset: 'EUR', input: 1n, output: 0n }],
      }),
      faults: ['wrong-balance', 'unbalanced'],
    },
    {
      what: 'a balance that only the topic knows',
      plant: (_history, input) => ({ ...input, balances: found(input.balances).slice(1) }),
      faults: ['wrong-balance', 'unbalanced'],
    },
    {
      what: 'a log that adds up to something else',
      plant: (_history, input) => ({ ...input, logVolumes: found(input.balances).slice(0, 2) }),
      faults: ['wrong-balance'],
    },
    ...(
      [
        'transactions',
        'loggedTransactions',
        'nextTxid',
        'outboxRows',
        'loggedEvents',
        'mappings',
        'unorderedLogs',
      ] as const
    ).map((count) => ({
      what: `a ledger whose ${count} are one more than all else says`,
      plant: (_history: History, input: AuditInput): AuditInput => ({
        ...input,
        tallies: found(input.tallies).map((tally) => ({
          ...tally,
          [count]: tally[count] + (tally.ledger === 'a' ? 1 : 0),
        })),
      }),
      faults: ['torn'] as Fault[],
    })),
    {
      what: 'a position that was recorded before the record arrived',
      plant: (_history, input) => ({
        ...input,
        positions: [{ lane: 1, seq: 3, relay: 'one', recordedAtMs: 1_002 }],
      }),
      faults: ['early-position'],
    },
    {
      what: 'a position over a held row, from before the hold',
      plant: (_history, input) => ({
        ...input,
        positions: [{ lane: 1, seq: 3, relay: 'one', recordedAtMs: 1_001 }],
        holds: [{ lane: 1, key: 'a', fromSeq: 2, sinceMs: 1_002, untilMs: 1_010 }],
      }),
      faults: ['early-position'],
    },
    {
      what: 'a position over a held row, from after the hold',
      plant: (_history, input) => ({
        ...input,
        positions: [{ lane: 1, seq: 3, relay: 'one', recordedAtMs: 1_002 }],
        holds: [{ lane: 1, key: 'a', fromSeq: 2, sinceMs: 1_000, untilMs: 1_001 }],
      }),
      faults: ['early-position'],
    },
    {
      what: 'a position over a row of another key than the held one',
      plant: (_history, input) => ({
        ...input,
        positions: [{ lane: 1, seq: 3, relay: 'one', recordedAtMs: 1_002 }],
        holds: [{ lane: 1, key: 'b', fromSeq: 2, sinceMs: 1_000, untilMs: 1_010 }],
      }),
      faults: ['early-position'],
    },
    {
      what: 'a position over a row before the held ones',
      plant: (_history, input) => ({
        ...input,
        positions: [{ lane: 1, seq: 3, relay: 'one', recordedAtMs: 1_001 }],
        holds: [{ lane: 1, key: 'a', fromSeq: 3, sinceMs: 1_000, untilMs: 1_010 }],
      }),
      faults: ['early-position'],
    },
    {
      what: 'a position over a row that never arrived',
      plant: (history, input) => ({
        ...input,
        records: history.records.filter((record) => record.headers['id'] !== 'b2'),
      }),
      faults: ['missing', 'skipped', 'lost-write', 'early-position'],
    },
  ];

describe('the auditor reports', () => {
  test.each(planted)('$what', ({ plant, faults }) => {
    const { history, input } = goodHistory();
    const changed = plant(history, input) ?? { ...input, positions: [] };
    expect(Object.keys(audit(changed).faults).sort()).toEqual([...faults].sort());
  });
});

test('what is found is counted in full and shown in part', () => {
  const { input } = goodHistory();
  const { faults } = audit({ ...input, records: [], writes: [] });
  expect(faults.missing?.count).toBe(6);
  expect(faults.missing?.examples).toHaveLength(5);
});
