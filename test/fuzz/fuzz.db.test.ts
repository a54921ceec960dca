import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPool } from '../../packages/postgres/src/index.ts';
import { createDatabase, type TestDatabase } from '../../packages/stack/src/testing/index.ts';
import { migrate } from '../../services/ledger/src/migrate.ts';
import { LedgerProcess } from '../../services/ledger/test-fixtures/ledger-process.ts';
import { isClean, writeReport } from './report.ts';
import { runFuzz, type FuzzTally } from './run-fuzz.ts';
import { bodyBytesMax } from './spoiled-body.ts';

const seed = 6;
const requests = 1_200;

let database: TestDatabase;
let ledger: LedgerProcess;
let tally: FuzzTally;

beforeAll(async () => {
  database = await createDatabase({ migrate: async (url) => await migrate(url, { lanes: 64 }) });
  const settings = { DATABASE_URL: database.ledgerUrl, BODY_BYTES_MAX: String(bodyBytesMax) };
  ledger = new LedgerProcess(['serve'], settings);
  tally = await runFuzz({ url: await ledger.url(), databaseUrl: database.databaseUrl, seed, requests });
});

afterAll(async () => {
  await ledger.kill();
  await database.drop();
});

describe('odd requests', () => {
  it('are answered as the OpenAPI document says, without 5xx, and leave no row when they are refused or only previewed', () => {
    const errors = ledger.log
      .filter(({ level }) => level === 'error' || level === 'fatal')
      .map((line) => JSON.stringify(line));
    const report = { seed, durationMs: 0, tally, errors };
    expect(isClean(report) ? 'nothing was found' : writeReport(report)).toBe('nothing was found');
    expect(tally.sent).toBe(requests);
  });

  it('reach every operation, which accepts some and refuses others', () => {
    const always = /^show(?:Document|Reader|Info|Health|Liveness|Readiness|Metrics)/;
    const { none, ...operations } = Object.fromEntries(tally.operations);
    expect(Object.keys(operations).length).toBeGreaterThan(25);
    expect(Object.entries(operations).filter(([, { accepted }]) => accepted === 0)).toEqual([]);
    const refusing = Object.entries(operations).filter(([id]) => !always.test(id));
    expect(refusing.filter(([, { refused }]) => refused === 0)).toEqual([]);
    expect(none?.refused).toBeGreaterThan(0);
  });
});

describe('the fuzzing finds', () => {
  const refusal = JSON.stringify({
    errorCode: 'VALIDATION',
    errorMessage: '',
    error_code: 'VALIDATION',
    error_message: '',
  });
  const json = { 'content-type': 'application/json' };

  it.each<[string, (response: ServerResponse) => unknown, string]>([
    ['an answer with 500', (response) => response.writeHead(500, json).end('{}'), 'answered with 500: {}'],
    ['an answer outside the document', (response) => response.writeHead(200, json).end('{"data":1}'), 'must be object'],
    ['a status outside the document', (response) => response.writeHead(418).end(), 'the status is not listed'],
    ['an answer that does not come', (response) => response.destroy(), 'no answer: socket hang up'],
  ])('%s', async (_what, respond, fault) => {
    const { findings, tally: found } = await fuzzed(respond);
    expect(findings).toContain(fault);
    expect(isClean({ tally: found, errors: [] })).toBe(false);
  });

  it('a row that a refused request left', async () => {
    const pool = createPool(database.databaseUrl, { size: 1, applicationName: 'leaving rows' });
    try {
      const { findings } = await fuzzed(async (response) => {
        await pool.query(
          "insert into ledger (id, name, lane, created_at) select nextval('ledger_id_seq'), gen_random_uuid()::text, 0, now()",
        );
        response.writeHead(400, json).end(refusal);
      });
      expect(findings).toMatch(/refused, but rows changed: ledger \(\d+, then \d+\)/);
    } finally {
      await pool.end();
    }
  });

  async function fuzzed(respond: (response: ServerResponse) => unknown) {
    const server = createServer((request, response) => {
      request.resume();
      request.once('end', () => void respond(response));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const address = server.address();
      const port = typeof address === 'object' ? address?.port : undefined;
      const found = await runFuzz({
        url: `http://127.0.0.1:${port}`,
        databaseUrl: database.databaseUrl,
        seed,
        requests: 30,
      });
      return { tally: found, findings: found.findings.map(({ what }) => what).join('\n') };
    } finally {
      server.close();
    }
  }
});
