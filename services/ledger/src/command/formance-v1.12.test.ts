import { expect, test } from 'vitest';
import events from './testing/formance-v1.12-events.json' with { type: 'json' };
import { contract, create, draft, map, moment, posting, revert, saveOnAccount } from './testing/commands.ts';
import { MemoryLedger } from './testing/memory-ledger.ts';

// Events that a running Formance Ledger v1.12.0 posted, with the requests that caused them played again here.

type Case = keyof typeof events;

const second = (seconds: number) => ({ timestamp: moment(`2023-01-01T00:00:0${seconds}Z`) });
const withDate = (body: string) => body.replace(/"date":"[^"]+"/, '"date":"2026-11-23T01:45:03Z"');
const now = { at: moment('2026-11-23T01:45:03Z'), eventFormat: 'v1.10' } as const;

/** The last event of a ledger against the captured one, byte for byte but for the date. */
function expectEvent(ledger: MemoryLedger, name: Case): void {
  expect(withDate(ledger.events.at(-1)?.body ?? '')).toBe(withDate(events[name]));
}

test('events of v1.10 are those of Formance v1.12, byte for byte', () => {
  const ledger = new MemoryLedger('golden');

  ledger.run(create(draft(posting('world -> users:001', 100), second(1))), now);
  expectEvent(ledger, 'tx-create-first');
  const metadata = { k1: 'v1', nested: { a: [1, 2, { b: null }] }, n: 42 };
  ledger.run(
    create(draft(posting('world -> users:002', 500, 'USD/2'), { reference: 'ref-001', metadata, ...second(2) })),
    now,
  );
  expectEvent(ledger, 'tx-create-reference-metadata');
  const postings = [
    posting('world -> central_bank', 1000, 'GEM'),
    posting('central_bank -> users:001', 300, 'GEM'),
    posting('central_bank -> users:002', 200, 'GEM'),
  ];
  ledger.run(create(draft(postings, second(3))), now);
  expectEvent(ledger, 'tx-create-multi-posting');
  ledger.run(create(draft(posting('users:001 -> users:001', 10), second(4))), now);
  expectEvent(ledger, 'tx-create-same-account-both-sides');

  const patch = { role: 'admin', level: 3, tags: ['a', 'b'], addr: { city: 'Paris' } };
  ledger.run(saveOnAccount('users:001', patch), now);
  expectEvent(ledger, 'acc-meta-set');

  const credit = contract('credit:*', { $gte: ['$balance', -100] }, 'credit');
  ledger.run(map(credit, contract('*', { $gte: ['$balance', 0] }, 'default')), now);
  expectEvent(ledger, 'mapping-put');
  ledger.run(map(), now);
  expectEvent(ledger, 'mapping-put-empty');
  ledger.run({ ...map(), mapping: { contracts: null } }, now);
  expectEvent(ledger, 'mapping-put-no-contracts');

  // Formance's ledger had more transactions between.
  ledger.head = { ...ledger.head, nextTxid: 36 };
  for (const [txid, name] of [
    [1, 'revert-ok'],
    [2, 'revert-multi-posting'],
  ] as const) {
    const original = ledger.transaction(txid);
    if (original === undefined) throw new Error(`no transaction ${txid}`);
    ledger.run(revert(original), now);
    expect(ledger.events.at(-2)?.type).toBe('COMMITTED_TRANSACTIONS');
    expectEvent(ledger, name);
  }
});

test('a forced revert, and the revert of a revert, announce what Formance v1.12 does', () => {
  const ledger = new MemoryLedger('golden3');
  ledger.run(create(draft(posting('world -> spender', 100))), now);
  ledger.run(create(draft(posting('spender -> shop', 80))), now);
  for (const [txid, name] of [
    [0, 'revert-disable-checks'],
    [2, 'revert-of-revert'],
  ] as const) {
    const original = ledger.transaction(txid);
    if (original === undefined) throw new Error(`no transaction ${txid}`);
    ledger.run(revert(original, true), now);
    expect(ledger.events.at(-2)?.type).toBe('COMMITTED_TRANSACTIONS');
    expectEvent(ledger, name);
  }
});

/** The sample of Formance's page on publishing to Kafka. */
const sample = `{
  "date": "2022-05-12T14:31:07.808419+02:00",
  "type": "COMMITTED_TRANSACTIONS",
  "payload": {
    "transactions": [
      {
        "postings": [{ "source": "world", "destination": "central_bank", "amount": 100, "asset": "GEM" }],
        "reference": "",
        "metadata": { "description": "A testing transaction." },
        "txid": 0,
        "timestamp": "2022-05-12T12:31:07Z"
      }
    ],
    "volumes": {
      "central_bank": { "GEM": { "input": 100, "output": 0 } },
      "world": { "GEM": { "input": 0, "output": 100 } }
    }
  },
  "ledger": "example-ledger-1"
}`;

test('an event of v1.4 is the documented sample: same keys in the same order, same types, same values but the clock’s', () => {
  const ledger = new MemoryLedger('example-ledger-1');
  const metadata = { description: 'A testing transaction.' };
  const at = moment('2022-05-12T12:31:07.808419Z');
  ledger.run(create(draft(posting('world -> central_bank', 100, 'GEM'), { metadata })), { at });
  const body = ledger.events[0]?.body ?? '';
  expect(body).toContain('"date":"2022-05-12T12:31:07.808419Z"');
  expect(body.replace('T12:31:07.808419Z', 'T14:31:07.808419+02:00')).toBe(JSON.stringify(JSON.parse(sample)));
});

test('amounts past 64 bits reach the event as they were sent', () => {
  const ledger = new MemoryLedger();
  ledger.run(create(draft(posting('world -> whale', 123456789012345678901234567890n, 'BIG/18'))));
  expect(ledger.events[0]?.body).toContain('"whale":{"BIG/18":{"input":123456789012345678901234567890,"output":0}}');
});
