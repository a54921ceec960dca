import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { isJsonObject } from '@daybook/events';
import { createPool } from '@daybook/postgres';
import { createDatabase, type TestDatabase } from '@daybook/stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assertStoredEvents } from '../../test-fixtures/assert-stored-events.ts';
import { exactValue } from '../../test-fixtures/exact-value.ts';
import { DocumentCheck } from '../../test-fixtures/document-check.ts';
import { LedgerProcess } from '../../test-fixtures/ledger-process.ts';
import { sendRequest, type ReceivedAnswer, type SentRequest } from '../../test-fixtures/send-request.ts';
import { migrate } from '../migrate.ts';

/** Answers that v1.12.0 gave, in order and from an empty server; they are asked of the started service. Of scripts that do not compile, the messages are ours. */
interface CapturedCase {
  readonly name: string;
  readonly method: string;
  /** With `{{case:path}}` for a value of an earlier answer. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly status: number;
  readonly hit?: true;
  readonly count?: string;
  readonly location?: string;
  readonly contentType?: string;
  readonly answer?: string;
  /** The case with the same answer. */
  readonly answerOf?: string;
  /** JSON pointers to what holds the clock. */
  readonly volatile?: readonly string[];
}

/** Cases that we answer in another way, by name, each with the reason: v1 crashed, blamed itself for bad input, or said nothing. */
const excepted: Readonly<Record<string, string>> = {
  'err-null-amount': 'v1 crashes and answers 200 with an empty body',
  'err-missing-amount': 'v1 crashes and answers 200 with an empty body',
  'err-script-malformed-json': 'v1 crashes and answers 200 with an empty body',
  'ik-different-body': 'v1 answers 400 with an empty body',
  'err-mapping-malformed': 'v1 answers 500 to a malformed mapping',
  'quirk-null-meta-list': 'v1 answers 500 to a list with an account whose metadata was set to null',
};

const fixture = new URL('../../test-fixtures/v1.12-answers.json', import.meta.url);
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the file is ours
const cases = JSON.parse(readFileSync(fixture, 'utf8')) as readonly CapturedCase[];

let database: TestDatabase;
let service: LedgerProcess;
let send: (request: SentRequest) => Promise<ReceivedAnswer>;
let equal = 0;
const answers = new Map<string, ReceivedAnswer>();
const document = new DocumentCheck();
const exchanges: { readonly request: SentRequest; readonly answer: ReceivedAnswer }[] = [];

/** The capture touched this ledger too, before that case, by a request that is not among them; `/_info` shows it. */
const untold = { before: 'ledger-name-with-dot', path: '/my-ledger-1/stats' };

beforeAll(async () => {
  database = await createDatabase({ migrate: async (url) => await migrate(url, { lanes: 64 }) });
  service = new LedgerProcess(['serve'], { DATABASE_URL: database.ledgerUrl });
  const { hostname: host, port } = new URL(await service.url());
  send = async (request) => await sendRequest({ host, port: Number(port) }, request);
});

afterAll(async () => {
  await service.kill();
  const pool = createPool(database.databaseUrl, { size: 1, applicationName: 'events test' });
  try {
    await assertStoredEvents(pool);
  } finally {
    await pool.end();
    await database.drop();
  }
});

describe('answers as v1.12.0 does', () => {
  it.each(cases)('$name', async (captured) => {
    const { name, method, headers, body } = captured;
    if (name === untold.before) await send({ path: untold.path });
    const path = captured.path.replaceAll(/\{\{([^:]+):([^}]+)\}\}/g, (_, from: string, to: string) =>
      valueOf(from, to),
    );
    const request = { method, path, ...(headers && { headers }), ...(body !== undefined && { body }) };
    const answer = await send(request);
    answers.set(name, answer);
    exchanges.push({ request, answer });
    const ours = {
      status: answer.status,
      hit: answer.headers['idempotency-hit'],
      count: answer.headers['count'],
      location: answer.headers.location,
      contentType: answer.headers['content-type'],
      answer: structureOf(answer.body, captured.volatile),
    };
    const theirs = {
      status: captured.status,
      hit: captured.hit === true ? 'true' : undefined,
      count: captured.count,
      location: captured.location,
      contentType: contentTypeOf(captured),
      answer: structureOf(expectedOf(captured), captured.volatile),
    };
    const isEqual = isDeepStrictEqual(ours, theirs);
    if (isEqual) equal += 1;
    // An excepted case that is equal after all is no exception.
    const isExcepted = excepted[name] !== undefined;
    expect(isExcepted && !isEqual ? undefined : ours).toEqual(isExcepted ? undefined : theirs);
  });

  it('in all cases but those that are excepted by name', () => {
    const exceptions = Object.keys(excepted);
    expect(exceptions.filter((name) => !cases.some((captured) => captured.name === name))).toEqual([]);
    process.stdout.write(`v1.12 answers: ${equal} equal, ${exceptions.length} excepted, ${cases.length} in all\n`);
    expect(equal).toBe(cases.length - exceptions.length);
  });
});

describe('the OpenAPI document', () => {
  it('has every one of these answers', () => {
    expect(exchanges).toHaveLength(cases.length);
    expect(exchanges.flatMap(({ request, answer }) => document.answerFaults(request, answer))).toEqual([]);
  });

  it('allows every body that was accepted', () => {
    const accepted = exchanges.filter(({ request, answer }) => request.body !== undefined && answer.status < 300);
    expect(accepted.length).toBeGreaterThan(50);
    expect(accepted.flatMap(({ request }) => document.bodyFaults(request))).toEqual([]);
  });
});

function expectedOf({ answer, answerOf }: CapturedCase): string {
  return answer ?? cases.find(({ name }) => name === answerOf)?.answer ?? '';
}

function contentTypeOf(captured: CapturedCase): string | undefined {
  return captured.contentType ?? (expectedOf(captured) === '' ? undefined : 'application/json; charset=utf-8');
}

/** A value of an earlier answer, by a path of keys: `cursor.next`. */
function valueOf(name: string, path: string): string {
  let value: unknown = JSON.parse(answers.get(name)?.body ?? 'null');
  for (const key of path.split('.')) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the fixture names what the answer has
    value = (value as Record<string, unknown>)[key];
  }
  return String(value);
}

/** What a body says, with what is volatile masked. */
function structureOf(text: string, volatile: readonly string[] = []): unknown {
  const value = exactValue(text);
  maskTokens(value);
  for (const pointer of volatile) mask(value, pointer.split('/').slice(1));
  return value;
}

/** A token counts by being there. */
function maskTokens(value: unknown): void {
  for (const link of ['next', 'previous']) {
    if (isJsonObject(value) && isJsonObject(value['cursor']) && link in value['cursor']) mask(value, ['cursor', link]);
  }
}

function mask(value: unknown, [key, ...rest]: readonly string[]): void {
  if (typeof value !== 'object' || value === null || key === undefined) return;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- arrays and objects alike are indexed by text
  const holder = value as Record<string, unknown>;
  if (rest.length === 0) holder[key] = typeof holder[key] === 'string' ? 'masked' : 'not a text';
  else mask(holder[key] ?? null, rest);
}
