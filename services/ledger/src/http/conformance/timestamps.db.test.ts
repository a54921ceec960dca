import { expect } from 'vitest';
import { draft, invalid, pay, payAll, send, type Exchange } from '../../../test-fixtures/conformance-requests.ts';
import { proveCases, type StepwiseCase, type TableCase } from '../../../test-fixtures/prove-cases.ts';

const section = '2.6';
const script = 'send [COIN 1] (\n  source = @world\n  destination = @a\n)';
const at = (timestamp: string) => ({ timestamp });
const paidAt = (timestamp: string): Exchange => pay('world a 1 USD', at(timestamp));
const shown = (timestamp: string) => ({ shows: { data: [{ timestamp }] } });
const noon = '2023-06-01T12:00:00Z';

function prior(passed: string, difference: string, last: string): Pick<Exchange, 'status' | 'answer'> {
  return invalid(
    `cannot pass a timestamp prior to the last transaction: ${passed} (passed) is ${difference} before ${last} (last)`,
  );
}

const forms: readonly (readonly [what: string, sent: string, seen: string, logged: string])[] = [
  ['whole seconds', noon, noon, noon],
  ['a fraction', '2023-06-01T12:00:00.5Z', noon, '2023-06-01T12:00:00.5Z'],
  ['nine digits', '2023-06-01T12:00:00.123456789Z', noon, '2023-06-01T12:00:00.123456789Z'],
  ['a fraction that ends in zeros', '2023-06-01T12:00:00.120Z', noon, '2023-06-01T12:00:00.12Z'],
  ['an offset to the east', '2023-06-01T14:00:00+02:00', noon, noon],
  ['an offset to the west', '2023-06-01T06:30:00-05:30', noon, noon],
  ['the year 1', '0001-01-01T00:00:01Z', '0001-01-01T00:00:01Z', '0001-01-01T00:00:01Z'],
  ['the future', '2999-01-01T00:00:00Z', '2999-01-01T00:00:00Z', '2999-01-01T00:00:00Z'],
];

const kept: readonly TableCase[] = forms.map(([what, sent, seen, logged]) => ({
  section,
  what: `${what}: ${sent} is shown as ${seen}, and logged as ${logged}`,
  ...paidAt(sent),
  ...shown(seen),
  afterwards: [
    { ask: 'GET /~/transactions/0', shows: { data: at(seen) } },
    { ask: 'GET /~/logs', shows: { cursor: { data: [{ date: logged, data: at(logged) }] } } },
  ],
}));

const unreadable: readonly TableCase[] = [
  'yesterday',
  '',
  '2023-06-01',
  '2023-06-01 12:00:00Z',
  '2023-06-01T12:00:00',
  '2023-02-30T12:00:00Z',
  '2023-06-01T24:00:00Z',
  '2023-06-01T12:00:60Z',
].map((timestamp) => ({
  section,
  what: `"${timestamp}" is no timestamp`,
  ...paidAt(timestamp),
  ...invalid('invalid transaction format'),
}));

const order: readonly TableCase[] = [
  { section, what: 'the same second again', given: [paidAt(noon)], ...paidAt(noon), ...shown(noon) },
  {
    section,
    what: 'a second earlier',
    given: [paidAt(noon)],
    ...paidAt('2023-06-01T11:59:59Z'),
    ...prior('2023-06-01T11:59:59Z', '1s', noon),
    from: 'execute_txsdata_test.go',
  },
  {
    section,
    what: 'a microsecond earlier',
    given: [paidAt('2023-06-01T12:00:00.000002Z')],
    ...paidAt('2023-06-01T12:00:00.000001Z'),
    ...prior('2023-06-01T12:00:00.000001Z', '1µs', '2023-06-01T12:00:00.000002Z'),
  },
  {
    section,
    what: 'the second of a last transaction that had a fraction',
    given: [paidAt('2023-06-01T12:00:00.5Z')],
    ...paidAt(noon),
    ...prior(noon, '500ms', '2023-06-01T12:00:00.5Z'),
  },
  {
    section,
    what: 'hours earlier',
    given: [paidAt(noon)],
    ...paidAt('2023-06-01T09:30:00Z'),
    ...prior('2023-06-01T09:30:00Z', '2h30m0s', noon),
  },
  {
    section,
    what: 'now, behind a transaction of the future',
    given: [paidAt('2999-01-01T00:00:00Z')],
    ...pay('world a 1 USD'),
    ...invalid(expect.stringMatching(/ is 2562047h47m16\.854775807s before 2999-01-01T00:00:00Z \(last\)$/)),
  },
  {
    section,
    what: 'a revert now, behind a transaction of the future',
    given: [paidAt('2999-01-01T00:00:00Z')],
    ask: 'POST /~/transactions/0/revert',
    ...invalid(
      expect.stringMatching(
        /^executing revert script for transaction 0: cannot pass a timestamp prior to the last transaction: /,
      ),
    ),
  },
  {
    section,
    what: 'a script earlier',
    given: [paidAt(noon)],
    ...send(script, at('2023-06-01T11:59:59Z')),
    ...prior('2023-06-01T11:59:59Z', '1s', noon),
  },
  {
    section,
    what: 'earlier within a batch',
    from: 'ledger_test.go',
    ...payAll(draft('world a 1 USD', at(noon)), draft('world a 1 USD', at('2023-06-01T11:59:59Z'))),
    ...prior('2023-06-01T11:59:59Z', '1s', noon),
  },
  {
    section,
    what: 'each ledger has its own last transaction',
    given: [paidAt('2999-01-01T00:00:00Z')],
    ...paidAt(noon),
    ask: 'POST /~-other/transactions',
  },
  {
    section,
    what: 'a refused transaction does not move the last one',
    given: [{ ...pay('a b 1 USD', at(noon)), status: 400 }],
    ...paidAt('2023-06-01T11:59:59Z'),
  },
  {
    section,
    what: 'a preview does not move the last one',
    given: [{ ...paidAt(noon), ask: 'POST /~/transactions?preview=1' }],
    ...paidAt('2023-06-01T11:59:59Z'),
  },
  {
    section,
    what: 'metadata does not move the last one',
    given: [paidAt(noon), { ask: 'POST /~/accounts/a/metadata', body: {}, status: 204 }],
    ...paidAt('2023-06-01T12:00:01Z'),
  },
];

const clock: readonly StepwiseCase[] = (
  [
    ['a transaction without timestamp', pay('world a 1 USD')],
    ['a transaction with null for a timestamp', pay('world a 1 USD', { timestamp: null })],
    ["a transaction with Go's zero time", paidAt('0001-01-01T00:00:00Z')],
    ['a script without timestamp', send(script)],
    ['a batch without timestamp', payAll(draft('world a 1 USD'))],
  ] as const
).map(([what, exchange]) => ({
  section,
  what: `${what} has the second of now, in UTC`,
  async prove({ ask, get, see }) {
    const earliest = Math.floor(Date.now() / 1000);
    await ask(exchange);
    const { data } = await get<{ readonly data: { readonly timestamp: string } }>('/~/transactions/0');
    const latest = Math.floor(Date.now() / 1000);
    see(data.timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const second = Date.parse(data.timestamp) / 1000;
    see(earliest <= second && second <= latest).toBe(true);
  },
}));

proveCases([...kept, ...unreadable, ...order, ...clock]);
