import { expect } from 'vitest';
import {
  describe,
  insufficient,
  invalid,
  pay,
  refused,
  send,
  type Exchange,
} from '../../../test-fixtures/conformance-requests.ts';
import { proveCases, type StepwiseCase, type TableCase } from '../../../test-fixtures/prove-cases.ts';

const section = '1.1';
const json = { 'content-type': 'application/json; charset=utf-8' };
const absent: unknown = undefined;
const linkTo = (error: string): string =>
  `https://play.numscript.org/?payload=${Buffer.from(JSON.stringify({ error })).toString('base64')}`;
const anyLink: unknown = expect.stringMatching(/^https:\/\/play\.numscript\.org\/\?payload=[\w+/]+=*$/);

/** A script's fault on `/transactions`: v1's message stands behind its code. */
function faulty(code: string, message: string): Pick<Exchange, 'status' | 'answer'> {
  return refused(code, `[${code}] ${message}`, linkTo(message));
}

const stored = (count: number): Exchange => ({ ask: 'HEAD /~/transactions', answeredWith: { Count: String(count) } });

const previews: readonly TableCase[] = [
  ...['1', 'true', 'TRUE', 'True', 'yes', 'YES', 'yEs'].map((value) => ({ value, isPreview: true })),
  ...['0', 'false', 'no', '2', '10', 'on', 'y', 't', '', 'true%20'].map((value) => ({ value, isPreview: false })),
].map(({ value, isPreview }) => ({
  section,
  what: `preview=${value} is ${isPreview ? 'true' : 'false'}`,
  ...pay('world a 1 USD'),
  ask: `POST /~/transactions?preview=${value}`,
  shows: { data: [{ txid: 0 }] },
  afterwards: [stored(isPreview ? 0 : 1)],
}));

const poor = [pay('world a 5 USD'), pay('a b 5 USD')];

const checks: readonly TableCase[] = [
  ...['1', 'true'].map((value) => ({ value, isOff: true })),
  ...['TRUE', 'yes', 'True', '0', 'false', ''].map((value) => ({ value, isOff: false })),
].map(({ value, isOff }) => ({
  section,
  what: `disableChecks=${value} ${isOff ? 'disables' : 'does not disable'} checks`,
  given: poor,
  ask: `POST /~/transactions/0/revert?disableChecks=${value}`,
  ...(!isOff && refused('INSUFFICIENT_FUND', 'executing revert script for transaction 0: balance.insufficient.USD')),
}));

const without = (name: string): unknown => expect.toSatisfy((names: readonly string[]) => !names.includes(name));

/** The ledgers that `/_info` names. */
const ledgers = (matcher: unknown): Exchange => ({
  ask: 'GET /_info',
  shows: { data: { config: { storage: { ledgers: matcher } } } },
});

const routes = [
  'transactions',
  'accounts',
  'accounts/a',
  'balances',
  'aggregate/balances',
  'logs',
  'mapping',
  'stats',
  '_info',
];

const creations: readonly TableCase[] = [
  ...[...routes.map((route) => `GET ${route}`), 'HEAD transactions', 'HEAD accounts'].map((request, index) => {
    const [method, route] = request.split(' ');
    return {
      section,
      what: `${request} makes the ledger`,
      ask: `${method} /read-${index}/${route}`,
      afterwards: [ledgers(expect.arrayContaining([`read-${index}`]))],
    } as const;
  }),
  {
    section,
    what: 'a read that is refused makes no ledger',
    ask: 'GET /read-nothing/transactions/0',
    ...refused('NOT_FOUND', 'transaction not found'),
    unlike: 'a refused request to a ledger that is not there',
    afterwards: [ledgers(without('read-nothing'))],
  },
  {
    section,
    what: 'a refused write makes no ledger',
    unlike: 'a refused request to a ledger that is not there',
    ...pay('a b 1 USD'),
    ask: 'POST /never-paid/transactions',
    ...insufficient(),
    afterwards: [ledgers(without('never-paid'))],
  },
  {
    section,
    what: 'a name may have dots, hyphens and capitals, which count',
    given: [{ ...pay('world a 1 USD'), ask: 'POST /My.Ledger-1/transactions' }],
    ask: 'GET /my.ledger-1/stats',
    answer: { data: { transactions: 0, accounts: 0 } },
    afterwards: [ledgers(expect.arrayContaining(['My.Ledger-1', 'my.ledger-1']))],
  },
  {
    section,
    what: '_system is no name',
    unlike: 'ledger names',
    ask: 'GET /_system/stats',
    ...invalid(expect.stringContaining('invalid ledger name')),
  },
];

