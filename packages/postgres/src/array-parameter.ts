/**
 * Arrays as PostgreSQL's binary format has them (`array_recv`): neither side escapes, quotes or parses a text. A batch of writes is some
 * forty arrays, and their texts took a tenth of a ledger's CPU.
 *
 * Layout: dimensions, whether there are nulls, element type, length, lower bound (each an int32); then each element, its length (int32,
 * -1 for null) in front.
 */

/** Of pg_type.dat; they never change. */
const oids = {
  boolean: 16,
  bigint: 20,
  smallint: 21,
  text: 25,
  json: 114,
  timestamptz: 1184,
  numeric: 1700,
  uuid: 2950,
  jsonb: 3802,
};

const headerBytes = 20;

/** The most that one parameter may have: PostgreSQL takes messages of less than 1 GB. */
const parameterBytesMax = 1_000_000_000;

/** Allocates, and writes all but the elements. */
function arrayOf(type: keyof typeof oids, length: number, elementBytes: number): Buffer {
  const bytes = headerBytes + 4 * length + elementBytes;
  if (bytes > parameterBytesMax) throw new TypeError(`an array of ${bytes} bytes is too long to be sent`);
  const buffer = Buffer.allocUnsafe(bytes);
  buffer.writeInt32BE(1, 0);
  // The flag is what PostgreSQL writes; it reads nulls from their lengths.
  buffer.writeInt32BE(0, 4);
  buffer.writeInt32BE(oids[type], 8);
  buffer.writeInt32BE(length, 12);
  buffer.writeInt32BE(1, 16);
  return buffer;
}

/** `text[]`, or arrays of the types that are sent as their text. */
export function textArray(values: readonly (string | null)[], type: 'text' | 'json' = 'text'): Buffer {
  let bytes = 0;
  for (const value of values) if (value !== null) bytes += Buffer.byteLength(value);
  const buffer = arrayOf(type, values.length, bytes);
  let at = headerBytes;
  for (const value of values) {
    if (value === null) {
      at = buffer.writeInt32BE(-1, at);
      continue;
    }
    const length = buffer.write(value, at + 4);
    buffer.writeInt32BE(length, at);
    at += 4 + length;
  }
  return buffer;
}

/** `jsonb[]`: texts behind the version of the format, which is 1. */
export function jsonbArray(values: readonly string[]): Buffer {
  let bytes = values.length;
  for (const value of values) bytes += Buffer.byteLength(value);
  const buffer = arrayOf('jsonb', values.length, bytes);
  let at = headerBytes;
  for (const value of values) {
    const length = buffer.write(value, at + 5);
    buffer.writeInt32BE(length + 1, at);
    buffer[at + 4] = 1;
    at += 5 + length;
  }
  return buffer;
}

/** @throws RangeError for a number that is not exact */
export function bigintArray(values: readonly number[]): Buffer {
  const buffer = arrayOf('bigint', values.length, 8 * values.length);
  let at = headerBytes;
  for (const value of values) {
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no exact whole number`);
    at = buffer.writeInt32BE(8, at);
    at = buffer.writeInt32BE(Math.floor(value / 0x1_0000_0000), at);
    at = buffer.writeUInt32BE(value >>> 0, at);
  }
  return buffer;
}

export function smallintArray(values: readonly number[]): Buffer {
  const buffer = arrayOf('smallint', values.length, 2 * values.length);
  let at = headerBytes;
  for (const value of values) at = buffer.writeInt16BE(value, buffer.writeInt32BE(2, at));
  return buffer;
}

export function booleanArray(values: readonly boolean[]): Buffer {
  const buffer = arrayOf('boolean', values.length, values.length);
  let at = headerBytes;
  for (const value of values) at = buffer.writeUInt8(value ? 1 : 0, buffer.writeInt32BE(1, at));
  return buffer;
}

/** @param values as `crypto.randomUUID` writes them */
export function uuidArray(values: readonly string[]): Buffer {
  const buffer = arrayOf('uuid', values.length, 16 * values.length);
  let at = headerBytes;
  for (const value of values) {
    at = buffer.writeInt32BE(16, at);
    if (buffer.write(value.replaceAll('-', ''), at, 'hex') !== 16) throw new TypeError(`${value} is no UUID`);
    at += 16;
  }
  return buffer;
}

/** PostgreSQL counts from the year 2000. */
const epochMs = Date.UTC(2000, 0, 1);

/** As PostgreSQL stores `-infinity`. */
const beforeAll = -0x8000_0000_0000_0000n;

/** @param values in UTC, `YYYY-MM-DDTHH:MM:SS`, a dot and six fractional digits at least, of which more are cut off; or `-infinity` */
export function timestamptzArray(values: readonly string[]): Buffer {
  const buffer = arrayOf('timestamptz', values.length, 8 * values.length);
  let at = headerBytes;
  for (const value of values) {
    at = buffer.writeBigInt64BE(microsecondsOf(value), buffer.writeInt32BE(8, at));
  }
  return buffer;
}

function microsecondsOf(moment: string): bigint {
  if (moment === '-infinity') return beforeAll;
  const ms = Date.parse(`${moment.slice(0, 19)}Z`) - epochMs;
  return BigInt(ms) * 1_000n + BigInt(moment.slice(20, 26));
}

/** Whole numbers, not negative, as `numeric[]`: digits to the base of 10,000, the greatest first, without zeros at the end. */
export function numericArray(values: readonly bigint[]): Buffer {
  const digits = values.map(digitsOf);
  const bytes = digits.reduce((sum, { stored }) => sum + 8 + 2 * stored.length, 0);
  const buffer = arrayOf('numeric', values.length, bytes);
  let at = headerBytes;
  for (const { stored, count } of digits) {
    at = buffer.writeInt32BE(8 + 2 * stored.length, at);
    at = buffer.writeInt16BE(stored.length, at);
    at = buffer.writeInt16BE(Math.max(0, count - 1), at);
    // Sign and decimals: none.
    at = buffer.writeInt32BE(0, at);
    for (const digit of stored) at = buffer.writeInt16BE(digit, at);
  }
  return buffer;
}

/** @returns the digits to the base of 10,000 that are stored, and how many the number has */
function digitsOf(value: bigint): { readonly stored: readonly number[]; readonly count: number } {
  if (value < 0n) throw new RangeError(`${value} is negative`);
  const digits: number[] = [];
  if (value <= Number.MAX_SAFE_INTEGER) {
    for (let rest = Number(value); rest > 0; rest = Math.floor(rest / 10_000)) digits.push(rest % 10_000);
  } else {
    const text = value.toString();
    for (let end = text.length; end > 0; end -= 4) digits.push(Number(text.slice(Math.max(0, end - 4), end)));
  }
  const count = digits.length;
  digits.reverse();
  while (digits.at(-1) === 0) digits.pop();
  return { stored: digits, count };
}
