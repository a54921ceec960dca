import { parseJson } from '@daybook/events';
import { describe, expect, it, test } from 'vitest';
import type { Command, RunScript } from './command.ts';
import type { Outcome } from './outcome.ts';
import { contract, create, draft, map, moment, posting, prepared, saveOnAccount, script } from './testing/commands.ts';
import { MemoryLedger } from './testing/memory-ledger.ts';

const send = 'send [USD 10] (\n  source = @alice\n  destination = @bob\n)';
const fund = create(
  draft(posting('world -> alice', 100), { reference: 'taken', timestamp: moment('2023-01-01T00:00:05Z') }),
);

const notCompiled = prepared({
  kind: 'refused',
  refusal: { code: 'COMPILATION_FAILED', message: 'line 1, column 1: expected a statement\n1 | x' },
});
const none = prepared({ kind: 'refused', refusal: { code: 'NO_SCRIPT', message: 'no script to execute' } });

function ledgerWith(...commands: readonly Command[]): MemoryLedger {
  const ledger = new MemoryLedger();
  for (const command of commands) expect(ledger.run(command).kind).toBe('accepted');
  return ledger;
}

function answerOf(outcome: Outcome): unknown {
  if (outcome.kind === 'refused') throw new Error(`refused: ${outcome.refusal.message}`);
  return JSON.parse(outcome.answer.body ?? 'null');
}

describe('an accepted script', () => {
  it('is one transaction, with what it sets beside what the request sets', () => {
    const ledger = ledgerWith(fund);
    const metered = script(`${send}\nset_tx_meta("fee", 15%)`, {}, { metadata: { k: [1] }, reference: 'r' });
    expect(answerOf(ledger.run(metered))).toMatchObject({
      data: [
        {
          txid: 1,
          reference: 'r',
          postings: [{ source: 'alice', destination: 'bob', amount: 10, asset: 'USD' }],
          metadata: { k: [1], fee: { type: 'portion', value: { remaining: false, specific: '3/20' } } },
          postCommitVolumes: { alice: { USD: { input: 100, output: 10, balance: 90 } } },
        },
      ],
    });
  });

  it('announces its transaction first, then the metadata of each account, each in a log row', () => {
    const ledger = ledgerWith(fund, saveOnAccount('bob', { kept: true }));
    const before = ledger.events.length;
    const lines = [
      send,
      'set_account_meta(@bob, "a", 1)',
      'set_account_meta(@carol, "b", "x")',
      'set_account_meta(@bob, "c", USD)',
    ];
    ledger.run(script(lines.join('\n')));
    const told = ledger.events.slice(before).map(({ type, body }) => [type, parseJson(body)]);
    expect(told).toMatchObject([
      ['COMMITTED_TRANSACTIONS', {}],
      [
        'SAVED_METADATA',
        {
          payload: {
            targetId: 'bob',
            metadata: { a: { type: 'number', value: 1 }, c: { type: 'asset', value: 'USD' } },
          },
        },
      ],
      ['SAVED_METADATA', { payload: { targetId: 'carol', metadata: { b: { type: 'string', value: 'x' } } } }],
    ]);
    expect(ledger.log.slice(-3).map(({ type, events }) => [type, events.length])).toEqual([
      ['NEW_TRANSACTION', 1],
      ['SET_METADATA', 1],
      ['SET_METADATA', 1],
    ]);
    expect(ledger.accountMetadata('bob')).toMatchObject({ kept: true, a: { type: 'number', value: 1 } });
  });

  it('is not asked about by contracts', () => {
    const strict = map(contract('alice', { $gte: ['$balance', 95] }));
    const ledger = ledgerWith(fund, strict);
    expect(ledger.run(create(draft(posting('alice -> bob', 10)))).kind).toBe('refused');
    expect(ledger.run(script(send)).kind).toBe('accepted');
  });

  it('reads the metadata and the balances of the moment', () => {
    const ledger = ledgerWith(fund, saveOnAccount('shop', { owner: { type: 'account', value: 'olga' } }));
    const plain = [
      'vars {',
      '  account $owner = meta(@shop, "owner")',
      '  monetary $all = balance(@alice, USD)',
      '}',
      'send $all (',
      '  source = @alice',
      '  destination = $owner',
      ')',
    ].join('\n');
    expect(answerOf(ledger.run(script(plain)))).toMatchObject({
      data: [{ postings: [{ destination: 'olga', amount: 100 }] }],
    });
    expect(ledger.run(script(plain)).kind).toBe('accepted');
    expect(ledger.volumes('olga', 'USD').input).toBe(100n);
  });

  it('leaves no trace as a preview, and answers as the real one', () => {
    const ledger = ledgerWith(fund);
    const untouched = ledger.snapshot();
    const previewed = answerOf(ledger.run(script(send, {}, { preview: true })));
    expect(ledger.snapshot()).toEqual(untouched);
    expect(answerOf(ledger.run(script(send)))).toEqual(previewed);
  });
});

