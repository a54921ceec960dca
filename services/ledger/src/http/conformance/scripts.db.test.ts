import { expect } from 'vitest';
import {
  describe,
  invalid,
  pay,
  volumesOf,
  wholePage,
  type Exchange,
} from '../../../test-fixtures/conformance-requests.ts';
import { proveCases, type TableCase } from '../../../test-fixtures/prove-cases.ts';

const section = '1.6';
const from = 'script_controller_test.go';
const toBank = 'send [COIN 100] (\n  source = @world\n  destination = @bank\n)';
const fromBank = 'send [COIN 100] (\n  source = @bank\n  destination = @users:001\n)';
const at = { timestamp: '2023-06-01T10:00:00Z' };

function run(plain: string, more: object = {}, query = ''): Exchange {
  return { ask: `POST /~/script${query}`, body: { plain, ...more } };
}

/** What v1 shows as the transaction of a script that failed. */
const noTransaction = { postings: null, reference: '', metadata: null, txid: 0, timestamp: '0001-01-01T00:00:00Z' };

function failed(code: string, message: unknown): Pick<Exchange, 'answer'> {
  const details: unknown =
    typeof message === 'string'
      ? `https://play.numscript.org/?payload=${Buffer.from(JSON.stringify({ error: message })).toString('base64')}`
      : expect.stringMatching(/^https:\/\/play\.numscript\.org\/\?payload=/);
  return {
    answer: {
      errorCode: code,
      errorMessage: message,
      details,
      error_code: code,
      error_message: message,
      transaction: noTransaction,
    },
  };
}

/** What is told of all that is neither a script's fault nor a conflict. */
const internal = { answer: { errorCode: 'INTERNAL', error_code: 'INTERNAL', transaction: noTransaction } };
const compilation = failed('COMPILATION_FAILED', expect.any(String));
const poor = failed('INSUFFICIENT_FUND', 'account had insufficient funds');
const nothing: readonly Exchange[] = [{ ask: 'GET /~/transactions', ...wholePage([]) }];

