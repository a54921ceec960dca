import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { integerOf } from './integer.ts';
import { JsonError } from './json-error.ts';
import type { Json } from './json.ts';
import { parseJson } from './parse-json.ts';
import { writeJson } from './write-json.ts';

function reasonOf(text: string): string | undefined {
  try {
    parseJson(text);
    return undefined;
  } catch (error) {
    if (error instanceof JsonError) return error.reason;
    throw error;
  }
}

const digits = (count: number) => '9'.repeat(count);
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

describe('numbers', () => {
  test.each([
    '0',
    '-0',
    '-1',
    '9007199254740993',
    '12345678901234567890',
    '-12345678901234567890',
    '1.0',
    '1.5',
    '0.1',
    '1e2',
    '1E+2',
    '1e21',
    '5e-324',
    digits(400),
    digits(1000),
    `0.${digits(999)}`,
    `0.${digits(899)}e-100`,
  ])('keep their text, wherever they stand: %s', (number) => {
    expect(writeJson(parseJson(number))).toBe(number);
    expect(writeJson(parseJson(`{"a":[ ${number} ,{"b":\n${number}}],"c" : ${number}}`))).toBe(
      `{"a":[${number},{"b":${number}}],"c":${number}}`,
    );
  });

  test.each([
    ['0', 0],
    ['123456789012345', 123456789012345],
    ['9007199254740992', 9007199254740992],
    ['1.5', 1.5],
  ])('are numbers where a number shows them: %s', (text, number) => {
    expect(parseJson(text)).toBe(number);
  });

  test.each([
    [digits(1001), 'too-many-digits'],
    [`-${digits(1001)}`, 'too-many-digits'],
    [`0.${digits(1000)}`, 'too-many-digits'],
    ['1e400', 'out-of-range'],
    ['-1e400', 'out-of-range'],
    ['1e-400', 'out-of-range'],
    ['1e999999999', 'too-many-digits'],
    ['0e-1000', 'too-many-digits'],
    [`0.${digits(900)}e-100`, 'too-many-digits'],
  ])('are refused where they could not be stored: %.20s', (number, reason) => {
    expect(reasonOf(`{"a":${number}}`)).toBe(reason);
  });

  test('zero with any exponent is zero', () => {
    expect(writeJson(parseJson('[0e400,0.0e-400]'))).toBe('[0e400,0.0e-400]');
  });

  test.each<[string, bigint | undefined]>([
    ['123', 123n],
    ['-0', 0n],
    ['12345678901234567890', 12345678901234567890n],
    [digits(400), BigInt(digits(400))],
    ['1.0', undefined],
    ['1e2', undefined],
    ['1e21', undefined],
    ['"1"', undefined],
    ['null', undefined],
    ['{"rawJSON":"1"}', undefined],
  ])('are integers by their text: %.20s', (text, integer) => {
    expect(integerOf(parseJson(text))).toBe(integer);
  });
});

describe('the first value counts', () => {
  test.each([
    ['{"a":1} trailing', '{"a":1}'],
    ['{"a":1}}', '{"a":1}'],
    ['{"a":1}{"b":2}', '{"a":1}'],
    [' \n[1,"]"] x', '[1,"]"]'],
    ['{"a":"\\"}"} x', '{"a":"\\"}"}'],
    ['{"a":"\\\\"} x', '{"a":"\\\\"}'],
    ['"a" b', '"a"'],
    ['true1', 'true'],
    ['null null', 'null'],
    ['12 13', '12'],
    ['12345678901234567890 x', '12345678901234567890'],
    ['[1.0] [1e999]', '[1.0]'],
    ['{"a":1} "\\u0000', '{"a":1}'],
  ])('and what follows is ignored, as by v1: %s', (text, first) => {
    expect(writeJson(parseJson(text))).toBe(first);
  });

  test.each([
    ['', 'empty'],
    [' \r\n\t', 'empty'],
    ['{', 'malformed'],
    ['{"a":', 'malformed'],
    ['{"a":1', 'malformed'],
    ['{"a":1]', 'malformed'],
    ['{"a', 'malformed'],
    ["{'a':1}", 'malformed'],
    ['{"a":01}', 'malformed'],
    ['{"a":1,}', 'malformed'],
    ['nul', 'malformed'],
    ['x', 'malformed'],
    ['}', 'malformed'],
    ['"\u0000"', 'malformed'],
    ['NaN', 'malformed'],
  ])('and must be one: %s', (text, reason) => {
    expect(reasonOf(text)).toBe(reason);
  });
});

describe('what could not be stored is refused', () => {
  test.each([
    ['{"a":"\\u0000"}', 'nul'],
    ['{"\\u0000":1}', 'nul'],
    ['["\\ud800"]', 'lone-surrogate'],
    ['["\\ud800x\\udc00"]', 'lone-surrogate'],
    ['{"\\udc00":1}', 'lone-surrogate'],
    ['{"__proto__":{}}', 'forbidden-key'],
    ['{"a":{"\\u005f_proto__":1}}', 'forbidden-key'],
    [nested(101), 'too-deep'],
    [`{"a":${nested(100)}}`, 'too-deep'],
    [`[${nested(100)},${nested(100)}]`, 'too-deep'],
    [nested(100_000), 'too-deep'],
  ])('%.30s', (text, reason) => {
    expect(reasonOf(text)).toBe(reason);
  });

  test.each([
    '"\\u00e9"',
    '"\\ud83d\\ude00"',
    '"__proto__"',
    '"\\\\u0000"',
    nested(100),
    `[${Array.from({ length: 500 }, () => '[]').join(',')}]`,
  ])('and nothing else: %.30s', (text) => {
    expect(reasonOf(text)).toBeUndefined();
  });
});

test('the last of equal keys wins', () => {
  expect(writeJson(parseJson('{"a":1,"a":1.0}'))).toBe('{"a":1.0}');
  expect(writeJson(parseJson('{"a":1.0,"a":1}'))).toBe('{"a":1}');
});

test('what a client sends as an object with a key rawJSON stays one', () => {
  expect(writeJson(parseJson('{"rawJSON":"1,2","n":1.0}'))).toBe('{"n":1.0,"rawJSON":"1,2"}');
});

const number = fc.oneof(
  fc.bigInt().map(String),
  fc.tuple(fc.bigInt(), fc.nat()).map(([whole, fraction]) => `${whole}.${fraction}`),
  fc.tuple(fc.integer(), fc.integer({ min: -250, max: 250 })).map(([whole, exponent]) => `${whole}e${exponent}`),
);
const text = fc.string({ unit: 'binary', maxLength: 8 }).map((any) => any.replaceAll('\0', ''));
const { value: exactJson } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(null, true, false),
    number.map((shown) => JSON.rawJSON(shown)),
    text,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(
      text.filter((key) => key !== '__proto__'),
      tie('value'),
      { maxKeys: 3 },
    ),
  ),
}));

test('what is written reads back and writes the same, number by number', () => {
  fc.assert(
    fc.property(exactJson, (value) => {
      const written = writeJson(value);
      expect(writeJson(parseJson(written))).toBe(written);
      expect(writeJson(parseJson(JSON.stringify(value, undefined, 2)))).toBe(written);
      expect(JSON.parse(written)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('any text is a value or a JsonError, and a value with anything behind it is that value', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (any) => void reasonOf(any)));
  fc.assert(
    fc.property(exactJson, text, (value, rest) => {
      const written = writeJson(value);
      expect(writeJson(parseJson(`${written} ${rest}`))).toBe(written);
    }),
  );
});