describe('a refused script', () => {
  const past = { timestamp: moment('2023-01-01T00:00:04Z') };

  test.each<[string, RunScript, string, RegExp | string]>([
    [
      'does not compile',
      notCompiled,
      'COMPILATION_FAILED',
      '[COMPILATION_FAILED] line 1, column 1: expected a statement\n1 | x',
    ],
    ['is not there', none, 'NO_SCRIPT', '[NO_SCRIPT] no script to execute'],
    [
      'sends more than there is',
      script('send [USD 101] (\n source = @alice\n destination = @bob\n)'),
      'INSUFFICIENT_FUND',
      '[INSUFFICIENT_FUND] account had insufficient funds',
    ],
    [
      'sets a key of the request',
      script(`${send}\nset_tx_meta("k", 1)`, {}, { metadata: { k: 2 } }),
      'METADATA_OVERRIDE',
      '[METADATA_OVERRIDE] cannot override metadata from script',
    ],
    ['sends nothing', script('set_account_meta(@a, "k", 1)'), 'VALIDATION', 'transaction has no postings'],
    [
      'keeps everything',
      script('send [USD 10] (\n source = @alice\n destination = {\n 100% kept\n}\n)'),
      'VALIDATION',
      'transaction has no postings',
    ],
    ['fails', script('fail'), 'VALIDATION', /^line 1, column 1: the script failed/],
    [
      'sends to the empty account',
      script('vars {\n account $to\n}\nsend [USD 1] (\n source = @world\n destination = $to\n)', { to: '' }),
      'VALIDATION',
      'invalid posting 0: invalid destination address',
    ],
    [
      'sends an amount that is too long',
      script(`send [USD ${'9'.repeat(1_000)}] + [USD 1] (\n source = @world\n destination = @a\n)`),
      'VALIDATION',
      /^line 1, column \d+: a sum has at most 1000 digits/,
    ],
    [
      'reads metadata that is not there',
      script('vars {\n account $a = meta(@alice, "k")\n}\nsend [USD 1] (\n source = @world\n destination = $a\n)'),
      'COMPILATION_FAILED',
      '[COMPILATION_FAILED] missing key k in metadata for account alice',
    ],
    [
      'lies before the last transaction, whatever else',
      { ...notCompiled, ...past },
      'VALIDATION',
      /^cannot pass a timestamp prior/,
    ],
    [
      'has a reference that is taken, whatever else',
      { ...none, reference: 'taken' },
      'CONFLICT',
      'conflict error on reference',
    ],
  ])('%s', (_what, command, code, message) => {
    const ledger = ledgerWith(fund);
    const untouched = ledger.snapshot();
    const outcome = ledger.run(command);
    if (outcome.kind !== 'refused') throw new Error('it was not refused');
    expect(outcome.refusal.code).toBe(code);
    expect(outcome.refusal.message).toMatch(message);
    // Only what v1 calls a fault of scripts has its link.
    expect(outcome.refusal.details !== undefined).toBe(message.toString().startsWith('['));
    expect(ledger.snapshot()).toEqual(untouched);
  });

  const zero = { postings: null, reference: '', metadata: null, txid: 0, timestamp: '0001-01-01T00:00:00Z' };
  const told = (code: string, message: string, details: string) => ({
    errorCode: code,
    errorMessage: message,
    error_code: code,
    error_message: message,
    transaction: zero,
    details: `https://play.numscript.org/?payload=${Buffer.from(details).toString('base64')}`,
  });
  const untold = { errorCode: 'INTERNAL', error_code: 'INTERNAL', transaction: zero };

  test.each<[string, RunScript, unknown]>([
    [
      'with the message and a link in which lines end as in Windows',
      notCompiled,
      told(
        'COMPILATION_FAILED',
        'line 1, column 1: expected a statement\n1 | x',
        String.raw`{"error":"line 1, column 1: expected a statement\r\n1 | x"}`,
      ),
    ],
    [
      'also a conflict',
      { ...none, reference: 'taken' },
      told('CONFLICT', 'conflict error on reference', '{"error":"conflict error on reference"}'),
    ],
    ['without a reason for all else', { ...notCompiled, ...past }, untold],
    ['without a reason when it fails', script('fail'), untold],
  ])('is answered by /script with 200, %s', (_what, command, expected) => {
    const ledger = ledgerWith(fund);
    const outcome = ledger.run({ ...command, endpoint: 'script' });
    expect([outcome.kind, answerOf(outcome)]).toEqual(['refused-in-answer', expected]);
    const previewed = ledger.run({ ...command, endpoint: 'script', preview: true });
    expect([previewed.kind, answerOf(previewed)]).toEqual(['accepted', expected]);
  });
});