const successes: readonly TableCase[] = [
  {
    section,
    what: 'a script is answered with its transaction',
    from,
    ...run(`${toBank}\n${fromBank}`, { reference: 'r', metadata: { k: 1 }, ...at }),
    answer: {
      transaction: {
        postings: [
          { source: 'world', destination: 'bank', amount: 100, asset: 'COIN' },
          { source: 'bank', destination: 'users:001', amount: 100, asset: 'COIN' },
        ],
        reference: 'r',
        metadata: { k: 1 },
        txid: 0,
        preCommitVolumes: volumesOf('COIN', { world: '0 0', bank: '0 0', 'users:001': '0 0' }),
        postCommitVolumes: volumesOf('COIN', { world: '0 100', bank: '100 100', 'users:001': '100 0' }),
        ...at,
      },
    },
  },
  {
    section,
    what: 'variables',
    ...run('vars {\n  account $to\n  monetary $m\n}\nsend $m (\n  source = @world\n  destination = $to\n)', {
      vars: { to: 'a', m: { asset: 'EUR/2', amount: 5 } },
    }),
    shows: { transaction: { postings: [{ destination: 'a', amount: 5, asset: 'EUR/2' }] } },
  },
  {
    section,
    what: 'a preview stores nothing',
    from,
    ...run(toBank, {}, '?preview=true'),
    shows: { transaction: { txid: 0, postings: [{ amount: 100 }] } },
    afterwards: nothing,
  },
  {
    section,
    what: 'metadata of the transaction keeps its types',
    ...run(
      `${toBank}\nset_tx_meta("m", [COIN 30])\nset_tx_meta("p", 15%)\nset_tx_meta("a", @users:001)\nset_tx_meta("n", 42)\nset_tx_meta("s", COIN)`,
    ),
    shows: {
      transaction: {
        metadata: {
          m: { type: 'monetary', value: { asset: 'COIN', amount: 30 } },
          p: { type: 'portion', value: { remaining: false, specific: '3/20' } },
          a: { type: 'account', value: 'users:001' },
          n: { type: 'number', value: 42 },
          s: { type: 'asset', value: 'COIN' },
        },
      },
    },
  },
  {
    section,
    what: 'metadata of accounts keeps its types',
    from,
    ...run(
      `${toBank}\nset_account_meta(@bank, "fees", 15%)\nset_account_meta(@other, "owner", @users:001)\nset_account_meta(@bank, "cap", [COIN 30])`,
    ),
    afterwards: [
      {
        ask: 'GET /~/accounts/bank',
        shows: {
          data: {
            metadata: {
              fees: { type: 'portion', value: { remaining: false, specific: '3/20' } },
              cap: { type: 'monetary', value: { asset: 'COIN', amount: 30 } },
            },
          },
        },
      },
      {
        ask: 'GET /~/accounts/other',
        shows: { data: { metadata: { owner: { type: 'account', value: 'users:001' } }, volumes: {} } },
      },
      {
        ask: 'GET /~/logs',
        shows: {
          cursor: {
            data: [
              { type: 'SET_METADATA', data: { targetType: 'ACCOUNT' } },
              { type: 'SET_METADATA', data: { targetType: 'ACCOUNT' } },
              { type: 'NEW_TRANSACTION' },
            ],
          },
        },
      },
    ],
  },
  {
    section,
    what: 'meta() reads what an account has',
    given: [
      pay('world sales 100 COIN'),
      describe('accounts/sales', {
        seller: { type: 'account', value: 'seller:1' },
        fee: { type: 'portion', value: '15%' },
      }),
    ],
    ...run(
      'vars {\n  account $seller = meta(@sales, "seller")\n  portion $fee = meta(@sales, "fee")\n}\nsend [COIN 100] (\n  source = @sales\n  destination = {\n    $fee to @platform\n    remaining to $seller\n  }\n)',
    ),
    shows: {
      transaction: {
        postings: [
          { destination: 'platform', amount: 15 },
          { destination: 'seller:1', amount: 85 },
        ],
      },
    },
  },
  {
    section,
    what: 'balance() reads what an account has',
    from: 'execute_script_test.go',
    given: [pay('world a 70 COIN')],
    ...run('vars {\n  monetary $all = balance(@a, COIN)\n}\nsend $all (\n  source = @a\n  destination = @b\n)'),
    shows: { transaction: { postings: [{ source: 'a', amount: 70 }] } },
  },
  {
    section,
    what: 'an amount of 0 is sent',
    from: 'execute_script_test.go',
    ...run('send [COIN 0] (\n  source = @world\n  destination = @a\n)'),
    shows: { transaction: { postings: [{ source: 'world', destination: 'a', amount: 0 }] } },
  },
  {
    section,
    what: 'all of nothing is sent as 0, as from v1.11 on',
    ...run('send [COIN *] (\n  source = @a\n  destination = @b\n)'),
    shows: { transaction: { postings: [{ source: 'a', destination: 'b', amount: 0 }] } },
  },
  {
    section,
    what: 'what is left over goes to the first shares',
    from: 'machine/vm/machine_test.go',
    ...run(
      'send [COIN 15] (\n  source = @world\n  destination = {\n    80% to @a\n    8% to @b\n    12% to @c\n  }\n)',
    ),
    shows: {
      transaction: {
        postings: [
          { destination: 'a', amount: 13 },
          { destination: 'b', amount: 1 },
          { destination: 'c', amount: 1 },
        ],
      },
    },
  },
  {
    section,
    what: 'kept stays with its source',
    from: 'machine/vm/machine_kept_test.go',
    ...run('send [COIN 10] (\n  source = @world\n  destination = {\n    1/2 to @a\n    remaining kept\n  }\n)'),
    shows: { transaction: { postings: [{ destination: 'a', amount: 5 }] } },
  },
  {
    section,
    what: 'sources pay in order, up to their caps',
    from: 'machine/vm/machine_test.go',
    given: [pay('world a 30 COIN, world b 30 COIN')],
    ...run('send [COIN 50] (\n  source = {\n    max [COIN 10] from @a\n    @b\n    @world\n  }\n  destination = @c\n)'),
    shows: {
      transaction: {
        postings: [
          { source: 'a', amount: 10 },
          { source: 'b', amount: 30 },
          { source: 'world', amount: 10 },
        ],
      },
    },
  },
  {
    section,
    what: 'overdraft goes down to its bound',
    from: 'machine/vm/machine_overdraft_test.go',
    ...run('send [COIN 10] (\n  source = @a allowing overdraft up to [COIN 10]\n  destination = @b\n)'),
    afterwards: [
      { ...run('send [COIN 1] (\n  source = @a allowing overdraft up to [COIN 10]\n  destination = @b\n)'), ...poor },
    ],
  },
];