const script = (plain: string, vars: object = {}, more: object = {}): Exchange => send(plain, more, vars);
const toVariable = 'vars {\n  account $to\n}\nsend [COIN 1] (\n  source = @world\n  destination = $to\n)';
const compilation: Pick<Exchange, 'status' | 'shows'> = {
  status: 400,
  shows: { errorCode: 'COMPILATION_FAILED', error_code: 'COMPILATION_FAILED', details: anyLink },
};

const codes: readonly TableCase[] = [
  {
    section,
    what: 'VALIDATION: a malformed body',
    ask: 'POST /~/transactions',
    body: '{',
    ...invalid('invalid transaction format'),
  },
  {
    section,
    what: 'VALIDATION: a bad query parameter',
    ask: 'GET /~/logs?pageSize=x',
    ...invalid("invalid 'pageSize' query param"),
  },
  {
    section,
    what: 'VALIDATION: a bad posting',
    ...pay('world a -1 USD'),
    ...invalid('invalid posting 0: negative amount'),
  },
  { section, what: 'VALIDATION: a bad txid', ask: 'GET /~/transactions/one', ...invalid('invalid transaction ID') },
  {
    section,
    what: 'VALIDATION: a transaction that was reverted',
    given: [pay('world a 1 USD'), { ask: 'POST /~/transactions/0/revert' }],
    ask: 'POST /~/transactions/0/revert',
    ...invalid('transaction 0 already reverted'),
  },
  {
    section,
    what: 'VALIDATION: a timestamp in the past',
    given: [pay('world a 1 USD')],
    ...pay('world a 1 USD', { timestamp: '2020-01-01T00:00:00Z' }),
    ...invalid(
      expect.stringMatching(
        /^cannot pass a timestamp prior to the last transaction: 2020-01-01T00:00:00Z \(passed\) is .+ before .+ \(last\)$/,
      ),
    ),
  },
  {
    section,
    what: 'VALIDATION: a script without postings',
    ...script('set_account_meta(@a, "k", "v")'),
    ...invalid('transaction has no postings'),
  },
  { section, what: 'INSUFFICIENT_FUND: postings', ...pay('a b 1 EUR/2'), ...insufficient('EUR/2') },
  {
    section,
    what: 'INSUFFICIENT_FUND: a script',
    ...script('send [COIN 1] (\n  source = @a\n  destination = @b\n)'),
    ...faulty('INSUFFICIENT_FUND', 'account had insufficient funds'),
  },
  { section, what: 'COMPILATION_FAILED: what is no script', ...script('willnotcompile'), ...compilation },
  {
    section,
    what: 'COMPILATION_FAILED: a type that does not fit',
    ...script('send @a (\n  source = @world\n  destination = @b\n)'),
    ...compilation,
  },
  { section, what: 'COMPILATION_FAILED: a variable of another type', ...script(toVariable, { to: 7 }), ...compilation },
  { section, what: 'COMPILATION_FAILED: a missing variable', ...script(toVariable), ...compilation },
  {
    section,
    what: 'COMPILATION_FAILED: an extra variable',
    ...script(toVariable, { to: 'a', from: 'b' }),
    ...faulty('COMPILATION_FAILED', 'could not set variables: extraneous variable $from'),
  },
  {
    section,
    what: 'COMPILATION_FAILED: meta() of a key that is not there',
    from: 'execute_script_test.go',
    ...script('vars {\n  account $to = meta(@a, "k")\n}\nsend [COIN 1] (\n  source = @world\n  destination = $to\n)'),
    ...compilation,
  },
  {
    section,
    what: 'COMPILATION_FAILED: balance() below zero',
    from: 'execute_script_test.go',
    given: [pay('world a 1 COIN')],
    ...script('vars {\n  monetary $all = balance(@world, COIN)\n}\nsend $all (\n  source = @a\n  destination = @b\n)'),
    ...compilation,
  },
  {
    section,
    what: 'METADATA_OVERRIDE',
    ...script(
      'set_tx_meta("k", "v")\nsend [COIN 1] (\n  source = @world\n  destination = @a\n)',
      {},
      { metadata: { k: 1 } },
    ),
    ...faulty('METADATA_OVERRIDE', 'cannot override metadata from script'),
  },
  {
    section,
    what: 'NO_SCRIPT, which only /script says',
    ask: 'POST /~/script',
    body: { plain: '' },
    shows: { errorCode: 'NO_SCRIPT', errorMessage: 'no script to execute' },
  },
  {
    section,
    what: 'NOT_FOUND: a transaction that is read',
    ask: 'GET /~/transactions/3',
    ...refused('NOT_FOUND', 'transaction not found'),
  },
  {
    section,
    what: 'NOT_FOUND: a transaction that is described',
    ask: 'POST /~/transactions/3/metadata',
    body: {},
    ...refused('NOT_FOUND', 'transaction not found'),
  },
  {
    section,
    what: 'NOT_FOUND: a transaction that is reverted',
    ask: 'POST /~/transactions/3/revert',
    ...refused('NOT_FOUND', 'transaction 3 not found'),
  },
  {
    section,
    what: 'CONFLICT',
    given: [pay('world a 1 USD', { reference: 'r' })],
    ...pay('world a 1 USD', { reference: 'r' }),
    ...refused('CONFLICT', 'conflict error on reference'),
  },
  {
    section,
    what: 'CONFLICT of a script',
    from: 'transaction_controller_test.go TestPostTransactionsScriptConflict',
    given: [pay('world a 1 USD', { reference: 'r' })],
    ...script('send [COIN 1] (\n  source = @world\n  destination = @a\n)', {}, { reference: 'r' }),
    ...refused('CONFLICT', 'conflict error on reference'),
  },
];

