import { describe, expect, test } from 'vitest';
import type { Command } from './command.ts';
import {
  contract,
  create,
  draft,
  map,
  moment,
  posting,
  revert,
  saveOnAccount,
  saveOnTransaction,
} from './testing/commands.ts';
import { MemoryLedger } from './testing/memory-ledger.ts';
import type { Outcome } from './outcome.ts';

function accepted(outcome: Outcome) {
  if (outcome.kind !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(outcome)}`);
  return outcome;
}

function ledgerWith(...commands: readonly Command[]): MemoryLedger {
  const ledger = new MemoryLedger();
  for (const command of commands) accepted(ledger.run(command));
  return ledger;
}

function committed(ledger: MemoryLedger, txid: number) {
  const transaction = ledger.transaction(txid);
  if (transaction === undefined) throw new Error(`no transaction ${txid}`);
  return transaction;
}

const fund = create(draft(posting('world -> alice', 100)));
const at = (text: string) => ({ timestamp: moment(text) });

describe('a refused command', () => {
  const overdraftAllowed = map(contract('credit:*', { $gte: ['$balance', -100] }));
  const marked = { 'com.numary.spec/state/reverted': { by: '9' } };
  const anyPostings = { txid: 0, postings: [posting('world -> alice')], reference: '' };

  test.each<[string, readonly Command[], Command, string, string]>([
    [
      'more than there is',
      [fund],
      create(draft(posting('alice -> bob', 101))),
      'INSUFFICIENT_FUND',
      'balance.insufficient.USD',
    ],
    [
      'an asset that was never received',
      [fund],
      create(draft(posting('alice -> bob', 1, 'JPY'))),
      'INSUFFICIENT_FUND',
      'balance.insufficient.JPY',
    ],
    [
      'the first asset in want is named',
      [fund],
      create(draft([posting('alice -> bob', 1), posting('a -> b', 1, 'GEM'), posting('a -> b', 1, 'EUR')])),
      'INSUFFICIENT_FUND',
      'balance.insufficient.GEM',
    ],
    [
      'below a contract’s floor',
      [overdraftAllowed],
      create(draft(posting('credit:1 -> bob', 101))),
      'INSUFFICIENT_FUND',
      'balance.insufficient.USD',
    ],
    [
      'a reference that is taken',
      [create(draft(posting('world -> a'), { reference: 'r' }))],
      create(draft(posting('world -> a'), { reference: 'r' })),
      'CONFLICT',
      'conflict error on reference',
    ],
    [
      'a reference twice in one batch',
      [],
      create(draft(posting('world -> a'), { reference: 'r' }), draft(posting('world -> a'), { reference: 'r' })),
      'CONFLICT',
      'conflict error on reference',
    ],
    [
      'a batch whose second spends what the first does not bring',
      [],
      create(draft(posting('world -> a', 1)), draft(posting('a -> b', 2))),
      'INSUFFICIENT_FUND',
      'balance.insufficient.USD',
    ],
    ['no postings', [], create(draft([])), 'VALIDATION', 'executing transaction data 0: no postings'],
    ['metadata of no transaction', [], saveOnTransaction(0, {}), 'NOT_FOUND', 'transaction not found'],
    ['a revert of nothing', [], revert(anyPostings), 'NOT_FOUND', 'transaction 0 not found'],
    [
      'a revert of what was not there when it was asked for',
      [fund],
      revert({ txid: 0, postings: [], reference: '' }),
      'NOT_FOUND',
      'transaction 0 not found',
    ],
    [
      'a revert of what was reverted',
      [fund, revert(anyPostings)],
      revert(anyPostings),
      'VALIDATION',
      'transaction 0 already reverted',
    ],
    [
      'a revert of what a client marked',
      [fund, saveOnTransaction(0, marked)],
      revert(anyPostings),
      'VALIDATION',
      'transaction 0 already reverted',
    ],
    [
      'a revert of what was spent',
      [fund, create(draft(posting('alice -> bob', 1)))],
      revert(anyPostings),
      'INSUFFICIENT_FUND',
      'executing revert script for transaction 0: balance.insufficient.USD',
    ],
    [
      'a revert whose reference is taken',
      [
        create(draft(posting('world -> alice'), { reference: 'r' })),
        create(draft(posting('world -> a'), { reference: 'revert_r' })),
      ],
      revert({ ...anyPostings, reference: 'r' }),
      'CONFLICT',
      'executing revert script for transaction 0: conflict error on reference',
    ],
    [
      'a revert after a transaction in the future',
      [fund, create(draft(posting('world -> a'), at('2027-01-01T00:00:00Z')))],
      revert(anyPostings),
      'VALIDATION',
      'executing revert script for transaction 0: cannot pass a timestamp prior to the last transaction: 2026-11-23T01:45:03Z (passed) is 934h14m57s before 2027-01-01T00:00:00Z (last)',
    ],
    [
      'now after the far future',
      [create(draft(posting('world -> a'), at('2999-01-01T00:00:00Z')))],
      fund,
      'VALIDATION',
      'cannot pass a timestamp prior to the last transaction: 2026-11-23T01:45:03Z (passed) is 2562047h47m16.854775807s before 2999-01-01T00:00:00Z (last)',
    ],
    [
      'a timestamp before that of the last transaction',
      [create(draft(posting('world -> a'), at('2023-01-01T00:00:02Z')))],
      create(draft(posting('world -> a'), at('2023-01-01T02:00:01.9995+02:00'))),
      'VALIDATION',
      'cannot pass a timestamp prior to the last transaction: 2023-01-01T00:00:01.9995Z (passed) is 500µs before 2023-01-01T00:00:02Z (last)',
    ],
    [
      'a timestamp before that of a draft in front',
      [],
      create(
        draft(posting('world -> a'), at('2023-01-01T00:00:02Z')),
        draft(posting('world -> a'), at('2023-01-01T00:00:01Z')),
      ),
      'VALIDATION',
      'cannot pass a timestamp prior to the last transaction: 2023-01-01T00:00:01Z (passed) is 1s before 2023-01-01T00:00:02Z (last)',
    ],
    [
      'a mapping that does not compile',
      [],
      map(contract('*', { $gte: ['$balance', 0] }), contract('*', { $gte: ['$balance'] })),
      'VALIDATION',
      'invalid mapping: contract 1: $gte takes two values',
    ],
  ])('leaves no trace: %s', (_name, before, command, code, message) => {
    const ledger = ledgerWith(...before);
    const untouched = ledger.snapshot();
    expect(ledger.run(command)).toEqual({ kind: 'refused', refusal: { code, message } });
    expect(ledger.snapshot()).toEqual(untouched);
  });

  test.each<[string, readonly Command[], Command, string]>([
    [
      'transactions',
      [],
      create(draft(posting('world -> a'), { metadata: { note: 'é'.repeat(400) } })),
      'COMMITTED_TRANSACTIONS',
    ],
    ['metadata', [], saveOnAccount('a', { note: 'x'.repeat(1000) }), 'SAVED_METADATA'],
    ['a mapping', [], map(contract('*', { $gte: ['$balance', 0] }, 'x'.repeat(1000))), 'UPDATED_MAPPING'],
    [
      'a revert',
      [create(draft(posting('world -> a', 100), { metadata: { note: 'x'.repeat(500) } }))],
      revert({ txid: 0, postings: [posting('world -> a')], reference: '' }),
      'REVERTED_TRANSACTION',
    ],
  ])('has no event above the limit: %s', (_name, before, command, type) => {
    const ledger = ledgerWith(...before);
    const twin = ledgerWith(...before);
    accepted(twin.run(command));
    const event = twin.events.at(-1);
    const bytes = Buffer.byteLength(event?.body ?? '');
    expect(event?.type).toBe(type);
    expect(ledger.run(command, { eventBytesMax: bytes - 1 })).toEqual({
      kind: 'refused',
      refusal: {
        code: 'VALIDATION',
        message: `event ${type} would be ${bytes} bytes, above the limit of ${bytes - 1} bytes (EVENT_BYTES_MAX)`,
      },
    });
    expect(ledger.run(command, { eventBytesMax: bytes }).kind).toBe('accepted');
  });
});

describe('create-transactions', () => {
  test('numbers transactions from 0 and shows volumes around each', () => {
    const ledger = ledgerWith(fund);
    const outcome = accepted(ledger.run(create(draft(posting('alice -> bob', 40), { metadata: { b: 1, a: 2 } }))));
    expect(outcome.answer).toEqual({
      status: 200,
      body:
        '{"data":[{"postings":[{"source":"alice","destination":"bob","amount":40,"asset":"USD"}],"reference":"","metadata":{"a":2,"b":1},"txid":1,' +
        '"preCommitVolumes":{"alice":{"USD":{"input":100,"output":0,"balance":100}},"bob":{"USD":{"input":0,"output":0,"balance":0}}},' +
        '"postCommitVolumes":{"alice":{"USD":{"input":100,"output":40,"balance":60}},"bob":{"USD":{"input":40,"output":0,"balance":40}}},' +
        '"timestamp":"2026-11-23T01:45:03Z"}]}',
    });
    expect(outcome.effects?.moves).toEqual([
      { account: 'alice', asset: 'USD', txid: 1, input: 100n, output: 40n, isSource: true, isDestination: false },
      { account: 'bob', asset: 'USD', txid: 1, input: 40n, output: 0n, isSource: false, isDestination: true },
    ]);
    expect(outcome.effects?.log).toMatchObject([
      {
        type: 'NEW_TRANSACTION',
        data: '{"postings":[{"source":"alice","destination":"bob","amount":40,"asset":"USD"}],"reference":"","metadata":{"a":2,"b":1},"timestamp":"2026-11-23T01:45:03Z","txid":1}',
        date: '2026-11-23T01:45:03.000000000Z',
      },
    ]);
  });

  test.each([
    ['spent before it came, in one transaction', [posting('early -> late', 70), posting('world -> early', 70)]],
    ['passed on', [posting('world -> a', 70), posting('a -> b', 70)]],
    ['from an account to itself', [posting('alice -> alice', 5_000)]],
    ['nothing from nobody', [posting('ghost -> alice', 0)]],
    ['126 digits', [posting('world -> whale', 10n ** 126n - 1n, 'BIG/18')]],
  ])('checks what a transaction does in all: %s', (_name, postings) => {
    const outcome = ledgerWith(fund).run(create(draft(postings)));
    expect(outcome.kind).toBe('accepted');
  });

  test('counts both sides of a posting from an account to itself', () => {
    const ledger = ledgerWith(fund, create(draft(posting('alice -> alice', 10))));
    expect(ledger.volumes('alice', 'USD')).toEqual({ input: 110n, output: 10n });
  });

  test('sorts accounts and assets', () => {
    const postings = [
      posting('world -> b', 1, 'EUR/2'),
      posting('world -> a', 1, 'USD'),
      posting('world -> b', 1, 'EUR'),
    ];
    const { effects } = accepted(new MemoryLedger().run(create(draft(postings))));
    expect(effects?.transactions[0]?.preCommitVolumes.replaceAll('{"input":0,"output":0,"balance":0}', '{}')).toBe(
      '{"a":{"USD":{}},"b":{"EUR":{},"EUR/2":{}},"world":{"EUR":{},"EUR/2":{},"USD":{}}}',
    );
  });

  test('never checks a credit, even of an account below its floor', () => {
    const ledger = ledgerWith(fund, create(draft(posting('alice -> bob', 100))));
    accepted(ledger.run(revert(committed(ledger, 0), true)));
    expect(ledger.volumes('alice', 'USD')).toEqual({ input: 100n, output: 200n });
    expect(ledger.run(create(draft(posting('bob -> alice', 1)))).kind).toBe('accepted');
  });

  test('a batch commits as one: one event, on the last row, with pre volumes of the first and post volumes of the last', () => {
    const ledger = new MemoryLedger();
    const batch = create(
      draft(posting('world -> a', 10), { reference: 'b-1' }),
      draft(posting('a -> b', 4)),
      draft(posting('world -> c', 1, 'EUR')),
    );
    const { effects } = accepted(ledger.run(batch, { eventFormat: 'v1.10' }));
    expect(effects?.log.map(({ events }) => events.length)).toEqual([0, 0, 1]);
    const event: unknown = JSON.parse(ledger.events[0]?.body ?? '');
    expect(event).toMatchObject({
      payload: {
        transactions: [{ txid: 0 }, { txid: 1 }, { txid: 2 }],
        preCommitVolumes: { a: { USD: { input: 0, output: 0 } }, c: { EUR: { input: 0 } } },
        postCommitVolumes: {
          a: { USD: { input: 10, output: 4, balance: 6 } },
          world: { EUR: { balance: -1 }, USD: { balance: -10 } },
        },
        volumes: { a: { USD: { input: 10, output: 4, balance: 6 } } },
      },
    });
  });

  test('a preview answers as the real one would, and is refused as it would be', () => {
    const ledger = ledgerWith(fund);
    const real = create(draft(posting('alice -> bob', 40)));
    const preview = { ...real, preview: true };
    const untouched = ledger.snapshot();
    const previewed = accepted(ledger.run(preview));
    expect(previewed.effects).toBeUndefined();
    expect(ledger.snapshot()).toEqual(untouched);
    expect(accepted(ledger.run(real)).answer).toEqual(previewed.answer);
    expect(ledger.run({ ...create(draft(posting('alice -> bob', 61))), preview: true }).kind).toBe('refused');
  });

  test.each([
    ['none', undefined, '2026-11-23T01:45:03.000000000Z'],
    ['Go’s zero time', '0001-01-01T00:00:00Z', '2026-11-23T01:45:03.000000000Z'],
    ['with an offset and a fraction', '2023-01-01T02:00:08.123456789+02:00', '2023-01-01T00:00:08.123456789Z'],
  ])('takes a timestamp: %s', (_name, text, stored) => {
    const timestamp = text === undefined ? undefined : moment(text);
    const ledger = ledgerWith(create(draft(posting('world -> a'), { timestamp })));
    expect(ledger.log[0]?.date).toBe(stored);
    // The database keeps microseconds, and would round them.
    expect(committed(ledger, 0).timestamp).toBe(stored.replace(/\d{3}Z$/, '000Z'));
  });

  test('takes the timestamp of the last transaction again, and an earlier one where the policy allows it', () => {
    const ledger = ledgerWith(create(draft(posting('world -> a'), at('2023-01-01T00:00:02Z'))));
    expect(ledger.run(create(draft(posting('world -> a'), at('2023-01-01T00:00:02Z')))).kind).toBe('accepted');
    const earlier = create(draft(posting('world -> a'), at('2023-01-01T00:00:01Z')));
    expect(ledger.run(earlier).kind).toBe('refused');
    expect(ledger.run(earlier, { commitPolicy: 'allow-past-timestamps' }).kind).toBe('accepted');
    expect(ledger.head.lastTimestamp).toBe('2023-01-01T00:00:01.000000000Z');
  });

  test('digits below the microsecond, which the database does not keep, never make a timestamp the earlier one', () => {
    const ledger = ledgerWith(create(draft(posting('world -> a'), at('2023-01-01T00:00:02.123456789Z'))));
    expect(ledger.run(create(draft(posting('world -> a'), at('2023-01-01T00:00:02.123456Z')))).kind).toBe('accepted');
  });
});

describe('revert-transaction', () => {
  test('turns postings round, marks both transactions, and announces both', () => {
    const postings = [
      posting('world -> bank', 1000, 'GEM'),
      posting('bank -> a', 300, 'GEM'),
      posting('bank -> b', 200, 'GEM'),
    ];
    const ledger = ledgerWith(create(draft(postings, { reference: 'r', metadata: { k: 'v' } })));
    const { answer, effects } = accepted(ledger.run(revert(committed(ledger, 0))));
    expect(JSON.parse(answer.body ?? '')).toMatchObject({
      data: {
        txid: 1,
        reference: 'revert_r',
        metadata: { 'com.numary.spec/state/reverts': '0' },
        postings: [
          { source: 'b', destination: 'bank', amount: 200 },
          { source: 'a', destination: 'bank', amount: 300 },
          { source: 'bank', destination: 'world', amount: 1000 },
        ],
      },
    });
    expect(effects?.log).toMatchObject([
      { type: 'NEW_TRANSACTION', events: [{ type: 'COMMITTED_TRANSACTIONS' }] },
      {
        type: 'SET_METADATA',
        data: '{"targetType":"TRANSACTION","targetId":0,"metadata":{"com.numary.spec/state/reverted":{"by":"1"}}}',
        date: '2026-11-23T01:45:03.000000000Z',
        events: [{ type: 'REVERTED_TRANSACTION' }],
      },
    ]);
    expect(committed(ledger, 0).metadata).toEqual({ k: 'v', 'com.numary.spec/state/reverted': { by: '1' } });
    expect(JSON.parse(ledger.events.at(-1)?.body ?? '')).toMatchObject({
      payload: {
        revertedTransaction: {
          txid: 0,
          postings: [{ source: 'world', destination: 'bank' }, {}, {}],
          metadata: { k: 'v', 'com.numary.spec/state/reverted': { by: '1' } },
        },
        revertTransaction: { txid: 1, postings: [{ source: 'b' }, {}, {}] },
      },
    });
  });

  test('can be reverted itself, and passes the check of balances when told so', () => {
    const ledger = ledgerWith(fund, create(draft(posting('alice -> bob', 80))));
    expect(ledger.run(revert(committed(ledger, 0))).kind).toBe('refused');
    accepted(ledger.run(revert(committed(ledger, 0), true)));
    accepted(ledger.run(revert(committed(ledger, 2), true)));
    expect(ledger.volumes('alice', 'USD')).toEqual({ input: 200n, output: 180n });
    expect(committed(ledger, 2).metadata).toEqual({
      'com.numary.spec/state/reverts': '0',
      'com.numary.spec/state/reverted': { by: '3' },
    });
  });

  test('stops making references longer before an index row is full', () => {
    const ledger = ledgerWith(create(draft(posting('world -> a'), { reference: 'r'.repeat(1024) })));
    let last = 0;
    let outcome = ledger.run(revert(committed(ledger, last), true));
    while (outcome.kind === 'accepted') {
      last += 1;
      outcome = ledger.run(revert(committed(ledger, last), true));
    }
    expect(outcome).toMatchObject({ refusal: { message: 'the reference of the revert would be above 2600 bytes' } });
    expect(last).toBe(Math.floor((2600 - 1024) / 'revert_'.length));
  });
});

describe('metadata and mapping', () => {
  test('metadata answers 204 and shows only the keys that were sent', () => {
    const ledger = ledgerWith(fund, saveOnAccount('alice', { role: 'admin' }));
    expect(accepted(ledger.run(saveOnAccount('alice', { level: 4 }))).answer).toEqual({ status: 204, body: undefined });
    expect(ledger.accountMetadata('alice')).toEqual({ role: 'admin', level: 4 });
    accepted(ledger.run(saveOnTransaction(0, { note: 'hello' })));
    expect(ledger.log.map(({ data }) => data).slice(1)).toEqual([
      '{"targetType":"ACCOUNT","targetId":"alice","metadata":{"role":"admin"}}',
      '{"targetType":"ACCOUNT","targetId":"alice","metadata":{"level":4}}',
      '{"targetType":"TRANSACTION","targetId":0,"metadata":{"note":"hello"}}',
    ]);
    expect(ledger.events.at(-1)?.body).toBe(
      '{"date":"2026-11-23T01:45:03.123456Z","type":"SAVED_METADATA","payload":{"targetType":"TRANSACTION","targetId":"0","metadata":{"note":"hello"}},"ledger":"main"}',
    );
  });

  test('the date of a metadata row is rounded to the second', () => {
    const ledger = new MemoryLedger();
    accepted(ledger.run(saveOnAccount('alice', {}), { at: moment('2026-12-31T23:59:59.5Z') }));
    expect(ledger.log[0]?.date).toBe('2027-01-01T00:00:00.000000000Z');
  });

  test('a mapping answers itself, has an event and no log row, and rules from the next command on', () => {
    const ledger = new MemoryLedger();
    const mapping = map(contract('credit:*', { $gte: ['$balance', -100] }));
    expect(accepted(ledger.run(mapping)).answer.body).toBe(
      '{"data":{"contracts":[{"name":"","account":"credit:*","expr":{"$gte":["$balance",-100]}}]}}',
    );
    expect(ledger.log).toEqual([]);
    expect(ledger.events.map(({ type }) => type)).toEqual(['UPDATED_MAPPING']);
    expect(ledger.run(create(draft(posting('credit:1 -> bob', 100)))).kind).toBe('accepted');
    accepted(ledger.run({ ...mapping, mapping: { contracts: null } }));
    expect(ledger.run(create(draft(posting('credit:1 -> bob', 0)))).kind).toBe('accepted');
    expect(ledger.run(create(draft(posting('credit:2 -> bob', 1)))).kind).toBe('refused');
  });

  test('a request that would try complex patterns on too many characters is refused', () => {
    const ledger = ledgerWith(map(contract('([a-z]+){50}Q', { $and: [] })));
    const payments = (count: number) =>
      create(draft(Array.from({ length: count }, (_, n) => posting(`${'a'.repeat(1_000)}${n} -> shop`, 0))));
    expect(ledger.run(payments(100)).kind).toBe('accepted');
    expect(ledger.run(payments(1_000))).toMatchObject({
      kind: 'refused',
      refusal: {
        code: 'VALIDATION',
        message:
          'the account patterns of the mapping are too complex for 1002890 characters of paying accounts in one request',
      },
    });
  });

  test('a contract reads the metadata of who pays, be it by a posting or by a revert', () => {
    const ledger = ledgerWith(map(contract('*', { $eq: [{ $meta: 'vip' }, true] })));
    const spend = create(draft(posting('alice -> world', 5)));
    expect(ledger.run(spend).kind).toBe('refused');
    accepted(ledger.run(saveOnAccount('alice', { vip: true })));
    accepted(ledger.run(spend));
    accepted(ledger.run(fund));
    accepted(ledger.run(revert(committed(ledger, 1))));
    accepted(ledger.run(create(draft(posting('world -> bob', 5)))));
    expect(ledger.run(revert(committed(ledger, 3))).kind).toBe('refused');
  });
});