const failures: readonly TableCase[] = [
  { section, what: 'insufficient funds', from, ...run(fromBank), ...poor, afterwards: nothing },
  { section, what: 'what does not compile', ...run('send [COIN 7 ('), ...compilation, afterwards: nothing },
  {
    section,
    what: 'variables that do not fit',
    ...run(toBank, { vars: { x: 1 } }),
    ...failed('COMPILATION_FAILED', 'could not set variables: extraneous variable $x'),
  },
  { section, what: 'no script', ...run(''), ...failed('NO_SCRIPT', 'no script to execute') },
  {
    section,
    what: 'an empty request',
    ask: 'POST /~/script',
    body: {},
    ...failed('NO_SCRIPT', 'no script to execute'),
  },
  {
    section,
    what: 'a conflict of references',
    from,
    given: [run(toBank, { reference: 'r' })],
    ...run(toBank, { reference: 'r' }),
    ...failed('CONFLICT', 'conflict error on reference'),
  },
  {
    section,
    what: 'metadata that the script sets too',
    ...run(`${toBank}\nset_tx_meta("k", "v")`, { metadata: { k: 1 } }),
    ...failed('METADATA_OVERRIDE', 'cannot override metadata from script'),
  },
  { section, what: 'a timestamp in the past', given: [pay('world a 1 USD')], ...run(toBank, at), ...internal },
  {
    section,
    what: 'no postings',
    ...run('set_account_meta(@a, "k", "v")'),
    ...internal,
    afterwards: [{ ask: 'GET /~/accounts', ...wholePage([]) }],
  },
  { section, what: 'fail', ...run(`${toBank}\nfail`), ...internal, afterwards: nothing },
  { section, what: 'a preview that fails', ...run(fromBank, {}, '?preview=yes'), ...poor },
  {
    section,
    what: 'meta() that is not there',
    from: 'execute_script_test.go',
    ...run('vars {\n  account $a = meta(@b, "k")\n}\nsend [COIN 1] (\n  source = @world\n  destination = $a\n)'),
    ...compilation,
  },
  {
    section,
    what: 'meta() of another type',
    from: 'execute_script_test.go',
    given: [describe('accounts/b', { k: { type: 'number', value: 1 } })],
    ...run('vars {\n  account $a = meta(@b, "k")\n}\nsend [COIN 1] (\n  source = @world\n  destination = $a\n)'),
    ...compilation,
  },
  {
    section,
    what: 'balance() that is negative',
    from: 'execute_script_test.go',
    given: [run(toBank)],
    ...run('vars {\n  monetary $b = balance(@world, COIN)\n}\nsend $b (\n  source = @bank\n  destination = @a\n)'),
    ...compilation,
  },
];

const malformed: readonly TableCase[] = [
  {
    section,
    what: 'malformed JSON is refused',
    unlike: 'a `/script` request that is malformed',
    ask: 'POST /~/script',
    body: '{"plain":',
    ...invalid('invalid script format'),
  },
  {
    section,
    what: 'no body is refused',
    unlike: 'a `/script` request that is malformed',
    ask: 'POST /~/script',
    ...invalid('invalid script format'),
  },
];

proveCases([
  ...successes,
  ...failures.map((failure) => ({ ...failure, what: `${failure.what}: 200 with the error` })),
  ...malformed,
]);
