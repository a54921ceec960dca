import { describe, expect, test } from 'vitest';
import type { Fault } from './auditor-findings.ts';
import type { ReportedWrite } from './auditor-writes.ts';
import { audit, type AuditInput } from './auditor.ts';
import { found, History } from './planted-history.ts';

type Posting = readonly [source: string, destination: string, amount: number];

/** A ledger that scripts write to, among others. */
class ScriptedHistory extends History {
  readonly #volumes: Record<string, { input: number; output: number }> = {};
  #txid = 0;

  commit(metadata: object, ...postings: readonly Posting[]): void {
    const volumes: Record<string, object> = {};
    for (const [source, destination, amount] of postings) {
      this.#volumesOf(source).output += amount;
      this.#volumesOf(destination).input += amount;
    }
    for (const account of postings.flatMap(([source, destination]) => [source, destination])) {
      volumes[account] = { EUR: { ...this.#volumesOf(account) } };
    }
    const transaction = {
      postings: postings.map(([source, destination, amount]) => ({ source, destination, amount, asset: 'EUR' })),
      metadata,
      txid: this.#txid,
    };
    this.#txid += 1;
    this.append('a', 'COMMITTED_TRANSACTIONS', JSON.stringify({ transactions: [transaction], volumes }));
  }

  saveAccount(targetId: string, metadata: object): void {
    this.append('a', 'SAVED_METADATA', JSON.stringify({ targetType: 'ACCOUNT', targetId, metadata }));
  }

  #volumesOf(account: string): { input: number; output: number } {
    return (this.#volumes[account] ??= { input: 0, output: 0 });
  }
}

const typed = (type: string, value: string) => ({ type, value });
const markOf = (name: string) => ({ mark: typed('string', name) });

function goodHistory(): { history: ScriptedHistory; writes: ReportedWrite[] } {
  const history = new ScriptedHistory();
  const shared = { ledger: 'a', outcome: 'written' } as const;
  history.commit({ mark: 'w1' }, ['world', 'payer', 5]);
  history.saveAccount('routes', { mark: 'w2', from: typed('account', 'payer'), to: typed('account', 'shop') });
  // It takes from and gives to whom the event before it names, and names another.
  history.commit({ mark: 's1' }, ['payer', 'shop', 5], ['world', 'shop', 1]);
  history.saveAccount('routes', { ...markOf('s1'), to: typed('account', 'other') });
  history.saveAccount('shop', markOf('s1'));
  history.commit({ mark: 's2' }, ['payer', 'shop', 3]);
  // Nearer to zero, by someone who may not go below it.
  history.commit({ mark: 'w3' }, ['world', 'payer', 1]);
  history.commit({ 'com.numary.spec/state/reverts': '0' }, ['payer', 'world', 5]);
  history.append('a', 'REVERTED_TRANSACTION', '{"revertedTransaction":{"txid":0},"revertTransaction":{"txid":4}}');
  history.commit({ mark: 's3' }, ['shop', 'other', 9]);
  history.saveAccount('shop', markOf('s3'));
  return {
    history,
    writes: [
      { ...shared, kind: 'transaction', mark: 'w1', txids: [0] },
      { ...shared, kind: 'account-metadata', mark: 'w2', txids: [] },
      {
        ...shared,
        kind: 'script',
        mark: 's1',
        txids: [1],
        script: {
          saves: ['routes', { account: 'routes', key: 'to' }],
          source: { account: 'routes', key: 'from' },
          destination: { account: 'routes', key: 'to' },
        },
      },
      {
        ...shared,
        kind: 'script',
        mark: 's2',
        txids: [2],
        overdrafts: [{ account: 'payer', asset: 'EUR', most: 3 }],
        script: { saves: [] },
      },
      { ...shared, kind: 'transaction', mark: 'w3', txids: [3] },
      { ...shared, kind: 'revert', mark: 'reverts 0', txids: [4], overdrafts: [{ account: 'payer', most: 7 }] },
      {
        ...shared,
        kind: 'script',
        mark: 's3',
        txids: [5],
        script: { saves: ['shop'], empties: { account: 'shop', asset: 'EUR' } },
      },
      { ...shared, kind: 'script', mark: 's4', outcome: 'refused', txids: [], script: { saves: ['shop'] } },
    ],
  };
}

function faultsOf({ history, writes }: ReturnType<typeof goodHistory>, more: Partial<AuditInput> = {}): string[] {
  const { faults } = audit({ records: history.records, outbox: history.outbox, writes, ...more });
  return Object.keys(faults).sort();
}

test('scripts that did what they were to do are found to be well', () => {
  expect(faultsOf(goodHistory())).toEqual([]);
});

test('a script whose outcome nobody was told is held to the same when it was written', () => {
  const scripted = goodHistory();
  found(scripted.writes.find(({ mark }) => mark === 's3')).outcome = 'unknown';
  expect(faultsOf(scripted)).toEqual([]);
  scripted.history.outbox.pop();
  scripted.history.records.pop();
  expect(faultsOf(scripted)).toEqual(['parted']);
});

test('an account below zero has nothing that a script could empty it of', () => {
  const scripted = goodHistory();
  write(scripted, 's2').script = { saves: [], empties: { account: 'payer', asset: 'EUR' } };
  expect(faultsOf(scripted)).toEqual([]);
});

test('nobody is held to what nobody reported', () => {
  const { history } = goodHistory();
  const { faults } = audit({ records: history.records, outbox: history.outbox });
  expect(faults).toEqual({});
});

test('where a topic has no account metadata, scripts are held to their transactions alone', () => {
  const { history, writes } = goodHistory();
  const publishedTypes = ['COMMITTED_TRANSACTIONS', 'REVERTED_TRANSACTION'];
  const records = history.records.filter(({ headers }) => publishedTypes.includes(headers['type'] ?? ''));
  expect(faultsOf({ history, writes }, { records, publishedTypes })).toEqual([]);
});

type Scripted = ReturnType<typeof goodHistory>;
const write = ({ writes }: Scripted, mark: string) => found(writes.find((each) => each.mark === mark));

/** What is planted, and the faults that must be reported for it: no more and no fewer. */
const planted: { what: string; plant: (scripted: Scripted) => void; faults: Fault[] }[] = [
  {
    what: 'an account overdrawn beyond what its script allowed',
    plant: (scripted) => (write(scripted, 's2').overdrafts = [{ account: 'payer', asset: 'EUR', most: 2 }]),
    faults: ['overdrawn'],
  },
  {
    what: 'an overdraft in another asset than the one that a script stated',
    plant: (scripted) => (write(scripted, 's2').overdrafts = [{ account: 'payer', asset: 'USD', most: 3 }]),
    faults: ['overdrawn'],
  },
  {
    what: 'an overdraft of another account than the one that a script stated',
    plant: (scripted) => (write(scripted, 's2').overdrafts = [{ account: 'shop', most: 3 }]),
    faults: ['overdrawn'],
  },
  {
    what: 'a revert that takes an account further below zero than a mapping allows',
    plant: (scripted) => (write(scripted, 'reverts 0').overdrafts = [{ account: 'payer', most: 6 }]),
    faults: ['overdrawn'],
  },
  {
    what: 'an account overdrawn by a transaction that nobody reported',
    plant: ({ history }) => history.commit({}, ['shop', 'other', 1]),
    faults: ['overdrawn'],
  },
  {
    what: 'an account that was to be empty and is not',
    plant: ({ history }) => {
      const row = found(history.outbox.find(({ body }) => body.includes('"s3"')));
      row.body = row.body.replaceAll('9', '8');
      history.record(row.eventId).value = Buffer.from(row.body);
    },
    faults: ['stale', 'wrong-volumes'],
  },
  {
    what: 'a script that took from an account that was named no longer',
    plant: (scripted) => renameIn(scripted, { from: 'late', to: 'shop' }),
    faults: ['stale'],
  },
  {
    what: 'a script that gave to an account that was named no longer, and wrote its metadata',
    plant: (scripted) => renameIn(scripted, { from: 'payer', to: 'late' }),
    faults: ['stale', 'parted'],
  },
  {
    what: 'account metadata that a script set and no event has',
    plant: ({ history }) => {
      history.outbox.pop();
      history.records.pop();
    },
    faults: ['parted'],
  },
  {
    what: 'account metadata of another account than the one that a script set',
    plant: (scripted) => (write(scripted, 's3').script = { saves: ['other'] }),
    faults: ['parted'],
  },
  {
    what: 'account metadata that a script set twice',
    plant: ({ history }) => history.saveAccount('shop', markOf('s3')),
    faults: ['parted'],
  },
  {
    what: 'account metadata behind another event than that of its script',
    plant: ({ history, writes }) => {
      history.commit({ mark: 's5' }, ['world', 'shop', 1]);
      history.saveAccount('other', { mark: 'w6' });
      history.saveAccount('shop', markOf('s5'));
      const shared = { ledger: 'a', outcome: 'written' } as const;
      writes.push({ ...shared, kind: 'script', mark: 's5', txids: [6], script: { saves: ['shop'] } });
    },
    faults: ['parted'],
  },
  {
    what: 'account metadata before the transaction of its script',
    plant: ({ history, writes }) => {
      history.saveAccount('shop', markOf('s5'));
      history.commit({ mark: 's5' }, ['world', 'shop', 1]);
      const shared = { ledger: 'a', outcome: 'written' } as const;
      writes.push({ ...shared, kind: 'script', mark: 's5', txids: [6], script: { saves: ['shop'] } });
    },
    faults: ['parted'],
  },
  {
    what: 'account metadata of a script that was refused',
    plant: ({ history }) => history.saveAccount('shop', markOf('s4')),
    faults: ['parted'],
  },
  {
    what: 'a transaction of a script that was refused',
    plant: ({ history }) => {
      history.commit({ mark: 's4' }, ['world', 'shop', 1]);
      history.saveAccount('shop', markOf('s4'));
    },
    faults: ['trace'],
  },
  {
    what: 'a script that was answered with another txid',
    plant: (scripted) => (write(scripted, 's3').txids = [4]),
    faults: ['lost-write'],
  },
  {
    what: 'metadata of an account that is no metadata',
    plant: ({ history }) =>
      history.append('a', 'SAVED_METADATA', '{"targetType":"ACCOUNT","targetId":"x","metadata":[]}'),
    faults: ['malformed'],
  },
];

function renameIn({ history }: Scripted, { from, to }: { from: string; to: string }): void {
  const row = history.row('a2');
  row.body = row.body.replace('"value":"payer"', `"value":"${from}"`).replace('"value":"shop"', `"value":"${to}"`);
  history.record('a2').value = Buffer.from(row.body);
}

describe('the auditor reports', () => {
  test.each(planted)('$what', ({ plant, faults }) => {
    const scripted = goodHistory();
    plant(scripted);
    expect(faultsOf(scripted)).toEqual([...faults].sort());
  });
});
