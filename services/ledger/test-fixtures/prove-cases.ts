import { Agent } from 'node:http';
import { createPool } from '@daybook/postgres';
import { createDatabase, type TestDatabase } from '@daybook/stack/testing';
import { afterAll, beforeAll, expect as expectOfAll, it, type ExpectStatic } from 'vitest';
import { migrate } from '../src/migrate.ts';
import { assertStoredEvents } from './assert-stored-events.ts';
import { bookFaults } from './book-faults.ts';
import type { Exchange } from './conformance-requests.ts';
import { exactValue } from './exact-value.ts';
import { LedgerProcess } from './ledger-process.ts';
import { sendRequest, type ReceivedAnswer, type SentRequest } from './send-request.ts';

/** The sections of what is known of v1 that the conformance suite proves. */
export type Section = `1.${1 | 2 | 3 | 4 | 5 | 6 | 7}` | `2.${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8}` | '3';

interface CaseOrigin {
  /** 1.1 conventions and errors, 1.2 pages, 1.3 endpoints and filters, 1.4 transactions, 1.5 batches, 1.6 scripts, 1.7 idempotency; 2.1 patterns, 2.2 amounts, 2.3 balances, 2.4 references, 2.5 txids, 2.6 timestamps, 2.7 metadata and reverts, 2.8 volumes and logs; 3 mapping. */
  readonly section: Section;
  readonly what: string;
  /** The test of v1 that has the behaviour too. */
  readonly from?: string;
  /** Where it differs from v1: the first cell of a row of docs/API.md. */
  readonly unlike?: string;
}

/** One line of a table: requests that prepare, the one that is asked about, and what is seen afterwards. */
export interface TableCase extends CaseOrigin, Exchange {
  readonly given?: readonly Exchange[];
  readonly afterwards?: readonly Exchange[];
}

/** A case whose requests depend on earlier answers. */
export interface StepwiseCase extends CaseOrigin {
  readonly prove: (service: AskedService) => Promise<void>;
}

/** The started service, asked for one case. */
interface AskedService {
  /** Sends a request and expects of its answer what the exchange says. */
  readonly ask: (exchange: Exchange) => Promise<ReceivedAnswer>;
  /** What GET answers with 200, in the shape that the case goes on to assert. */
  readonly get: <Shape>(path: string) => Promise<Shape>;
  /** `expect` of the test that runs. */
  readonly see: ExpectStatic;
}

interface ProveOptions {
  /** Settings of the service. */
  readonly variables?: Readonly<Record<string, string>>;
  /** What is written into the ledger `books` before all cases, which only read there. */
  readonly before?: readonly Exchange[];
}

/** Proves cases against a started service of its own, each in a ledger of its own, and then that all books are in order. */
export function proveCases(
  cases: readonly (TableCase | StepwiseCase)[],
  { variables = {}, before = [] }: ProveOptions = {},
): void {
  let database: TestDatabase;
  let process: LedgerProcess;
  const agent = new Agent({ keepAlive: true });
  let send: (request: SentRequest) => Promise<ReceivedAnswer>;

  beforeAll(async () => {
    database = await createDatabase({ migrate: async (url) => await migrate(url, { lanes: 64 }) });
    process = new LedgerProcess(['serve'], { DATABASE_URL: database.ledgerUrl, ...variables });
    const { hostname: host, port } = new URL(await process.url());
    send = async (request) => await sendRequest({ host, port: Number(port), agent }, request);
    const { ask } = askIn('books', { send, expect: expectOfAll });
    for (const exchange of before) await ask(exchange);
  });

  afterAll(async () => {
    agent.destroy();
    await process.kill();
    const pool = createPool(database.databaseUrl, { size: 1, applicationName: 'events test' });
    try {
      await assertStoredEvents(pool);
    } finally {
      await pool.end();
      await database.drop();
    }
  });

  for (const [index, proven] of cases.entries()) {
    const { section, what, unlike } = proven;
    it.concurrent(`${section}: ${what}${unlike === undefined ? '' : ', unlike v1'}`, async ({ expect }) => {
      expect.hasAssertions();
      const service = askIn(`case-${index}`, { send, expect });
      if ('prove' in proven) {
        await proven.prove(service);
        return;
      }
      for (const exchange of [...(proven.given ?? []), proven, ...(proven.afterwards ?? [])])
        await service.ask(exchange);
    });
  }

  it('leaves every ledger with a log that chains, and with transactions and balances that are what the log says', async ({
    expect,
  }) => {
    const { ask, get } = askIn('none', { send, expect });
    const { data } = await get<ServerInfo>('/_info');
    const { ledgers } = data.config.storage;
    expect(ledgers.length).toBeGreaterThan(0);
    const read = async (path: string) => (await ask({ ask: `GET ${path}` })).body;
    for (const ledger of ledgers) {
      expect({ ledger, faults: await bookFaults(ledger, read) }).toEqual({ ledger, faults: [] });
    }
  });
}

interface ServerInfo {
  readonly data: { readonly config: { readonly storage: { readonly ledgers: readonly string[] } } };
}

function askIn(
  ledger: string,
  { send, expect }: { readonly send: (request: SentRequest) => Promise<ReceivedAnswer>; readonly expect: ExpectStatic },
): AskedService {
  const ask = async (exchange: Exchange): Promise<ReceivedAnswer> => {
    const [method = '', path = ''] = exchange.ask.replace('~', ledger).split(' ');
    const { body, headers = {} } = exchange;
    const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
    const received = await send({ method, path, headers, ...(text !== undefined && { body: text }) });
    compare(exchange, received, expect);
    return received;
  };
  return {
    ask,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- whoever reads it asserts what is in it
    get: async <Shape>(path: string) => exactValue((await ask({ ask: `GET ${path}` })).body) as Shape,
    see: expect,
  };
}

function compare(exchange: Exchange, { status, headers, body }: ReceivedAnswer, expect: ExpectStatic): void {
  const { answer, shows, answeredWith = {} } = exchange;
  const value = exactValue(body);
  const seen = Object.fromEntries(Object.keys(answeredWith).map((name) => [name, headers[name.toLowerCase()]]));
  const asked = exchange.ask;
  expect({ asked, status, seen, value }).toEqual({
    asked,
    status: exchange.status ?? 200,
    seen: answeredWith,
    value: answer === undefined ? value : answer,
  });
  if (shows !== undefined) expect(value).toMatchObject(shows);
}
