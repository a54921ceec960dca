import { randomUUID } from 'node:crypto';
import { createDatabase, type TestDatabase } from '@daybook/stack/testing';
import fc from 'fast-check';
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
async function read(type: string, array: Buffer): Promise<(string | null)[]> {
  const { rows } = await pool.query<{ value: string | null }>(
    `select value::text from unnest($1::${type}[]) with ordinality as r (value, n) order by n`,
    [array],
  );
  return rows.map(({ value }) => value);
}

const text = fc.string({ unit: 'grapheme' }).map((value) => value.replaceAll('\0', ''));
const digits = fc.bigInt({ min: 0n, max: 10n ** 1_000n });
const amounts = fc.oneof(
  fc.bigInt({ min: 0n, max: 100_000_000n }),
  fc.nat(60).map((zeros) => 10n ** BigInt(zeros)),
  digits,
);

const cases = [
  {
    type: 'text',
    values: fc.array(fc.option(text)),
    encode: (values: (string | null)[]) => textArray(values),
    shown: (value: string | null) => value,
  },
  { type: 'bigint', values: fc.array(fc.maxSafeInteger()), encode: bigintArray, shown: String },
  {
    type: 'smallint',
    values: fc.array(fc.integer({ min: -32_768, max: 32_767 })),
    encode: smallintArray,
    shown: String,
  },
  { type: 'boolean', values: fc.array(fc.boolean()), encode: booleanArray, shown: String },
  { type: 'numeric', values: fc.array(amounts), encode: numericArray, shown: String },
  { type: 'uuid', values: fc.array(fc.constant(null).map(() => randomUUID())), encode: uuidArray, shown: String },
];

test.each(cases)('PostgreSQL reads arrays of $type as they were meant', async ({ type, values, encode, shown }) => {
  await fc.assert(
    fc.asyncProperty(values as fc.Arbitrary<never[]>, async (given) => {
      expect(await read(type, (encode as (values: readonly never[]) => Buffer)(given))).toEqual(
        given.map(shown as (value: never) => string | null),
      );
    }),
    { numRuns: 60 },
  );
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
])('the moment %s arrives with its microseconds', async (moment) => {
  const { rows } = await pool.query<{ same: boolean }>('select ($1::timestamptz[])[1] = $2::timestamptz as same', [
    timestamptzArray([moment]),
    `${moment.slice(0, 26)}Z`,
  ]);
  expect(rows).toEqual([{ same: true }]);
});

test('what cannot be sent exactly is refused', () => {
  expect(() => bigintArray([2 ** 53])).toThrow(RangeError);
  expect(() => bigintArray([0.5])).toThrow(RangeError);
  expect(() => numericArray([-1n])).toThrow(RangeError);
  expect(() => uuidArray(['no'])).toThrow(TypeError);
});
