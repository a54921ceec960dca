import { draft, pay, payAll, refused, send, type Exchange } from '../../../test-fixtures/conformance-requests.ts';
import { proveCases, type TableCase } from '../../../test-fixtures/prove-cases.ts';

const section = '2.6';
const from = 'execute_txsdata_test.go';
const at = (hour: string, more: object = {}) => ({ timestamp: `2023-06-01T${hour}:00:00Z`, ...more });
const script = 'send [COIN 1] (\n  source = @world\n  destination = @a\n)';
const last = pay('world a 5 USD', at('12'));
const listed = (query: string, ...txids: readonly number[]): Exchange => ({
  ask: `GET /~/transactions?${query}`,
  shows: { cursor: { data: txids.map((txid) => ({ txid })) } },
});

const past: readonly TableCase[] = [
  {
    section,
    what: 'allow-past-timestamps takes a transaction before the last one, with the next number',
    from,
    given: [last],
    ...pay('world a 5 USD', at('11')),
    shows: { data: [{ txid: 1, ...at('11') }] },
  },
  {
    section,
    what: 'allow-past-timestamps takes a script before the last one',
    from,
    given: [last],
    ...send(script, at('11')),
    shows: { data: [{ txid: 1, ...at('11') }] },
  },
  {
    section,
    what: 'allow-past-timestamps takes a batch whose timestamps fall',
    ...payAll(draft('world a 1 USD', at('12')), draft('world a 1 USD', at('10')), draft('world a 1 USD', at('11'))),
    shows: { data: [at('12'), at('10'), at('11')] },
  },
  {
    section,
    what: 'allow-past-timestamps takes now behind the future',
    given: [pay('world a 1 USD', { timestamp: '2999-01-01T00:00:00Z' })],
    ...pay('world a 1 USD'),
    shows: { data: [{ txid: 1 }] },
  },
  {
    section,
    what: 'allow-past-timestamps takes a revert behind the future',
    given: [pay('world a 1 USD', { timestamp: '2999-01-01T00:00:00Z' })],
    ask: 'POST /~/transactions/0/revert',
    shows: { data: { txid: 1 } },
  },
  {
    section,
    what: 'a transaction in the past sees the balances of now',
    given: [last, pay('a b 5 USD', at('13'))],
    ...pay('a c 1 USD', at('12')),
    ...refused('INSUFFICIENT_FUND', 'balance.insufficient.USD'),
  },
  {
    section,
    what: 'lists stay in the order of numbers, and times still filter',
    given: [last, pay('world a 5 USD', at('10')), pay('world a 5 USD', at('11'))],
    ...listed('', 2, 1, 0),
    afterwards: [
      listed('startTime=2023-06-01T11:00:00Z', 2, 0),
      listed('endTime=2023-06-01T11:00:00Z', 1),
      listed('startTime=2023-06-01T10:30:00Z&endTime=2023-06-01T12:00:00Z', 2),
      { ask: 'GET /~/logs?endTime=2023-06-01T12:00:00Z', shows: { cursor: { data: [{ id: 2 }, { id: 1 }] } } },
    ],
  },
  {
    section,
    what: 'a reference stays taken in the past',
    given: [pay('world a 5 USD', at('12', { reference: 'r' }))],
    ...pay('world a 5 USD', at('11', { reference: 'r' })),
    ...refused('CONFLICT', 'conflict error on reference'),
  },
];

proveCases(past, { variables: { COMMIT_POLICY: 'allow-past-timestamps' } });
