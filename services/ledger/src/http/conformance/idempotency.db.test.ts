import { expect } from 'vitest';
import {
  describe,
  draft,
  insufficient,
  invalid,
  pay,
  send,
  type Exchange,
} from '../../../test-fixtures/conformance-requests.ts';
import { proveCases, type StepwiseCase, type TableCase } from '../../../test-fixtures/prove-cases.ts';

const from = 'idempotency/middleware_test.go';
const hit = { answeredWith: { 'Idempotency-Hit': 'true' } };
const noHit = { answeredWith: { 'Idempotency-Hit': undefined } };

function keyed(exchange: Exchange, key = 'key-1'): Exchange {
  return { ...exchange, headers: { ...exchange.headers, 'Idempotency-Key': key } };
}

const one = keyed(pay('world a 1 USD'));
const otherRequest = invalid(expect.stringContaining('Idempotency-Key'));
const holds = (amount: number): Exchange => ({
  ask: 'GET /~/accounts/a',
  shows: { data: { balances: { USD: amount } } },
});

const script = { plain: 'send [COIN 1] (\n  source = @world\n  destination = @a\n)' };
const poorScript = { plain: 'send [COIN 1] (\n  source = @poor\n  destination = @a\n)' };

/** Every write, each with what it needs. */
const writes: readonly { readonly what: string; readonly given?: readonly Exchange[]; readonly write: Exchange }[] = [
  { what: 'a transaction', write: pay('world a 1 USD', { metadata: { big: JSON.rawJSON('12345678901234567890') } }) },
  { what: 'a transaction by script', write: send(script.plain) },
  { what: 'a batch', write: { ask: 'POST /~/transactions/batch', body: { transactions: [draft('world a 1 USD')] } } },
  { what: 'a script', write: { ask: 'POST /~/script', body: script } },
  { what: 'a revert', given: [pay('world a 1 USD')], write: { ask: 'POST /~/transactions/0/revert' } },
  { what: 'metadata of an account', write: describe('accounts/a', { k: 1 }) },
  { what: 'metadata of a transaction', given: [pay('world a 1 USD')], write: describe('transactions/0', { k: 1 }) },
];

const replays: readonly StepwiseCase[] = writes.map(({ what, given = [], write }) => ({
  section: '1.7',
  what: `${what} is answered again as it was, and is not done again`,
  from,
  async prove({ ask, get, see }) {
    for (const exchange of given) await ask(exchange);
    const first = await ask({ ...keyed(write), ...noHit });
    const before = await get('/~/logs');
    const second = await ask({ ...keyed(write), ...hit });
    see(second.body).toBe(first.body);
    see(second.headers['content-type']).toBe(first.headers['content-type']);
    see(await get('/~/logs')).toEqual(before);
  },
}));

const table: readonly TableCase[] = [
  {
    section: '1.7',
    what: 'a key on a mapping counts',
    unlike: 'idempotency key on `PUT /mapping`',
    given: [keyed({ ask: 'PUT /~/mapping', body: { contracts: [] }, ...noHit })],
    ...keyed({ ask: 'PUT /~/mapping', body: { contracts: [] }, ...hit }),
  },
  {
    section: '1.7',
    what: 'another body under the same key is refused, and nothing is written',
    unlike: 'same idempotency key, other request',
    from,
    given: [one],
    ...keyed(pay('world a 2 USD')),
    ...otherRequest,
    afterwards: [holds(1)],
  },
  {
    section: '1.7',
    what: 'a body that differs by a blank is another body',
    unlike: 'same idempotency key, other request',
    given: [keyed({ ...one, body: '{"postings":[{"source":"world","destination":"a","amount":1,"asset":"USD"}]}' })],
    ...keyed({ ...one, body: '{"postings": [{"source":"world","destination":"a","amount":1,"asset":"USD"}]}' }),
    ...otherRequest,
    afterwards: [holds(1)],
  },
  {
    section: '1.7',
    what: 'another query under the same key is refused',
    unlike: 'same idempotency key, other request',
    given: [one],
    ...keyed({ ...one, ask: 'POST /~/transactions?preview=true' }),
    ...otherRequest,
  },
  {
    section: '1.7',
    what: 'another path under the same key is refused',
    unlike: 'same idempotency key, other request',
    from,
    given: [keyed(describe('accounts/a', { k: 1 }))],
    ...keyed(describe('accounts/b', { k: 1 })),
    ...otherRequest,
    afterwards: [{ ask: 'GET /~/accounts/b', shows: { data: { metadata: {} } } }],
  },
  {
    section: '1.7',
    what: 'a preview is not kept, and leaves its key to any other request',
    unlike: 'idempotency key on a preview',
    given: [keyed({ ...one, ask: 'POST /~/transactions?preview=1' })],
    ...one,
    ...noHit,
    afterwards: [holds(1)],
  },
  {
    section: '1.7',
    what: 'a refused request is not kept, and its key may be used again',
    from,
    given: [{ ...keyed(pay('a b 1 USD')), ...insufficient(), ...noHit }, pay('world a 1 USD')],
    ...keyed(pay('a b 1 USD')),
    ...noHit,
    afterwards: [{ ...keyed(pay('a b 1 USD')), ...hit }],
  },
  {
    section: '1.7',
    what: 'a refused request leaves its key to any other',
    from,
    given: [{ ...keyed(pay('a b 1 USD')), ...insufficient() }],
    ...one,
    ...noHit,
  },
  {
    section: '1.7',
    what: 'an error of /script is kept, since its status is 200',
    given: [keyed({ ask: 'POST /~/script', body: poorScript }), pay('world poor 1 COIN')],
    ...keyed({ ask: 'POST /~/script', body: poorScript }),
    ...hit,
    shows: { errorCode: 'INSUFFICIENT_FUND' },
  },
  {
    section: '1.7',
    what: 'the same request under another key, or none, is done again',
    given: [one, pay('world a 1 USD')],
    ...keyed(pay('world a 1 USD'), 'key-2'),
    ...noHit,
    afterwards: [holds(3)],
  },
  {
    section: '1.7',
    what: 'a key belongs to one ledger',
    given: [one],
    ...keyed({ ...one, ask: 'POST /~-other/transactions' }),
    ...noHit,
    shows: { data: [{ txid: 0 }] },
  },
  {
    section: '1.7',
    what: 'an empty key is none',
    given: [keyed(pay('world a 1 USD'), '')],
    ...keyed(pay('world a 1 USD'), ''),
    ...noHit,
    afterwards: [holds(2)],
  },
  {
    section: '1.7',
    what: 'a key on a read is not looked at',
    given: [one],
    ...keyed({ ask: 'GET /~/stats' }),
    ...noHit,
    answer: { data: { transactions: 1, accounts: 2 } },
  },
  {
    section: '1.7',
    what: 'a reference that is taken is a conflict under another key, and a replay under the same',
    given: [keyed(pay('world a 1 USD', { reference: 'r' }))],
    ...keyed(pay('world a 1 USD', { reference: 'r' }), 'key-2'),
    status: 409,
    afterwards: [{ ...keyed(pay('world a 1 USD', { reference: 'r' })), ...hit }],
  },
];

proveCases([...replays, ...table]);