const conventions: readonly TableCase[] = [
  { section, what: 'an answer is JSON with its charset', ask: 'GET /~/stats', answeredWith: json },
  { section, what: 'an error is JSON with its charset', ask: 'GET /~/transactions/x', status: 400, answeredWith: json },
  {
    section,
    what: '204 has neither body nor type',
    ...describe('accounts/a', {}),
    answeredWith: { 'content-type': absent },
  },
  {
    section,
    what: 'an unknown path below a ledger is a plain 404',
    ask: 'GET /~/nothing',
    status: 404,
    answer: '404 page not found',
    answeredWith: { 'content-type': 'text/plain' },
  },
  {
    section,
    what: 'an unknown path is a plain 404',
    ask: 'GET /',
    status: 404,
    answer: '404 page not found',
    answeredWith: { 'content-type': 'text/plain' },
  },
  {
    section,
    what: 'another method is refused with those that are known',
    unlike: 'known path, other method',
    ask: 'DELETE /~/mapping',
    status: 405,
    answeredWith: { allow: 'GET, HEAD, PUT' },
  },
  { section, what: 'a slash too many is sent away', ask: 'GET /~/stats/', status: 301 },
  {
    section,
    what: 'the type of a body does not matter',
    ...pay('world a 1 USD'),
    headers: { 'content-type': 'text/plain' },
  },
  { section, what: 'unknown fields of a body are ignored', ...pay('world a 1 USD', { note: 'none' }) },
  {
    section,
    what: 'what follows a body is ignored',
    ask: 'POST /~/accounts/a/metadata',
    body: '{"k":1} and more',
    status: 204,
  },
];

const texts: readonly StepwiseCase[] = [
  {
    section,
    what: 'keys of an error stand in the order of v1',
    async prove({ ask, see }) {
      const { body } = await ask({ ...pay('world a -1 USD'), status: 400 });
      const message = 'invalid posting 0: negative amount';
      see(body).toBe(
        `{"errorCode":"VALIDATION","errorMessage":"${message}","error_code":"VALIDATION","error_message":"${message}"}`,
      );
    },
  },
  {
    section,
    what: 'details hold the message with the line breaks of Windows',
    async prove({ ask, see }) {
      const { body } = await ask({ ...script('willnotcompile'), status: 400 });
      const [, message] =
        /^\{"errorCode":"COMPILATION_FAILED","errorMessage":"\[COMPILATION_FAILED\] (.+)","details":/.exec(body) ?? [];
      const [, payload] = /"details":"https:\/\/play\.numscript\.org\/\?payload=([\w+/=]+)"/.exec(body) ?? [];
      see(message).toContain(String.raw`\n`);
      see(Buffer.from(payload ?? '', 'base64').toString()).toBe(
        `{"error":"${message?.replaceAll(String.raw`\n`, String.raw`\r\n`)}"}`,
      );
    },
  },
];

proveCases([...previews, ...checks, ...creations, ...codes, ...conventions, ...texts]);
