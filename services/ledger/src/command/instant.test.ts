import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { goDuration } from './go-duration.ts';
import {
  instantText,
  nanosecondsBetween,
  parseInstant,
  plusMicroseconds,
  roundToSecond,
  secondText,
  truncateToMicrosecond,
  truncateToSecond,
  zeroInstant,
} from './instant.ts';
import { moment } from './testing/commands.ts';

test.each([
  ['2023-01-01T00:00:01Z', '2023-01-01T00:00:01.000000000Z'],
  ['2023-01-01T02:00:08.123456789+02:00', '2023-01-01T00:00:08.123456789Z'],
  ['2023-01-01T00:00:08.1234567899Z', '2023-01-01T00:00:08.123456789Z'],
  ['2022-12-31T23:30:00.5-00:45', '2023-01-01T00:15:00.500000000Z'],
  ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000000000Z'],
  ['0001-01-01T00:00:00Z', zeroInstant],
  ['0001-01-01T05:30:00+05:30', zeroInstant],
  ['0000-12-31T23:59:59-00:01', '0001-01-01T00:00:59.000000000Z'],
  ['9999-12-31T23:59:59.999999999Z', '9999-12-31T23:59:59.999999999Z'],
  ['2023-01-01T00:00:00+23:59', '2022-12-31T00:01:00.000000000Z'],
])('reads %s', (text, instant) => {
  expect(parseInstant(text)).toBe(instant);
});

test.each([
  '',
  'now',
  '2023-01-01',
  '2023-01-01T00:00:00',
  '2023-01-01 00:00:00Z',
  '2023-01-01t00:00:00z',
  '2023-02-29T00:00:00Z',
  '2023-13-01T00:00:00Z',
  '2023-04-31T00:00:00Z',
  '2023-01-01T24:00:00Z',
  '2023-01-01T23:60:00Z',
  '2023-01-01T23:59:60Z',
  '2023-01-01T00:00:00.Z',
  '2023-01-01T00:00:00,5Z',
  '2023-01-01T00:00:00+24:00',
  '2023-01-01T00:00:00+01:60',
  '2023-01-01T00:00:00+0100',
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00+00:01',
  '9999-12-31T23:59:59-00:01',
  '12023-01-01T00:00:00Z',
  ' 2023-01-01T00:00:00Z',
])('does not take %j for a timestamp', (text) => {
  expect(parseInstant(text)).toBeUndefined();
});

test.each([
  ['2023-01-01T00:00:10Z', '2023-01-01T00:00:10Z'],
  ['2023-01-01T00:00:10.120Z', '2023-01-01T00:00:10.12Z'],
  ['2023-01-01T00:00:10.000000001Z', '2023-01-01T00:00:10.000000001Z'],
])('shows %s without trailing zeros', (text, shown) => {
  expect(instantText(moment(text))).toBe(shown);
});

test('cuts and rounds', () => {
  const instant = moment('2023-12-31T23:59:59.987654321Z');
  expect(secondText(instant)).toBe('2023-12-31T23:59:59Z');
  expect(truncateToSecond(instant)).toBe('2023-12-31T23:59:59.000000000Z');
  expect(truncateToMicrosecond(instant)).toBe('2023-12-31T23:59:59.987654000Z');
  expect(roundToSecond(instant)).toBe('2024-01-01T00:00:00.000000000Z');
  expect(roundToSecond(moment('2023-12-31T23:59:59.499999999Z'))).toBe('2023-12-31T23:59:59.000000000Z');
});

test('the order of the text is the order of time', () => {
  const date = fc.date({
    min: new Date('0001-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59Z'),
    noInvalidDate: true,
  });
  fc.assert(
    fc.property(date, date, (a, b) => {
      const [first, second] = [moment(a.toISOString()), moment(b.toISOString())];
      expect(first < second).toBe(a < b);
      expect(nanosecondsBetween(first, second)).toBe(BigInt(b.getTime() - a.getTime()) * 1_000_000n);
    }),
  );
});

test('microseconds are added as whole numbers are', () => {
  const date = fc.date({
    min: new Date('0001-01-01T00:00:00Z'),
    max: new Date('9000-01-01T00:00:00Z'),
    noInvalidDate: true,
  });
  const microsecond = fc.integer({ min: 0, max: 999 });
  const added = fc.oneof(fc.integer({ min: 0, max: 3_000_000 }), fc.integer({ min: 0, max: 1e15 }));
  fc.assert(
    fc.property(date, microsecond, added, (start, fraction, microseconds) => {
      const from = moment(`${start.toISOString().slice(0, -1)}${String(fraction).padStart(3, '0')}Z`);
      const to = plusMicroseconds(from, microseconds);
      expect(parseInstant(to)).toBe(to);
      expect(nanosecondsBetween(from, to)).toBe(BigInt(microseconds) * 1_000n);
    }),
    { numRuns: 1_000 },
  );
});

// As Go's documentation and source of time.Duration.String have it.
test.each<[bigint, string]>([
  [0n, '0s'],
  [1n, '1ns'],
  [1_100n, '1.1µs'],
  [2_200_000n, '2.2ms'],
  [999_999_999n, '999.999999ms'],
  [1_000_000_000n, '1s'],
  [3_300_000_000n, '3.3s'],
  [65_000_000_000n, '1m5s'],
  [301_000_001_000n, '5m1.000001s'],
  [3_600_000_000_000n, '1h0m0s'],
  [18_000_000_000_001n, '5h0m0.000000001s'],
  [2n ** 63n - 1n, '2562047h47m16.854775807s'],
  [2n ** 70n, '2562047h47m16.854775807s'],
])('prints %d ns as Go does: %s', (nanoseconds, text) => {
  expect(goDuration(nanoseconds)).toBe(text);
});
