import { readFileSync } from 'node:fs';
import { parseJson, writeJson, type Json } from '@daybook/events';
import { createDatabase, type TestDatabase } from '@daybook/stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApi, type ReceivedAnswer, type RunningApi } from '../../test-fixtures/start-api.ts';
import { migrate } from '../migrate.ts';

/**
 * Answers that v1.12.0 gave, in order and from an empty server. Of scripts that do not compile, the messages are ours.
 *
 * Left out are 39 of its 183 captured requests:
 * - 26 to routes that come later: accounts as a list or counted, balances, aggregates, logs;
 * - 6 lists of transactions by a filter that comes later (account, source, destination, metadata, times);
 * - 7 where we differ on purpose (docs/API.md): reading a ledger does not create it (`/_info`, twice), a missing amount
 *   and a malformed script request are refused (thrice), and errors of the idempotency key and of a malformed mapping have
 *   a status and a body.
 */
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

const fixture = new URL('../../test-fixtures/v1.12-answers.json', import.meta.url);
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the file is ours
const cases = JSON.parse(readFileSync(fixture, 'utf8')) as readonly CapturedCase[];

let database: TestDatabase;
let api: RunningApi;
const answers = new Map<string, ReceivedAnswer>();

beforeAll(async () => {
  database = await createDatabase({ migrate: async (url) => await migrate(url, { lanes: 64 }) });
  api = await startApi({ databaseUrl: database.ledgerUrl });
});

afterAll(async () => {
  await api.stop();
  await database.drop();
});

describe('answers as v1.12.0 does', () => {
  it.each(cases)('$name', async (captured) => {
    const { name, method, headers, body } = captured;
    const path = captured.path.replaceAll(/\{\{([^:]+):([^}]+)\}\}/g, (_, from: string, to: string) =>
      valueOf(from, to),
    );
    const answer = await api.send({ method, path, ...(headers && { headers }), ...(body !== undefined && { body }) });
    answers.set(name, answer);
    expect({
      status: answer.status,
      hit: answer.headers['idempotency-hit'],
      count: answer.headers['count'],
      location: answer.headers.location,
      contentType: answer.headers['content-type'],
      answer: structureOf(answer.body, captured.volatile),
    }).toEqual({
      status: captured.status,
      hit: captured.hit === true ? 'true' : undefined,
      count: captured.count,
      location: captured.location,
      contentType: contentTypeOf(captured),
      answer: structureOf(expectedOf(captured), captured.volatile),
    });
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

/** One text for all ways to write a JSON value, numbers exact, with what is volatile masked. */
function structureOf(text: string, volatile: readonly string[] = []): string {
  if (!text.startsWith('{')) return text;
  const value = parseJson(text);
  for (const pointer of volatile) mask(value, pointer.split('/').slice(1));
  return writeJson(value);
}

function mask(value: Json, [key, ...rest]: readonly string[]): void {
  if (typeof value !== 'object' || value === null || key === undefined) return;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- arrays and objects alike are indexed by text
  const holder = value as Record<string, Json>;
  if (rest.length === 0) holder[key] = typeof holder[key] === 'string' ? 'masked' : 'not a text';
  else mask(holder[key] ?? null, rest);
}
