import { createDatabase, type TestDatabase } from '@daybook/stack/testing';
import {
  array,
  assert,
  asyncProperty,
  bigInt,
  boolean,
  integer,
  maxSafeInteger,
  nat,
  oneof,
  option,
  string,
  uuid,
  type Arbitrary,
} from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  bigintArray,
  booleanArray,
  jsonbArray,
  numericArray,
  smallintArray,
  textArray,
  timestamptzArray,
  uuidArray,
} from './array-parameter.ts';
import { createPool, type Pool } from './pool.ts';

let pool: Pool;
let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase({ template: 'empty', migrate: async () => {} });
  pool = createPool(database.databaseUrl, { size: 1, applicationName: 'array test' });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

/** The elements of an array as PostgreSQL read them. */
async function read(type: string, sent: Buffer): Promise<(string | null)[]> {
  const { rows } = await pool.query<{ value: string | null }>(
    `select value::text from unnest($1::${type}[]) with ordinality as r (value, n) order by n`,
    [sent],
  );
  return rows.map(({ value }) => value);
}

const text = string({ unit: 'grapheme' }).map((value) => value.replaceAll('\0', ''));
const amounts = oneof(
  bigInt({ min: 0n, max: 100_000_000n }),
  nat(60).map((zeros) => 10n ** BigInt(zeros)),
  bigInt({ min: 0n, max: 10n ** 1_000n }),
);

/** One of the kinds of arrays, with its elements as PostgreSQL shows them. */
const arrays: readonly { readonly type: string; readonly given: Arbitrary<readonly [Buffer, (string | null)[]]> }[] = [
  { type: 'text', given: array(option(text)).map((values) => [textArray(values), values] as const) },
  {
    type: 'bigint',
    given: array(maxSafeInteger()).map((values) => [bigintArray(values), values.map(String)] as const),
  },
  {
    type: 'smallint',
    given: array(integer({ min: -32_768, max: 32_767 })).map(
      (values) => [smallintArray(values), values.map(String)] as const,
    ),
  },
  { type: 'boolean', given: array(boolean()).map((values) => [booleanArray(values), values.map(String)] as const) },
  { type: 'numeric', given: array(amounts).map((values) => [numericArray(values), values.map(String)] as const) },
  { type: 'uuid', given: array(uuid()).map((values) => [uuidArray(values), values] as const) },
];

test.each(arrays)('PostgreSQL reads arrays of $type as they were meant', async ({ type, given }) => {
  const asMeant = asyncProperty(given, async ([sent, shown]) => {
    expect(await read(type, sent)).toEqual(shown);
  });
  await assert(asMeant, { numRuns: 60 });
});

test('JSON keeps its text as json, and its value as jsonb', async () => {
  const values = ['{"b":1,  "a":"ü😀"}', '[1e3]', 'null'];
  expect(await read('json', textArray(values, 'json'))).toEqual(values);
  expect(await read('jsonb', jsonbArray(values))).toEqual(['{"a": "ü😀", "b": 1}', '[1000]', 'null']);
});

test.each([
  '0001-01-01T00:00:00.000000000Z',
  '1969-12-31T23:59:59.999999999Z',
  '1999-12-31T23:59:59.000001Z',
  '2026-11-24T12:34:56.123456000Z',
  '9999-12-31T23:59:59.999999Z',
  '-infinity',
])('the moment %s arrives with its microseconds', async (moment) => {
  const { rows } = await pool.query<{ same: boolean }>('select ($1::timestamptz[])[1] = $2::timestamptz as same', [
    timestamptzArray([moment]),
    moment.replace(/(?<=\.\d{6})\d*/, ''),
  ]);
  expect(rows).toEqual([{ same: true }]);
});

test('what cannot be sent exactly is refused', () => {
  expect(() => bigintArray([2 ** 53])).toThrow(RangeError);
  expect(() => bigintArray([0.5])).toThrow(RangeError);
  expect(() => numericArray([-1n])).toThrow(RangeError);
  expect(() => uuidArray(['no'])).toThrow(TypeError);
});
